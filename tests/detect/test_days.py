from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import psycopg
import pytest

from fireline import clock
from fireline.detect import days
from fireline.detect.signals import Row, Writer
from fireline.settings import Settings
from fireline.store.connect import Store, all_rows
from fireline.store.migrate import migrate
from tests import servers

TODAY = datetime.now(UTC).date()
ALL = Settings()


def at(day: int, hour: int = 12) -> datetime:
    """A moment some days from today."""
    return datetime(TODAY.year, TODAY.month, TODAY.day, hour, tzinfo=UTC) + timedelta(days=day)


def put(store: Store, *moments: datetime, taken: bool = True, body: str = "{}") -> None:
    writer = Writer(store.url)
    writer.insert([Row("cron", moment, b"d", body, "[]") for moment in moments])
    writer.close()
    if taken:
        rows(store, "UPDATE signal SET taken_at = received_at RETURNING 1")


def rows(store: Store, statement: str) -> list[Any]:
    with store.transaction() as conn:
        return all_rows(conn, statement)


def tables(store: Store) -> list[int]:
    """The days that have a table, counted from today."""
    with store.transaction() as conn:
        return [(row["day"] - TODAY).days for row in days._days(conn)]


def where(store: Store) -> list[str]:
    return [row["name"] for row in rows(store, "SELECT tableoid::regclass::text AS name FROM signal ORDER BY received_at")]  # fmt: skip


def kept(**signals: Any) -> Settings:
    return Settings.model_validate({"signals": signals})


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "_look_at", 0.0)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """The day does not end while the tests run."""
    with clock.moved(at(0) - clock.now()):
        yield


def test_the_next_days_are_made_before_they_begin_and_a_second_look_makes_none(store: Store) -> None:
    assert tables(store)[:1] == [0]
    assert days.look_after(store, ALL)
    assert tables(store) == [0, 1, 2, 3]
    assert days.look_after(store, ALL)
    put(store, at(0), at(0, 23), at(1, 0))
    assert [name[-8:] for name in where(store)] == [f"{TODAY:%Y%m%d}"] * 2 + [f"{TODAY + timedelta(1):%Y%m%d}"]


def test_what_fell_into_the_net_gets_its_day(store: Store) -> None:
    put(store, at(-3), at(-3, 23), at(-2, 0), taken=False)
    assert where(store) == ["signal_default"] * 3
    days.look_after(store, ALL)
    assert where(store) == [f"signal_{TODAY - timedelta(back):%Y%m%d}" for back in (3, 3, 2)]
    assert len(rows(store, "SELECT FROM signal WHERE taken_at IS NULL")) == 3


def test_days_that_are_too_old_are_dropped_and_none_of_which_a_signal_waits(store: Store) -> None:
    put(store, at(-9), at(-8), at(-7, 1))
    put(store, at(-10), taken=False)
    days.look_after(store, kept(keep="7d"))
    assert tables(store) == [-10, -7, 0, 1, 2, 3]
    rows(store, "UPDATE signal SET taken_at = received_at RETURNING 1")
    with clock.moved(timedelta(days=1)):
        days.look_after(store, kept(keep="7d"))
    assert tables(store) == [0, 1, 2, 3, 4]


def test_with_no_end_set_nothing_is_dropped(store: Store) -> None:
    put(store, at(-400))
    days.look_after(store, kept(keep="0s", most=0))
    assert tables(store) == [-400, 0, 1, 2, 3]


def test_the_oldest_go_first_until_all_are_small_enough_and_today_stays(store: Store) -> None:
    for day in (-3, -2, -1, 0):
        put(store, *[at(day)] * 200, body='"' + "".join(f"{number:x}" for number in range(3_000)) + '"')
    days.look_after(store, ALL)
    with store.transaction() as conn:
        large = {(row["day"] - TODAY).days: row["bytes"] for row in days._days(conn)}
    days.look_after(store, kept(most=sum(large.values()) - large[-3] - 1))
    assert tables(store) == [-1, 0, 1, 2, 3]
    days.look_after(store, kept(most=1))
    assert tables(store) == [0, 1, 2, 3]
    assert len(rows(store, "SELECT FROM signal")) == 200


def test_nobody_waits_for_a_day_to_be_dropped_and_it_is_dropped_later(store: Store) -> None:
    put(store, at(-40))
    days.look_after(store, kept(keep="0s"))
    with psycopg.connect(store.url, options="-c search_path=fireline") as reader:
        reader.execute("SELECT count(*) FROM signal")
        waiting = Thread(target=lambda: days.look_after(store, ALL))
        began = time.monotonic()
        waiting.start()
        time.sleep(0.02)
        put(store, at(0), taken=False)
        assert time.monotonic() - began < 1
        waiting.join()
        assert not days.look_after(store, ALL)
        assert -40 in tables(store)
    assert days.look_after(store, ALL)
    assert tables(store) == [0, 1, 2, 3]


def test_two_workers_at_once_do_it_once(store: Store) -> None:
    put(store, *[at(-day) for day in range(1, 6)])
    both = [Thread(target=lambda: days.look_after(store, ALL)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    days.look_after(store, ALL)
    assert tables(store) == [-5, -4, -3, -2, -1, 0, 1, 2, 3]
    assert len(rows(store, "SELECT FROM signal")) == 5


def test_a_sweep_looks_now_and_then_only(store: Store) -> None:
    days.sweep(store, ALL)
    with clock.moved(timedelta(days=1)):
        days.sweep(store, ALL)
    assert tables(store) == [0, 1, 2, 3]


@pytest.mark.parametrize("major", [14, 15, 16, 17])
def test_older_stores_keep_signals_by_day_too(major: int) -> None:
    folder = servers.versions().get(major)
    if folder is None:
        pytest.skip(f"PostgreSQL {major} is not installed ({servers.HOW_TO_GET[major]})")
    with servers.cluster(folder, servers.STORE) as running:
        url = running.create_database("old")
        migrate(url)
        store = Store(url)
        try:
            put(store, at(0), at(-1), at(-40))
            days.look_after(store, ALL)
            assert tables(store) == [-1, 0, 1, 2, 3]
        finally:
            store.close()

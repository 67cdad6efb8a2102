"""Tables are counted beside their loading: only whole ones, only while a loader is idle, and anew when they changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fireline.contain.remedies.backup import remedy as backup
from fireline.errors import Refused
from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.recovery import census, counting
from fireline.recovery.census import Counted
from fireline.recovery.restoring import Place
from fireline.resolve.remedies.restore import remedy as restore
from fireline.store.connect import Store
from tests.recovery.place import Doer, owner, settings_in
from tests.recovery.test_loading import built, main_of
from tests.servers import PATIENTS

TABLES = (
    "CREATE TABLE big AS SELECT n, md5(n::text) AS t FROM generate_series(1, 5000) n",
    'CREATE TABLE "Odd; one" AS SELECT n FROM generate_series(1, 900) n',
    "CREATE TABLE empty (n int)",
    "CREATE EXTENSION hstore",
)


@pytest.fixture(autouse=True)
def _small_ones_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_LEAST", 1)


def until(true: Callable[[], bool]) -> None:
    ended = time.monotonic() + 20
    while not true() and time.monotonic() < ended:
        time.sleep(0.02)
    assert true()


@pytest.mark.parametrize("fixture", PATIENTS)
def test_what_somebody_writes_to_waits_until_it_is_whole(fixture: str, request: pytest.FixtureRequest) -> None:
    target: Target = request.getfixturevalue(fixture)
    built(target, *TABLES)
    with owner(target) as conn, counting.counting(Place(target, main_of(target), "t"), 1, Watch()) as found:
        with conn.transaction():
            conn.execute("CREATE TABLE late AS SELECT 1 AS n")
            conn.execute("INSERT INTO big VALUES (0, 'more')")
            until(lambda: 'public."Odd; one"' in found)
            time.sleep(0.5)
            assert found.keys() == {'public."Odd; one"'}
        until(lambda: len(found) == 3)
    whole = census.take(target, watch=Watch())
    assert {name: (one.counted.rows, one.counted.hash) for name, one in found.items()} == {
        name: (one.rows, one.hash) for name, one in whole.tables.items() if one.rows
    }


def test_nobody_counts_while_every_loader_works(patient: Target) -> None:
    built(patient, *TABLES)
    with counting.counting(Place(patient, main_of(patient), "t"), 0, Watch()) as found:
        time.sleep(0.6)
    assert found == {}


def test_what_changed_since_it_was_counted_is_counted_anew(patient: Target) -> None:
    built(patient, *TABLES)
    with counting.counting(Place(patient, main_of(patient), "t"), 1, Watch()) as found:
        until(lambda: len(found) == 2)
    known: Counted = {name: replace(one, counted=replace(one.counted, rows=-1)) for name, one in found.items()}
    first = census.take(patient, watch=Watch(), known=known)
    assert {name: one.rows for name, one in first.tables.items()} == {
        'public."Odd; one"': -1, "public.big": -1, "public.empty": 0,
    }  # fmt: skip
    assert list(first.tables) == sorted(first.tables)
    built(patient, "INSERT INTO big SELECT n, 'x' FROM generate_series(1, 5000) n", 'TRUNCATE "Odd; one"')
    again = census.take(patient, watch=Watch(), known=known)
    assert {name: one.rows for name, one in again.tables.items()} == {
        'public."Odd; one"': 0, "public.big": 10_000, "public.empty": 0,
    }  # fmt: skip


def test_a_fault_of_the_loaders_ends_it(patient: Target) -> None:
    built(patient, *TABLES)
    place, watch = Place(patient, main_of(patient), "t"), Watch()

    def ends_with(fault: Exception) -> None:
        with counting.counting(place, 1, watch):
            raise fault

    with pytest.raises(Refused, match="the loader failed"):
        ends_with(Refused("the loader failed"))
    assert "counting" not in {one.name for one in threading.enumerate()}


def test_a_cancel_ends_what_is_counted(patient: Target) -> None:
    built(patient, "CREATE TABLE wide AS SELECT n, repeat(md5(n::text), 200) AS t FROM generate_series(1, 60000) n")
    watch = Watch()
    ours = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT count(*) AS rows%'"
    with owner(patient) as conn:
        with counting.counting(Place(patient, main_of(patient), "t"), 1, watch) as found:
            until(lambda: conn.execute(ours).fetchone() is not None)
            watch.cancel.cancel()
        until(lambda: conn.execute(ours).fetchone() is None)
    assert found == {}


def test_a_restore_says_the_same_whether_it_was_counted_on_the_way(
    patient: Target, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(
        patient,
        *TABLES,
        "CREATE INDEX ON big USING gin (string_to_array(t, 'a'))",
        "ALTER TABLE big ADD PRIMARY KEY (n)",
    )
    seen = list[int]()
    take = census.take

    def noted(*told: object, known: Counted | None = None, **more: object) -> census.Census:
        seen.append(len(known or {}))
        return take(*told, known=known, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(census, "take", noted)
    monkeypatch.setattr(counting, "_LOOK_SECONDS", 0.01)
    doer = Doer(patient, store, settings_in(tmp_path, jobs=2))
    doer.do(backup)
    plan, done = doer.do(restore)
    doer.undo(restore, plan)
    assert done.summary.startswith("PASS")
    assert done.facts["rows"] == 5900
    assert seen[-1] > 0

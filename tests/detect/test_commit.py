from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fireline import clock
from fireline.cluster import Cluster
from fireline.detect import commit
from fireline.detect.commit import Committer, Overloaded
from fireline.detect.journal import Journal, JournalFull
from fireline.detect.signals import Row, Writer
from fireline.detect.source import Kept
from fireline.errors import StoreUnavailable, Usage
from fireline.store.connect import Store, all_rows, one


def row(number: int = 0, *, events: str = "[]") -> Row:
    return Row("cron", clock.now(), hashlib.sha256(b"%d" % number).digest(), f'{{"number": {number}}}', events)


def run(committer: Committer, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    committer.start()
    try:
        return asyncio.run(work())
    finally:
        committer.close()


def test_each_sender_gets_the_number_of_its_own_signal(store: Store) -> None:
    committer = Committer(store.url, limit=5_000)

    async def work() -> list[Kept]:
        return await asyncio.gather(*(committer.offer(row(number)) for number in range(1200)))

    ids = run(committer, work)
    with store.transaction() as conn:
        kept = {found["id"]: found["body"]["number"] for found in all_rows(conn, "SELECT id, body FROM signal")}
        state = one(conn, "SELECT accepted FROM source_state WHERE name = 'cron'")
    assert [kept[signal] for signal in ids] == list(range(1200))
    assert state == {"accepted": 1200}


def test_many_share_one_commit(store: Store) -> None:
    committer = Committer(store.url, limit=5_000)

    async def work() -> None:
        await asyncio.gather(*(committer.offer(row(number)) for number in range(400)))

    run(committer, work)
    with store.transaction() as conn:
        transactions = one(conn, "SELECT count(DISTINCT xmin::text) AS number FROM signal")
    assert transactions is not None
    assert transactions["number"] < 100


def test_over_the_limit_nothing_is_queued_and_later_there_is_room_again(store: Store) -> None:
    committer = Committer(store.url, limit=3)

    async def work() -> None:
        waiting = [committer.offer(row(number)) for number in range(3)]
        with pytest.raises(Overloaded):
            committer.offer(row(3))
        committer.start()
        await asyncio.gather(*waiting)
        assert committer.waiting == 0
        await committer.offer(row(200))

    try:
        asyncio.run(work())  # the thread starts inside, so that three surely wait
    finally:
        committer.close()


def test_bodies_that_wait_are_bounded_in_bytes_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "MOST_BYTES", 1_000)
    committer = Committer(store.url, limit=5_000)

    async def work() -> None:
        waiting = committer.offer(row(1, events='["' + "x" * 2_000 + '"]'))
        with pytest.raises(Overloaded):
            committer.offer(row(2))
        committer.start()
        await waiting
        await committer.offer(row(3))

    try:
        asyncio.run(work())
    finally:
        committer.close()


def test_one_that_can_not_be_kept_is_told_and_the_others_are_kept(store: Store) -> None:
    committer = Committer(store.url, limit=100)

    async def work() -> list[Any]:
        rows = [row(1), row(2, events='["\\u0000"]'), row(3)]
        waiting = [committer.offer(one_row) for one_row in rows]
        committer.start()
        return await asyncio.gather(*waiting, return_exceptions=True)

    try:
        first, second, third = asyncio.run(work())
    finally:
        committer.close()
    assert isinstance(second, Usage)
    assert "can not be kept" in second.message
    with store.transaction() as conn:
        assert {found["id"] for found in all_rows(conn, "SELECT id FROM signal")} == {first, third}


def test_a_connection_that_died_is_replaced_without_a_word(store: Store) -> None:
    committer = Committer(store.url, limit=100)

    async def work() -> None:
        await committer.offer(row(1))
        with store.transaction() as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fireline-commit'"
            )
        await committer.offer(row(2))

    run(committer, work)
    with store.transaction() as conn:
        assert len(all_rows(conn, "SELECT id FROM signal")) == 2


def test_while_the_store_is_away_senders_are_told_to_come_back_and_then_all_goes_on(
    server: Cluster, store: Store
) -> None:
    committer = Committer(store.url, limit=100)
    name = psycopg.conninfo.conninfo_to_dict(store.url)["dbname"]
    with store.transaction() as conn:
        conn.execute("SELECT 1")
    store.close()

    def admin(statement: str) -> None:
        with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
            conn.execute(statement.encode())

    async def work() -> None:
        await committer.offer(row(1))
        admin(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        admin(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        for number in (2, 3):
            with pytest.raises(StoreUnavailable):
                await committer.offer(row(number))
        admin(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await committer.offer(row(4))

    run(committer, work)
    with store.transaction() as conn:
        assert [found["body"]["number"] for found in all_rows(conn, "SELECT body FROM signal ORDER BY id")] == [1, 4]


def away(server: Cluster, store: Store, gone: bool) -> None:
    """Nobody is let into the store, or everybody again."""
    name = psycopg.conninfo.conninfo_to_dict(store.url)["dbname"]
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {not gone}'.encode())
        if gone:
            conn.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'".encode())


def numbers(store: Store) -> list[int]:
    with store.transaction() as conn:
        return [found["body"]["number"] for found in all_rows(conn, "SELECT body FROM signal ORDER BY id")]


async def is_replayed(journal: Journal) -> None:
    for _ in range(400):
        if not journal.signals:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the journal was not replayed")


def test_while_the_store_is_away_the_journal_takes_all_and_gives_it_back_in_order(
    server: Cluster, store: Store, tmp_path: Path
) -> None:
    journal = Journal(tmp_path, 10**9)
    committer = Committer(store.url, limit=5_000, journal=journal)

    async def work() -> list[Kept]:
        kept = [await committer.offer(row(0))]
        store.close()
        away(server, store, True)
        kept += await asyncio.gather(*(committer.offer(row(number)) for number in range(1, 1_201)))
        assert committer.away
        assert (journal.signals, journal.oldest is not None) == (1_200, True)
        away(server, store, False)
        await is_replayed(journal)
        return [*kept, await committer.offer(row(1_201))]

    kept = run(committer, work)
    assert numbers(store) == list(range(1_202))
    assert [type(one) for one in kept] == [int, *[str] * 1_200, int]
    with store.transaction() as conn:
        assert {str(found["uid"]) for found in all_rows(conn, "SELECT uid FROM signal")} > set(kept[1:-1])
        assert one(conn, "SELECT accepted FROM source_state") == {"accepted": 1_202}
        assert one(conn, "SELECT count(*) AS jobs FROM procrastinate_jobs WHERE task_name = 'fireline.intake'") == {
            "jobs": 1
        }
    assert list(tmp_path.iterdir()) == []


def test_what_came_while_the_journal_was_replayed_comes_behind_it(
    server: Cluster, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "MOST_AT_ONCE", 20)
    journal = Journal(tmp_path, 10**9)
    left = Journal(tmp_path, 10**9)
    left.append([row(number) for number in range(300)])
    left.close()
    committer = Committer(store.url, limit=5_000, journal=journal)

    async def work() -> None:
        await asyncio.gather(*(committer.offer(row(number)) for number in range(300, 500)))
        await is_replayed(journal)

    run(committer, work)
    assert numbers(store) == list(range(500))


def test_a_replay_that_was_stored_and_not_struck_out_stores_nothing_twice(store: Store, tmp_path: Path) -> None:
    rows = [row(number) for number in range(30)]
    writer = Writer(store.url)
    writer.insert(rows[:20])
    writer.close()
    left, journal = Journal(tmp_path, 10**9), Journal(tmp_path, 10**9)
    left.append(rows)
    left.close()
    committer = Committer(store.url, limit=5_000, journal=journal)
    run(committer, lambda: is_replayed(journal))
    assert numbers(store) == list(range(30))


def test_what_the_store_can_not_keep_is_kept_as_an_alert_that_says_so(store: Store, tmp_path: Path) -> None:
    left, journal = Journal(tmp_path, 10**9), Journal(tmp_path, 10**9)
    left.append([row(0), row(1, events='["\\u0000"]'), row(2)])
    left.close()
    committer = Committer(store.url, limit=5_000, journal=journal)
    run(committer, lambda: is_replayed(journal))
    with store.transaction() as conn:
        found = all_rows(conn, "SELECT body, events FROM signal ORDER BY id")
    assert [one_found["body"] for one_found in found] == [{"number": 0}, {"text": '{"number": 1}'}, {"number": 2}]
    assert found[1]["events"][0]["title"] == "a delivery from cron could not be kept as it came"


def test_a_store_that_may_not_be_written_to_is_away_too(server: Cluster, store: Store, tmp_path: Path) -> None:
    journal = Journal(tmp_path, 10**9)
    committer = Committer(store.url, limit=5_000, journal=journal)
    name = psycopg.conninfo.conninfo_to_dict(store.url)["dbname"]

    def read_only(is_so: bool) -> None:
        with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
            conn.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {is_so}'.encode())

    async def work() -> None:
        read_only(True)
        assert isinstance(await committer.offer(row(1)), str)
        await asyncio.sleep(0.5)
        assert committer.away
        read_only(False)
        await is_replayed(journal)

    run(committer, work)
    assert numbers(store) == [1]


def test_who_changes_the_table_holds_up_no_sender_for_long(store: Store, tmp_path: Path) -> None:
    journal = Journal(tmp_path, 10**9)
    committer = Committer(store.url, limit=5_000, journal=journal)

    async def work() -> None:
        with store.transaction() as conn:
            conn.execute("LOCK TABLE signal")
            began = time.monotonic()
            assert isinstance(await committer.offer(row(1)), str)
            assert time.monotonic() - began < 3
        await is_replayed(journal)

    run(committer, work)
    assert numbers(store) == [1]


def test_a_journal_that_is_full_sends_senders_away_and_keeps_what_it_has(
    server: Cluster, store: Store, tmp_path: Path
) -> None:
    journal = Journal(tmp_path, 1_000)
    committer = Committer(store.url, limit=5_000, journal=journal)

    async def work() -> int:
        store.close()
        away(server, store, True)
        kept = [(await asyncio.gather(committer.offer(row(number)), return_exceptions=True))[0] for number in range(20)]
        away(server, store, False)
        await is_replayed(journal)
        taken = sum(isinstance(one_kept, str) for one_kept in kept)
        assert all(isinstance(refused, JournalFull) for refused in kept[taken:])
        return taken

    taken = run(committer, work)
    assert 1 < taken < 10
    assert numbers(store) == list(range(taken))


def test_how_long_signals_waited_is_counted(store: Store) -> None:
    committer = Committer(store.url, limit=100)

    async def work() -> None:
        await asyncio.gather(*(committer.offer(row(number)) for number in range(7)))

    run(committer, work)
    assert sum(committer.latency.counts) == 7
    assert committer.latency.seconds > 0


def test_what_waits_at_the_end_is_still_committed_and_then_nothing_is_taken(store: Store) -> None:
    committer = Committer(store.url, limit=100)

    async def work() -> list[Kept]:
        waiting = [committer.offer(row(number)) for number in range(5)]
        committer.start()
        await asyncio.to_thread(committer.close)
        with pytest.raises(StoreUnavailable, match="stopping"):
            committer.offer(row(9))
        return await asyncio.gather(*waiting)

    assert len(asyncio.run(work())) == 5


def test_a_refusal_without_any_signal_is_counted_soon(store: Store) -> None:
    committer = Committer(store.url, limit=100)
    committer.start()
    for _ in range(3):
        committer.refused("cron", "400: no summary")
    committer.close()
    with store.transaction() as conn:
        assert one(conn, "SELECT accepted, refused, last_refusal, last_at FROM source_state") == {
            "accepted": 0,
            "refused": 3,
            "last_refusal": "400: no summary",
            "last_at": None,
        }

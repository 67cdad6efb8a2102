from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

import psycopg
import pytest

from fireline import clock
from fireline.cluster import Cluster
from fireline.detect import commit
from fireline.detect.commit import Committer, Overloaded
from fireline.detect.signals import Row
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

    async def work() -> list[int]:
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


def test_what_waits_at_the_end_is_still_committed_and_then_nothing_is_taken(store: Store) -> None:
    committer = Committer(store.url, limit=100)

    async def work() -> list[int]:
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

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from threading import Timer

import psycopg
import pytest

from fireline import clock
from fireline.detect.signals import Row, Writer, new_uid, uid_of
from fireline.errors import StoreUnavailable
from fireline.store.connect import Store, all_rows


def row(body: str = "{}") -> Row:
    return Row("cron", clock.now(), b"digest", body, '[{"title": "quote \\" and ü"}]')


def test_signals_are_stored_in_their_order_and_durable_when_it_returns(store: Store) -> None:
    writer = Writer(store.url)
    ids = writer.insert([row(f'{{"number": {number}}}') for number in range(50)])
    with store.transaction() as conn:
        kept = all_rows(conn, "SELECT id, body, events FROM signal ORDER BY id")
    writer.close()
    assert [found["id"] for found in kept] == ids
    assert [found["body"]["number"] for found in kept] == list(range(50))
    assert kept[0]["events"] == [{"title": 'quote " and ü'}]


def test_what_can_not_be_kept_is_the_callers_to_sort_out(store: Store) -> None:
    writer = Writer(store.url)
    with pytest.raises(psycopg.DataError):
        writer.insert([row(), row('"\\u0000"')])
    assert len(writer.insert([row()])) == 1
    writer.close()


def test_a_store_that_is_away_is_said_to_be_and_what_is_beside_is_given_up(store: Store) -> None:
    writer = Writer("host=/nowhere dbname=gone")
    with pytest.raises(StoreUnavailable):
        writer.insert([row()])
    writer.wake_intake()
    writer.count(Counter(cron=1), Counter(), {})
    writer.close()


def test_counters_add_up_by_source(store: Store) -> None:
    writer = Writer(store.url)
    writer.count(Counter(cron=2), Counter(am=1), {"am": "400: x"})
    writer.count(Counter(cron=3, am=1), Counter(), {})
    writer.close()
    with store.transaction() as conn:
        found = all_rows(
            conn, "SELECT name, accepted, refused, last_refusal, last_at IS NULL AS never FROM source_state ORDER BY 1"
        )
    assert [tuple(one.values()) for one in found] == [("am", 1, 1, "400: x", False), ("cron", 5, 0, None, False)]


def test_the_same_signals_stored_again_have_the_same_numbers(store: Store) -> None:
    writer = Writer(store.url)
    rows = [row(f'{{"number": {number}}}') for number in range(6)]
    first = writer.insert(rows[:3])
    assert writer.insert(rows, again=True)[:3] == first
    assert len(set(writer.insert(rows, again=True))) == 6
    writer.close()
    with store.transaction() as conn:
        assert len(all_rows(conn, "SELECT 1 FROM signal")) == 6


def test_a_commit_whose_answer_is_lost_is_not_done_twice(store: Store) -> None:
    writer = Writer(store.url)
    writer.insert([row()])
    rows = [row('{"number": 1}')]
    with psycopg.connect(store.url, autocommit=True, options="-c search_path=fireline") as other:
        before = other.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'fireline-commit'").fetchone()
        first = Writer(store.url)
        first.insert(rows)  # what the first try did, before its answer was lost
        first.close()
        assert before is not None
        other.execute("SELECT pg_terminate_backend(%s)", before)
    assert len(writer.insert(rows)) == 1
    writer.close()
    with store.transaction() as conn:
        assert len(all_rows(conn, "SELECT 1 FROM signal WHERE body ->> 'number' = '1'")) == 1


def test_ids_grow_with_time() -> None:
    now = clock.now()
    ids = [uid_of(now + timedelta(milliseconds=ms), 2**74 - 1) for ms in range(5)]
    assert ids == sorted(ids)
    assert uid_of(now) <= new_uid() <= uid_of(now + timedelta(minutes=1))
    assert {one.version for one in ids} == {7}


def test_a_write_that_hangs_can_be_cut_from_outside(store: Store) -> None:
    writer = Writer(store.url)
    writer.insert([row()])
    with store.transaction() as conn:
        conn.execute("LOCK TABLE signal")
        cutting = Timer(0.2, writer.cut)
        cutting.start()
        with pytest.raises(StoreUnavailable):
            writer.insert([row()])
        cutting.join()
    assert len(writer.insert([row()])) == 1
    writer.close()

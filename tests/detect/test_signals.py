from __future__ import annotations

from collections import Counter

import psycopg
import pytest

from fireline import clock
from fireline.detect.signals import Row, Writer
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

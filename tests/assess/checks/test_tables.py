"""Tables and what is on them, read on real servers."""

from __future__ import annotations

import time

from fireline.assess.checks.indexes import Indexes
from fireline.assess.checks.indexes import read as read_indexes
from fireline.assess.checks.tables import Table, Tables, check, read
from fireline.assess.look import look
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN, complaining


def seen(target: Target) -> tuple[Tables, Indexes]:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN), read_indexes(conn, NOTHING_SEEN)


def test_a_table_has_its_size_columns_and_statistics(target: Target, faults: Faults) -> None:
    faults.owner.execute(
        "ALTER TABLE orders SET (fillfactor = 90); INSERT INTO orders SELECT generate_series(101, 5000)"
    )
    faults.owner.execute("ANALYZE orders")
    tables, _ = seen(target)
    orders = tables.named("orders")
    assert orders
    assert orders.path == "public.orders"
    assert [one.name for one in orders.columns] == ["id", "n"]
    assert orders.tuples == 5000
    assert orders.options == {"fillfactor": "90"}
    assert orders.bytes == orders.pages * 8192 == orders.blocks * 8192
    assert orders.expected_pages
    assert 0.5 < orders.expected_pages / orders.pages < 2
    column = orders.column("id")
    assert column
    assert column.spread
    assert column.spread.distinct == -1


def test_a_table_behind_a_lock_is_read_all_the_same(target: Target, faults: Faults) -> None:
    faults.idle("migration", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    began = time.monotonic()
    tables, indexes = seen(target)
    assert time.monotonic() - began < 1
    orders = tables.named("orders")
    assert orders
    assert indexes.of(orders.oid)


def test_partitions_add_up(target: Target, faults: Faults) -> None:
    faults.owner.execute(
        "CREATE TABLE events (day date) PARTITION BY RANGE (day);"
        "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');"
        "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');"
        "INSERT INTO events SELECT '2026-01-01'::date + i % 59 FROM generate_series(1, 3000) i; ANALYZE events"
    )
    tables, _ = seen(target)
    events = tables.named("events")
    assert events
    assert [one.name for one in tables.parts(events)] == ["events_1", "events_2"] or len(tables.parts(events)) == 2
    assert tables.pages(events) > 5
    assert tables.rows(events) >= 3000


def test_what_a_complaint_names_is_read_however_small(target: Target) -> None:
    found = look(target, {"tables": check}, gap=0, asked=complaining(NOTHING_SEEN, 'relation "accounts" is slow').asked)
    tables = found.last("tables", Tables)
    assert tables
    assert tables.named("accounts")


def test_an_index_has_its_columns_flags_and_expressions(target: Target, faults: Faults) -> None:
    faults.owner.execute(
        "ALTER TABLE orders ADD note text; CREATE INDEX by_note ON orders (lower(note), n DESC) INCLUDE (id) WHERE n > 3;"
        "CREATE INDEX plain ON orders (note text_pattern_ops)"
    )
    tables, indexes = seen(target)
    orders = tables.named("orders")
    assert orders
    found = {one.name: one for one in indexes.of(orders.oid)}
    assert found["orders_pkey"].primary
    assert found["orders_pkey"].constraint == "orders_pkey"
    by_note = found["by_note"]
    assert (by_note.keys, by_note.included, by_note.partial) == ((0, 2), (1,), True)
    assert by_note.expression_columns == {3}
    assert by_note.expression_calls == {"lower"}
    assert found["plain"].classes == ("text_pattern_ops",)
    assert indexes.leading(orders.oid, 3) == (found["plain"],)
    assert all(one.usable and not one.building for one in found.values())


def test_two_indexes_that_hold_the_same_are_known_as_such(target: Target, faults: Faults) -> None:
    faults.owner.execute(
        "CREATE INDEX one ON orders (abs(n)); CREATE INDEX two ON orders  (abs( n )); CREATE INDEX three ON orders (n)"
    )
    _, indexes = seen(target)
    one, two, three = (
        next(index for index in indexes.indexes if index.name == name) for name in ("one", "two", "three")
    )
    assert one.same_as(two)
    assert not one.same_as(three)


def test_an_index_is_under_way_as_long_as_somebody_builds_it(target: Target, faults: Faults) -> None:
    faults.idle("worker", "UPDATE orders SET n = 2 WHERE id = 1")
    pid = faults.running("deploy", "CREATE INDEX CONCURRENTLY half ON orders (n)")
    faults.until("SELECT 1 FROM pg_stat_progress_create_index WHERE pid = %s AND phase LIKE 'waiting%%'", pid)
    (half,) = [one for one in seen(target)[1].indexes if one.name == "half"]
    assert half.building
    assert not half.usable
    faults.owner.execute("SELECT pg_cancel_backend(%s)", [pid])
    faults.until("SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_progress_create_index)")
    (half,) = [one for one in seen(target)[1].indexes if one.name == "half"]
    assert not half.building
    assert not half.ready


def test_how_large_a_table_is_now_is_told_by_what_is_known() -> None:
    counted = Table(1, "public", "t", pages=100, tuples=1000.0, live=1000)
    assert counted.blocks == 100
    assert Table(1, "public", "t", pages=100, tuples=1000.0, live=5000).blocks == 500
    assert Table(1, "public", "t", pages=100, tuples=1000.0, live=1000, bytes=819_200 * 3).blocks == 300
    assert Table(1, "public", "t", live=10_000, tuples=-1.0).blocks > 30

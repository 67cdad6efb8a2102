"""Rows that refer to nothing, counted on real servers."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from fireline.assess import orphan_rows
from fireline.assess.orphan_rows import Sample
from fireline.postgres.connect import Target
from fireline.redact import Secret
from tests.assess.keyed import counted, run


def test_an_orphan_is_counted_with_its_place_and_key_by_any_plan(target: Target) -> None:
    run(
        target,
        "CREATE TABLE child (id int, order_id int CONSTRAINT k REFERENCES orders)",
        "INSERT INTO child SELECT i, 1 + i % 100 FROM generate_series(1, 500) i",
        "INSERT INTO child VALUES (501, 777), (502, NULL), (503, 888)",
    )
    assert (found := counted(target, "k")).plan == "hash"
    assert found.orphans == found.broken == 2
    assert found.samples[0] == Sample("public.child", found.samples[0].ctid, ("777",))
    assert found.samples[0].ctid.startswith("(")
    run(target, "ANALYZE child", "ANALYZE orders")
    assert (counted(target, "k").plan, counted(target, "k").orphans) == ("sort_merge", 2)
    run(target, "CREATE INDEX ON child (order_id)", "VACUUM child", "VACUUM orders")
    again = counted(target, "k")
    assert (again.plan, again.orphans, again.samples) == ("index_merge", 2, found.samples)
    run(target, "DELETE FROM child WHERE order_id > 100")
    assert counted(target, "k").broken == 0


def test_of_many_orphans_some_are_shown_and_all_counted(target: Target) -> None:
    run(
        target,
        "CREATE TABLE child (order_id int CONSTRAINT k REFERENCES orders)",
        "INSERT INTO child SELECT i FROM generate_series(1, 5000) i",
    )
    found = counted(target, "k")
    assert (found.orphans, len(found.samples)) == (4900, 20)


def test_composite_keys_match_as_they_are_declared(target: Target) -> None:
    run(
        target,
        "CREATE TABLE two (a int, b text, PRIMARY KEY (a, b))",
        "CREATE TABLE simple (x text, y int, CONSTRAINT simple_key FOREIGN KEY (y, x) REFERENCES two (a, b))",
        "CREATE TABLE whole (x text, y int, CONSTRAINT whole_key FOREIGN KEY (y, x) REFERENCES two (a, b) MATCH FULL)",
        "INSERT INTO two VALUES (1, 'one')",
        *(
            f"INSERT INTO {one} VALUES ('one', 1), ('two', 1), (NULL, 1), ('one', NULL), (NULL, NULL)"
            for one in ("simple", "whole")
        ),
    )
    assert (counted(target, "simple_key").orphans, counted(target, "simple_key").halves) == (1, 0)
    found = counted(target, "whole_key")
    assert (found.orphans, found.halves, found.broken) == (1, 2, 3)
    assert {one.key for one in found.samples} == {("1", "two"), ("1", None), (None, "one")}


def test_partitioned_tables_are_counted_whole_and_the_partition_named(target: Target) -> None:
    run(
        target,
        "CREATE TABLE up (id int PRIMARY KEY) PARTITION BY RANGE (id)",
        "CREATE TABLE up_1 PARTITION OF up FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE up_2 PARTITION OF up FOR VALUES FROM (10) TO (20)",
        'CREATE TABLE "Down" (n int CONSTRAINT k REFERENCES up) PARTITION BY RANGE (n)',
        'CREATE TABLE "Down 1" PARTITION OF "Down" FOR VALUES FROM (0) TO (10)',
        'CREATE TABLE "Down 2" PARTITION OF "Down" DEFAULT',
        "INSERT INTO up VALUES (1), (11)",
        'INSERT INTO "Down" VALUES (1), (11), (2), (12)',
        'CREATE INDEX ON "Down" (n)',
        'VACUUM ANALYZE "Down"',
        "VACUUM ANALYZE up",
    )
    found = counted(target, "k")
    assert (found.orphans, found.plan) == (2, "index_merge")
    assert {(one.table, one.key) for one in found.samples} == {
        ('public."Down 1"', ("2",)),
        ('public."Down 2"', ("12",)),
    }


def test_a_table_may_refer_to_itself_and_one_that_inherits_is_not_bound(target: Target) -> None:
    run(
        target,
        "CREATE TABLE tree (id int PRIMARY KEY, up int CONSTRAINT k REFERENCES tree)",
        "CREATE TABLE leaf () INHERITS (tree)",
        "INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 9)",
        "INSERT INTO leaf VALUES (9, 99)",
    )
    assert [one.key for one in counted(target, "k").samples] == [("9",)]


def test_types_that_differ_and_collations_that_differ_compare_as_the_key_does(target: Target) -> None:
    run(
        target,
        'CREATE TABLE named (id bigint PRIMARY KEY, name varchar(20) COLLATE "C" UNIQUE)',
        'CREATE TABLE child (id int CONSTRAINT numbers REFERENCES named, name text COLLATE "POSIX" CONSTRAINT names REFERENCES named (name))',
        "INSERT INTO named VALUES (1, 'a')",
        "INSERT INTO child VALUES (1, 'a'), (2, 'b')",
    )
    assert (counted(target, "numbers").orphans, counted(target, "names").orphans) == (1, 1)


def test_an_index_that_lacks_the_parent_is_no_orphan(target: Target) -> None:
    from tests.assess.keyed import neglected

    run(target, "CREATE TABLE child (order_id int CONSTRAINT k REFERENCES orders)", "CREATE INDEX ON child (order_id)")
    neglected(target, "orders_pkey", "INSERT INTO orders VALUES (500)")
    run(
        target,
        "INSERT INTO child SELECT 500 FROM generate_series(1, 3)",
        "INSERT INTO child VALUES (600)",
        "VACUUM ANALYZE child",
        "VACUUM ANALYZE orders",
    )
    found = counted(target, "k")
    assert (found.plan, found.orphans, found.lost, found.hidden) == ("index_merge", 1, 3, 0)


def test_a_child_that_its_index_does_not_hold_shows_as_soon_as_another_is_an_orphan(target: Target) -> None:
    from tests.assess.keyed import neglected

    run(
        target,
        "CREATE TABLE child (order_id int CONSTRAINT k REFERENCES orders)",
        "CREATE INDEX held ON child (order_id)",
    )
    neglected(target, "held", "INSERT INTO child VALUES (500), (501)")
    run(target, "INSERT INTO child VALUES (600)", "VACUUM ANALYZE child", "VACUUM ANALYZE orders")
    found = counted(target, "k")
    assert (found.plan, found.orphans, found.lost, found.hidden) == ("index_merge", 3, 0, 2)


def test_what_can_not_be_counted_is_unknown_with_the_reason(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphan_rows, "_LEAST_MS", 1)  # a quick machine counts these rows in the least time there is
    run(
        target,
        "CREATE TABLE child (order_id int CONSTRAINT k REFERENCES orders)",
        "INSERT INTO child SELECT 1 FROM generate_series(1, 300000)",
    )
    late = counted(target, "k", timedelta(milliseconds=1))
    assert (late.orphans, late.because) == (None, "the time limit was reached")
    with psycopg.connect(target.dsn.reveal()) as holder:
        holder.execute("LOCK TABLE orders")
        held = counted(target, "k", lock_timeout=timedelta(milliseconds=50))
    assert (held.orphans, held.because) == (None, "somebody has locked the table, and nobody should wait behind us")


def test_a_role_that_sees_a_part_of_the_rows_counts_nothing(target: Target) -> None:
    run(
        target,
        "CREATE TABLE child (order_id int CONSTRAINT k REFERENCES orders)",
        "INSERT INTO child VALUES (1), (500)",
        "DO $$BEGIN CREATE ROLE half_blind LOGIN PASSWORD 'half-blind-pw'; EXCEPTION WHEN duplicate_object THEN NULL; END$$",
    )
    blind = Target(
        "main", Secret(psycopg.conninfo.make_conninfo(target.dsn.reveal(), user="half_blind", password="half-blind-pw"))
    )
    assert counted(blind, "k").because == "permission denied for table child"
    run(target, "GRANT SELECT ON child, orders TO half_blind", "ALTER TABLE orders ENABLE ROW LEVEL SECURITY")
    assert counted(blind, "k").because == "our role is shown only the rows that a policy lets it see"
    run(target, "ALTER TABLE orders DISABLE ROW LEVEL SECURITY")
    assert counted(blind, "k").orphans == 1


def test_a_period_must_be_covered(patient: Target) -> None:
    run(
        patient,
        "CREATE EXTENSION btree_gist",
        "CREATE TABLE stays (room int, at daterange, PRIMARY KEY (room, at WITHOUT OVERLAPS))",
        "CREATE TABLE meals (room int, at daterange, CONSTRAINT k FOREIGN KEY (room, PERIOD at) REFERENCES stays (room, PERIOD at))",
        "INSERT INTO stays VALUES (1, '[2026-01-01,2026-01-05)'), (1, '[2026-01-05,2026-01-09)')",
        "INSERT INTO meals VALUES (1, '[2026-01-02,2026-01-08)'), (1, '[2026-01-08,2026-01-12)'), (2, '[2026-01-02,2026-01-03)')",
    )
    found = counted(patient, "k")
    assert (found.plan, found.orphans) == ("rows", 2)


def test_a_key_that_is_not_enforced_is_counted_too(patient: Target) -> None:
    run(
        patient,
        "CREATE TABLE up (id int PRIMARY KEY)",
        "CREATE TABLE child (up int, CONSTRAINT k FOREIGN KEY (up) REFERENCES up NOT ENFORCED)",
        "INSERT INTO child VALUES (1)",
    )
    found = counted(patient, "k")
    assert (found.orphans, found.key.enforced) == (1, False)


@pytest.mark.parametrize("match", ["", "MATCH FULL"])
def test_an_empty_table_has_no_orphan(target: Target, match: str) -> None:
    run(target, f"CREATE TABLE child (order_id int CONSTRAINT k REFERENCES orders {match})")
    assert counted(target, "k").broken == 0

"""Declared keys as the catalogs have them."""

from __future__ import annotations

import time

import psycopg

from fireline.assess.checks.foreign_keys import check, read
from fireline.postgres.connect import Target, connect
from tests.assess.judging import NOTHING_SEEN
from tests.assess.keyed import key, keys, run


def test_a_key_has_its_columns_flags_and_the_indexes_of_both_sides(target: Target) -> None:
    run(
        target,
        "CREATE SCHEMA s",
        'CREATE TABLE s."Line" (id int, "Order Id" int CONSTRAINT k REFERENCES orders ON DELETE CASCADE)',
        'CREATE INDEX "by order" ON s."Line" ("Order Id", id)',
        "VACUUM ANALYZE orders",
    )
    one = key(target, "k")
    assert (one.child, one.parent, one.schema) == ('s."Line"', "public.orders", "s")
    assert (one.columns, one.parent_columns, one.operators) == (("Order Id",), ("id",), ("OPERATOR(pg_catalog.=)",))
    assert (one.child_index, one.parent_index) == ('s."by order"', "public.orders_pkey")
    assert (one.validated, one.enforced, one.full_match, one.on_delete) == (True, True, False, "c")
    assert (one.parent_size.rows, one.parent_size.visible, one.child_size.rows) == (100, 1, None)
    assert one.title == 'k on s."Line"'


def test_an_index_that_is_partial_invalid_or_led_by_another_column_does_not_count(target: Target) -> None:
    run(
        target,
        "CREATE TABLE line (id int, order_id int CONSTRAINT k REFERENCES orders)",
        "CREATE INDEX ON line (id, order_id)",
        "CREATE INDEX ON line (order_id) WHERE id > 5",
        "CREATE INDEX ON line USING hash (order_id)",
        "CREATE INDEX bad ON line (order_id)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'bad'::regclass",
    )
    assert key(target, "k").child_index is None


def test_the_index_in_the_order_of_the_parents_is_taken(target: Target) -> None:
    run(
        target,
        "CREATE TABLE two (a int, b int, PRIMARY KEY (a, b))",
        "CREATE TABLE line (x int, y int, CONSTRAINT k FOREIGN KEY (y, x) REFERENCES two (b, a))",
        "CREATE INDEX other ON line (y, x)",
        "CREATE INDEX same ON line (x, y)",
    )
    assert key(target, "k").child_index == "public.same"


def test_triggers_that_do_not_fire_are_told_with_the_key_of_the_root(target: Target) -> None:
    run(
        target,
        "CREATE TABLE line (n int, order_id int CONSTRAINT k REFERENCES orders) PARTITION BY RANGE (n)",
        "CREATE TABLE line_1 PARTITION OF line FOR VALUES FROM (0) TO (9)",
        "ALTER TABLE line_1 DISABLE TRIGGER ALL",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER own BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE accounts DISABLE TRIGGER own",
    )
    seen = keys(target)
    [one] = seen.keys
    assert {(each.relation, each.state, each.of_child) for each in seen.disabled_of(one)} == {
        ("public.line_1", "D", True)
    }
    [own] = [each for each in seen.disabled if each.constraint is None]
    assert (own.name, own.relation) == ("own", "public.accounts")
    run(target, "ALTER TABLE line_1 ENABLE TRIGGER ALL", "ALTER TABLE orders DISABLE TRIGGER ALL")
    seen = keys(target)
    assert {each.of_child for each in seen.disabled_of(one)} == {False}


def test_a_key_that_is_not_validated_comes_first_and_all_are_counted(target: Target) -> None:
    run(
        target,
        *(f"CREATE TABLE line_{n} (order_id int CONSTRAINT k{n} REFERENCES orders)" for n in range(4)),
        "CREATE TABLE loose (order_id int)",
        "ALTER TABLE loose ADD CONSTRAINT late FOREIGN KEY (order_id) REFERENCES orders NOT VALID",
    )
    with connect(target) as conn:
        from fireline.assess.checks.foreign_keys import foreign_keys

        seen = foreign_keys(conn, 2)
    assert (seen.keys[0].name, seen.keys[0].validated) == ("late", False)
    assert (len(seen.keys), seen.total) == (2, 5)


def test_a_key_of_version_18_may_be_not_enforced(patient: Target) -> None:
    run(
        patient,
        "CREATE TABLE up (id int PRIMARY KEY)",
        "CREATE TABLE line (up int, CONSTRAINT k FOREIGN KEY (up) REFERENCES up NOT ENFORCED)",
    )
    assert (key(patient, "k").enforced, key(patient, "k").period) == (False, False)


def test_it_waits_for_no_lock_and_a_thousand_keys_take_no_time(target: Target) -> None:
    run(
        target,
        "DO $$BEGIN FOR i IN 1..300 LOOP EXECUTE format('CREATE TABLE t%s (order_id int REFERENCES orders)', i); END LOOP; END$$",
    )
    with psycopg.connect(target.dsn.reveal()) as holder:
        holder.execute("LOCK TABLE orders, t7 IN ACCESS EXCLUSIVE MODE")
        with connect(target) as conn:
            began = time.monotonic()
            seen = read(conn, NOTHING_SEEN)
            took = time.monotonic() - began
    assert len(seen.keys) == 300
    assert took < 0.5
    assert check.wanted is None


def test_a_database_without_a_key_has_none(target: Target) -> None:
    assert keys(target).keys == ()
    assert keys(target).total == 0

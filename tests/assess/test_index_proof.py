"""Indexes that hold every row, and that do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fireline.assess.index_proof import Proof, amcheck, by_amcheck, distinct, duplicated, indexes, prove
from fireline.postgres.connect import Target, connect
from tests.assess.keyed import neglected, run


def proofs(target: Target) -> dict[str, Proof]:
    """Every index of the database, by its bare name."""
    with connect(target) as conn:
        conn.read_only = True
        schema, _ = amcheck(conn)
        found = {one.bare: prove(conn, one, schema) for one in indexes(conn)[0]}
        return {name: distinct(conn, one) if one.index.unique else one for name, one in found.items()}


@pytest.mark.parametrize("extension", [True, False])
def test_a_row_that_an_index_lacks_is_found_with_amcheck_and_without(target: Target, extension: bool) -> None:
    if extension:
        run(target, "CREATE SCHEMA x", "CREATE EXTENSION amcheck SCHEMA x")
    neglected(target, "orders_pkey", "INSERT INTO orders VALUES (500), (501)")
    found = proofs(target)
    assert found["orders_pkey"].state == "broken"
    assert found["accounts_pkey"].state == "whole"
    if extension:
        assert found["orders_pkey"].by == "amcheck"
        assert "lacks matching index tuple" in found["orders_pkey"].because
    assert found["orders_pkey"].missing == 2
    assert found["orders_pkey"].samples[0].endswith("(500)")
    run(target, "REINDEX INDEX orders_pkey")
    assert proofs(target)["orders_pkey"].state == "whole"


def test_a_row_of_a_key_that_others_have_is_missed_too(target: Target) -> None:
    run(
        target,
        "INSERT INTO orders SELECT i, i % 900 FROM generate_series(1000, 4000) i",
        "CREATE INDEX by_n ON orders (n)",
        "ANALYZE",
    )
    neglected(target, "by_n", "INSERT INTO orders VALUES (500, 77)")
    assert (proofs(target)["by_n"].state, proofs(target)["by_n"].missing) == ("broken", 1)


def test_rows_that_were_updated_in_place_are_no_fault(target: Target) -> None:
    run(
        target,
        "UPDATE orders SET n = n + 1",
        "UPDATE orders SET n = n + 1 WHERE id < 50",
        "DELETE FROM orders WHERE id > 90",
    )
    assert proofs(target)["orders_pkey"].state == "whole"


def test_keys_that_are_there_twice_are_found_in_the_table_though_the_index_may_not_hold_them(target: Target) -> None:
    run(
        target,
        "CREATE TABLE t (a int, b text)",
        "CREATE UNIQUE INDEX u ON t (a, b)",
        "CREATE UNIQUE INDEX lower_b ON t (lower(b)) WHERE a > 10",
        "CREATE UNIQUE INDEX fine ON t (b, a) WHERE a > 10",
        "INSERT INTO t VALUES (1, 'x'), (2, 'y'), (11, 'Z'), (NULL, 'n'), (NULL, 'n')",
    )
    neglected(target, "u", "INSERT INTO t VALUES (1, 'x')")
    neglected(target, "lower_b", "INSERT INTO t VALUES (12, 'z')", flag="indisunique")
    found = proofs(target)
    assert (found["u"].twice, found["u"].pairs, found["u"].state) == (1, ("(1, x) in 2 rows",), "broken")
    assert (found["lower_b"].twice, found["lower_b"].pairs, found["lower_b"].keys) == (
        1,
        ("(z) in 2 rows",),
        ("(lower(b))",),
    )
    assert found["lower_b"].where == "(a > 10)"
    assert found["fine"].twice == 0


def test_what_only_amcheck_can_prove_is_unknown_without_it(target: Target) -> None:
    run(target, "CREATE INDEX part ON orders (n) WHERE n > 5", "CREATE INDEX expression ON orders ((n + 1))")
    found = proofs(target)
    assert [found[name].state for name in ("part", "expression")] == ["unknown", "unknown"]
    run(target, "CREATE EXTENSION amcheck")
    found = proofs(target)
    assert [found[name].state for name in ("part", "expression")] == ["whole", "whole"]


def test_where_another_index_would_answer_nothing_is_claimed(target: Target) -> None:
    run(target, "CREATE INDEX twin ON orders (id)")
    states = {name: one for name, one in proofs(target).items() if name in ("twin", "orders_pkey")}
    assert sorted(one.because for one in states.values()) == ["", "the planner would not use it"]


def test_amcheck_that_may_not_be_called_is_told_apart_from_one_that_is_not_there(target: Target) -> None:
    from psycopg.conninfo import make_conninfo

    from fireline.redact import Secret

    with connect(target) as conn:
        assert amcheck(conn) == (None, "the extension amcheck is not installed")
    run(
        target,
        "CREATE EXTENSION amcheck",
        "DO $$BEGIN CREATE ROLE weak LOGIN PASSWORD 'weak-pw-123'; EXCEPTION WHEN duplicate_object THEN NULL; END$$",
    )
    with connect(
        Target("main", Secret(make_conninfo(target.dsn.reveal(), user="weak", password="weak-pw-123")))
    ) as conn:
        assert amcheck(conn) == (None, "our role may not call amcheck")


def test_what_is_no_corruption_is_no_fault_of_the_index(target: Target) -> None:
    run(target, "CREATE EXTENSION amcheck", "CREATE INDEX h ON orders USING hash (n)")
    with connect(target) as conn:
        number = conn.execute("SELECT 'h'::regclass::oid AS oid").fetchone()
        assert number is not None
        assert by_amcheck(conn, "public", number["oid"])[0] == "unknown"


def test_nulls_are_no_duplicates_unless_the_index_says_so(patient: Target) -> None:
    run(
        patient,
        "CREATE TABLE t (a int)",
        "CREATE UNIQUE INDEX u ON t (a) NULLS NOT DISTINCT",
        "INSERT INTO t VALUES (NULL)",
    )
    neglected(patient, "u", "INSERT INTO t VALUES (NULL)", flag="indisunique")
    [one] = proofs(patient).values()
    assert (one.twice, one.pairs) == (1, ("(null) in 2 rows",))
    assert "IS NOT NULL" in duplicated(replace(one.index, nulls_equal=False), ["a"])

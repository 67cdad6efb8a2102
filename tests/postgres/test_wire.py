"""Results in portions and cells as JSON has them."""

from __future__ import annotations

import psycopg
import pytest

from fireline.postgres import wire
from fireline.postgres.connect import Target, connect


def test_results_come_in_portions_and_may_be_left_early(patient: Target) -> None:
    with connect(patient) as conn:
        sizes = [result.ntuples for result in wire.results(conn, "SELECT generate_series(1, 450)", [])]
        assert max(sizes) <= 200
        assert sum(sizes) == 450
        conn.execute("SAVEPOINT a")
        for _ in wire.results(conn, "SELECT generate_series(1, 10000000)", []):
            break
        conn.execute("ROLLBACK TO a")
        assert conn.execute("SELECT 1 AS one").fetchone() == {"one": 1}


def test_values_are_sent_as_text_whose_type_the_server_infers(patient: Target) -> None:
    with connect(patient) as conn:
        statement = "SELECT $1::int + 1, $2::text, $3::bool, $4::numeric, $5::text"
        (result,) = (r for r in wire.results(conn, statement, [41, "ä'", False, 1.5, None]) if r.ntuples)
        assert list(wire.rows(result)) == [[42, "ä'", False, 1.5, None]]


def test_a_fault_is_the_drivers_own_error(patient: Target) -> None:
    with connect(patient) as conn, pytest.raises(psycopg.errors.UndefinedColumn):
        list(wire.results(conn, "SELECT nothing", []))


def test_columns_are_known_without_rows(patient: Target) -> None:
    with connect(patient) as conn:
        found = [wire.columns(result) for result in wire.results(conn, "SELECT 1 AS a, 2 AS b WHERE false", [])]
        assert found == [["a", "b"]]
        assert [wire.columns(result) for result in wire.results(conn, "SET work_mem = '1MB'", [])] == [[]]


def test_a_cell_that_is_too_long_is_cut() -> None:
    assert wire.shortened("abcdef", 3) == "abc…"
    assert wire.shortened("abc", 3) == "abc"
    assert wire.shortened("abc", -1) == "…"
    assert wire.shortened(123456, 1) == 123456

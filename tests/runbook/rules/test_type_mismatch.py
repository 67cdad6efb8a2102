"""What PostgreSQL refuses to compare is found without a database; what it takes is left alone: each tried on a real server."""

from __future__ import annotations

import psycopg
import pytest

from fireline.postgres.connect import Target
from fireline.runbook.rules.type_mismatch import rule
from tests.runbook.rules.saying import faults, mended

WRONG = [
    "query_start > '5 minutes'",
    "now() - query_start > 300",
    "usename = 5",
    "pid = '4821x'",
    "pid IN (1, 'a')",
    "query_start > 5",
    "backend_start BETWEEN '1 hour' AND '2 hours'",
    "'x' = pid",
]
RIGHT = [
    "now() - query_start > '5 minutes'",
    "now() - query_start > interval '5 minutes'",
    "query_start < now() - interval '5 minutes'",
    "query_start > '2026-11-23'",
    "pid = '4821'",
    "pid = 1.5",
    "state = 'active'",
    "state IS NULL",
    "backend_start > 'yesterday'",
    "extract(epoch FROM now() - query_start) > 300",
]


def sql(where: str, view: str = "pg_stat_activity") -> str:
    return f"# Slow\n\n1. **Look:**\n   ```sql\n   SELECT 1 FROM {view} WHERE {where};\n   ```\n"


@pytest.mark.parametrize("where", WRONG)
def test_what_a_server_refuses_is_found(where: str, patient: Target) -> None:
    assert faults(rule, sql(where))
    with psycopg.connect(patient.dsn.reveal()) as conn, pytest.raises(psycopg.Error):
        conn.execute(f"SELECT 1 FROM pg_stat_activity WHERE {where}".encode())


@pytest.mark.parametrize("where", RIGHT)
def test_what_a_server_takes_is_left_alone(where: str, patient: Target) -> None:
    assert faults(rule, sql(where)) == []
    with psycopg.connect(patient.dsn.reveal()) as conn:
        conn.execute(f"SELECT 1 FROM pg_stat_activity WHERE {where}".encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [("mean_exec_time > '100ms'", "mean_exec_time > 100"), ("max_exec_time > '2 min'", "max_exec_time > 120000"),
     ("total_exec_time > '1.5 s'", "total_exec_time > 1500")],
)  # fmt: skip
def test_a_length_of_time_becomes_milliseconds(old: str, new: str) -> None:
    [fault] = faults(rule, sql(old, "pg_stat_statements"))
    assert mended(sql(old, "pg_stat_statements"), fault) == sql(new, "pg_stat_statements")


def test_a_value_that_is_filled_in_later_is_left_alone() -> None:
    assert faults(rule, sql("mean_exec_time > :'ms' AND calls > :calls", "pg_stat_statements")) == []

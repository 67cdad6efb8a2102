from __future__ import annotations

import threading
import time

import psycopg
import pytest

from fireline.postgres.connect import Target
from fireline.runbook.lint.database.bounding import bounded


def test_who_waits_longer_is_cut_off(patient: Target) -> None:
    conn = psycopg.connect(patient.dsn.reveal(), autocommit=True)
    began = time.monotonic()
    with pytest.raises(psycopg.OperationalError), bounded(conn, 0.2):
        conn.execute("SELECT pg_sleep(30)")
    assert time.monotonic() - began < 15
    assert conn.broken


def test_one_thread_watches_all_and_nobody_who_is_done_is_cut_off(patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        for _ in range(50):
            with bounded(conn, 0.3):
                conn.execute("SELECT 1")
        assert sum(one.name == "bounding" for one in threading.enumerate()) == 1
        conn.execute(
            "SELECT pg_sleep(0.8)"
        )  # longer than any of them and than a look: whoever is still watched is cut off here
        assert conn.execute("SELECT 2").fetchone() == (2,)


def test_a_connection_that_is_closed_is_not_watched(patient: Target) -> None:
    conn = psycopg.connect(patient.dsn.reveal())
    conn.close()
    with bounded(conn, 0.1):
        assert conn.closed

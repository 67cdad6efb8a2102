"""A long read that holds nobody up."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from fireline.assess.giving_way import giving_way
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults

READ = "SELECT count(*), pg_sleep(20) FROM orders"


def test_whoever_waits_for_the_table_gets_it(target: Target, faults: Faults) -> None:
    with connect(target) as conn, giving_way(target, conn) as way:
        pid = conn.info.backend_pid
        done: list[float] = []

        def alter() -> None:
            faults.until("SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'", pid)
            began = time.monotonic()
            faults.open("owner", autocommit=True).execute("ALTER TABLE orders ADD more int")
            done.append(time.monotonic() - began)

        thread = threading.Thread(target=alter)
        thread.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            conn.execute(READ)
        conn.rollback()
        thread.join()
    assert way.given
    assert done[0] < 5


def test_a_read_that_nobody_waits_for_goes_on(target: Target, faults: Faults) -> None:
    faults.idle("writer", "UPDATE orders SET n = 1")
    with connect(target) as conn, giving_way(target, conn) as way:
        conn.execute("SELECT count(*), pg_sleep(0.7) FROM orders")
        assert not way.given

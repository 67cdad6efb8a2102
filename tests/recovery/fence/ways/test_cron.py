"""Jobs of pg_cron in the database are switched off and on again, on Debian's 15 with its pg_cron."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from fireline.postgres.connect import Target, database_of
from fireline.recovery.fence import fence as fences
from fireline.redact import Secret
from fireline.store.connect import Store
from tests import servers
from tests.recovery.fence.test_fence import raised

CONTROL = Path("/usr/share/postgresql/15/extension/pg_cron.control")


@pytest.fixture(scope="module")
def cron() -> Iterator[servers.Patient]:
    """A server that loads pg_cron, whose jobs are kept in `postgres`."""
    if not CONTROL.exists() or not (servers.DEBIAN15 / "initdb").exists():
        pytest.skip("pg_cron for PostgreSQL 15 is not installed (apt-get install postgresql-15-cron)")
    with servers.cluster(servers.DEBIAN15, {**servers.PATIENT, "shared_preload_libraries": "pg_cron"}) as server:
        with psycopg.connect(server.url(), autocommit=True) as conn:
            conn.execute("CREATE EXTENSION pg_cron")
        yield server


def test_only_those_that_were_on_in_this_database_are_switched_off_and_on(store: Store, cron: servers.Patient) -> None:
    with servers.database(cron) as url, psycopg.connect(cron.url(), autocommit=True) as conn:
        target = Target("main", Secret(url))
        name = database_of(target)
        job = "SELECT cron.schedule_in_database(%s, '0 4 1 1 *', 'DELETE FROM orders', %s, NULL, %s)"
        for which, place, active in (("mine", name, True), ("off", name, False), ("other", "postgres", True)):
            conn.execute(job, [which, place, active])
        jobs = "SELECT jobname, active, schedule, command, username, database FROM cron.job ORDER BY jobid"
        before = conn.execute(jobs).fetchall()
        fence = raised(store, target, "closed")
        assert [(row[0], row[1]) for row in conn.execute(jobs).fetchall()] == [
            ("mine", False),
            ("off", False),
            ("other", True),
        ]
        fences.lift(store, target, fence, "ada")
        assert conn.execute(jobs).fetchall() == before


def test_a_job_that_is_gone_meanwhile_holds_up_nothing(store: Store, cron: servers.Patient) -> None:
    with servers.database(cron) as url, psycopg.connect(cron.url(), autocommit=True) as conn:
        target = Target("main", Secret(url))
        told = ["gone", database_of(target)]
        row = conn.execute("SELECT cron.schedule_in_database(%s, '0 4 1 1 *', 'SELECT 1', %s)", told).fetchone()
        assert row is not None
        fence = raised(store, target, "no-new")
        conn.execute("SELECT cron.unschedule(%s::bigint)", [row[0]])
        lifted = fences.lift(store, target, fence, "ada")
        assert lifted.state == "lifted"
        assert any("is not there any more" in step.said for step in lifted.steps)

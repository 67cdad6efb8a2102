"""What is done to a step while its processes die: the store hangs at a state, the change is counted, the end is awaited."""

from __future__ import annotations

import os
import signal
from typing import Any

import psycopg

from fireline.cluster import Cluster
from tests.chaos.stage import Stage, until

COUNT_ONE = "INSERT INTO counted VALUES (1)"


def hang_store(stage: Stage, table: str, state: str) -> None:
    """From now on whoever writes this state into the store hangs in mid-write, until it is killed or `free_store` is called."""
    with stage.store.transaction() as conn:
        conn.execute(
            f"CREATE OR REPLACE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF NEW.state = '{state}' THEN PERFORM pg_sleep(600); END IF; RETURN NEW; END $$;"
            f"CREATE TRIGGER hang BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION hang()".encode()
        )


def hung(stage: Stage) -> bool:
    return bool(
        stage.rows(
            "SELECT 1 AS yes FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
        )
    )


def free_store(stage: Stage, table: str) -> None:
    """The dead process's session is gone, and writing works again."""
    with psycopg.connect(stage.store_url, autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
        )
        conn.execute(f"DROP TRIGGER hang ON fireline.{table}".encode())


def counted(stage: Stage) -> int:
    return int(stage.patient("SELECT count(*) AS n FROM counted")[0]["n"])


def approved(stage: Stage, wanted: dict[str, Any]) -> int:
    """A run whose one change a person has approved."""
    run = stage.start(wanted)
    until(lambda: stage.states(run) == ["waiting"], "the approval is asked for")
    stage.say("run.approve", run=run, step=1, level=None if wanted.get("level") else "reversible")
    return run


def ended(stage: Stage, run: int) -> str:
    """How the step ended, once nobody works on it any more."""
    until(
        lambda: stage.states(run)[0] in ("succeeded", "failed", "unknown"),
        f"the step ends; {stage.states(run)}; {stage.logs()}",
    )
    return stage.states(run)[0]


def kill_store(mortal: Cluster) -> None:
    """kill -9 of the store's postmaster; its sessions notice and end."""
    running = mortal.running
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)

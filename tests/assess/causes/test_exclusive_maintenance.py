"""Maintenance that runs and shuts everyone out."""

from __future__ import annotations

import pytest

from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.judging import only, remedied, the_root


def test_exclusive_maintenance(target: Target, faults: Faults) -> None:
    pid = faults.running("admin", "DO $$ BEGIN LOCK TABLE orders; PERFORM pg_sleep(60); END $$")
    faults.until("SELECT FROM pg_locks WHERE pid = %s AND mode = 'AccessExclusiveLock' AND granted", pid)
    for number in range(3):
        faults.waiting(f"web{number}", "SELECT count(*) FROM orders")
    root = the_root(target)
    assert (root.cause, root.severity) == ("exclusive_maintenance", "critical")
    assert root.remedy.command == f"fireline resolve terminate-session {pid} --target main --cancel"
    assert "pg_cancel_backend" in root.remedy.sql[0]
    assert only(target) == root.cause
    remedied(target, root)


@pytest.mark.parametrize(
    ("command", "mode", "title"),
    [
        (
            "VACUUM FULL orders",
            "AccessExclusiveLock",
            "VACUUM FULL is running and has locked orders for itself; everyone who reads or writes it waits.",
        ),
        (
            "CREATE INDEX another ON orders (slow(n))",
            "ShareLock",
            "CREATE INDEX is running and has locked orders for itself; everyone who writes to it waits.",
        ),
    ],
    ids=["vacuum full", "create index"],
)
def test_real_maintenance_is_named_and_how_far_it_is(
    target: Target, faults: Faults, command: str, mode: str, title: str
) -> None:
    faults.owner.execute(
        "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(current_setting('app.delay', true)::float8); RETURN $1; END $$"
    )
    faults.owner.execute("CREATE INDEX ON orders (slow(n))")
    pid = faults.running("admin", command, options="-c app.delay=0.5")
    faults.until(
        "SELECT FROM pg_locks WHERE pid = %s AND mode = %s AND granted AND relation = 'orders'::regclass", pid, mode
    )
    faults.waiting("web", "UPDATE orders SET n = 1 WHERE id = 1")
    root = the_root(target)
    assert (root.cause, root.title) == ("exclusive_maintenance", title)
    assert any(one.source == "pg_stat_progress" for one in root.evidence)
    assert only(target) == root.cause
    remedied(target, root)

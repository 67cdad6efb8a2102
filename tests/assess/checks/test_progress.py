"""How far maintenance is."""

from __future__ import annotations

from fireline.assess.checks.progress import read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN


def test_nothing_is_under_way_on_a_quiet_server(target: Target) -> None:
    with connect(target) as conn:
        assert read(conn, NOTHING_SEEN) == ()


def test_an_index_being_built_is_seen_with_its_phase(target: Target, faults: Faults) -> None:
    faults.owner.execute(
        "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.2); RETURN $1; END'"
    )
    pid = faults.running("admin", "CREATE INDEX ON orders (slow(id))")
    faults.until("SELECT FROM pg_stat_progress_create_index WHERE pid = %s AND phase LIKE 'building%%'", pid)
    with connect(target) as conn:
        (found,) = read(conn, NOTHING_SEEN)
    assert (found.pid, found.command, found.phase) == (pid, "CREATE INDEX", "building index: scanning table")

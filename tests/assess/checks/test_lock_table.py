"""The table of locks, and who fills it."""

from __future__ import annotations

from fireline.assess.checks.lock_table import LockTable, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN
from tests.assess.poor_role import poor

MANY = "SELECT pg_advisory_xact_lock(i) FROM generate_series(1, 200) i"


def seen(target: Target) -> LockTable:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def test_the_largest_holder_is_named_with_what_it_does(target: Target, faults: Faults) -> None:
    pid = faults.idle("batch", MANY)
    found = seen(target)
    first = found.takers[0]
    assert (first.pid, first.held, first.application, first.user) == (pid, 200, "batch", "postgres")
    assert (first.state, first.query) == ("idle in transaction", MANY)
    assert first.xact_start is not None
    assert found.held >= 200
    assert found.held >= sum(one.held for one in found.takers)


def test_a_prepared_transaction_holds_without_a_process(target: Target, faults: Faults) -> None:
    faults.open("app", autocommit=True).execute(f"BEGIN; {MANY}; PREPARE TRANSACTION 'many'".encode())
    first = seen(target).takers[0]
    assert (first.pid, first.query, first.application) == (None, "", "")
    assert first.held >= 200


def test_with_few_rights_the_number_is_known_and_not_what_is_run(target: Target, faults: Faults) -> None:
    pid = faults.idle("batch", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE", MANY)
    with poor(target, faults) as few:
        first = seen(few).takers[0]
    assert first.pid == pid
    assert first.held > 200
    assert (first.state, first.query) == (None, "<insufficient privilege>")

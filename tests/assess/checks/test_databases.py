"""Databases and their counters."""

from __future__ import annotations

from fireline.assess.checks.databases import Database, Databases, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN
from tests.assess.poor_role import poor
from tests.servers import count_now


def seen(target: Target) -> Databases:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def here(target: Target) -> Database:
    found = seen(target).here
    assert found
    return found


def test_a_database_has_its_owner_limit_and_whether_it_may_be_entered(target: Target, faults: Faults) -> None:
    faults.owner.execute(f"ALTER DATABASE {faults.owner.info.dbname} CONNECTION LIMIT 7".encode())
    found = seen(target)
    mine = found.here
    assert mine
    assert (found.current, mine.name) == (faults.owner.info.dbname, faults.owner.info.dbname)
    assert (mine.owner, mine.limit, mine.template, mine.allows) == ("postgres", 7, False, True)
    assert mine.backends >= 2
    shut = found.all["template0"]
    assert (shut.limit, shut.template, shut.allows, shut.backends) == (-1, True, False, 0)
    assert found.started is not None
    assert found.started < found.at


def test_what_rises_is_told_by_two_readings(target: Target, faults: Faults) -> None:
    owner = faults.owner
    count_now(owner)
    before = here(target)
    owner.execute("DELETE FROM orders WHERE id <= 7")
    for _ in range(3):
        owner.execute("BEGIN; SELECT 1; ROLLBACK")
    count_now(owner)
    after = here(target)
    assert after.rows_deleted - before.rows_deleted >= 7
    assert after.rollbacks - before.rollbacks >= 3
    assert after.frozen_age - before.frozen_age >= 1
    assert after.deadlocks == before.deadlocks == 0


def test_a_role_with_few_rights_sees_the_same_behind_any_lock(target: Target, faults: Faults) -> None:
    faults.idle("migration", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    full = seen(target)
    with poor(target, faults) as few:
        found = seen(few)
    assert found.all.keys() == full.all.keys()
    assert found.here
    assert found.here.oid == here(target).oid

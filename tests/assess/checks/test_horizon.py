"""Who holds back the removal of dead rows."""

from __future__ import annotations

from fireline.assess.checks.horizon import Horizon, blind, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN
from tests.assess.poor_role import poor
from tests.servers import count_now


def seen(target: Target) -> Horizon:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def test_sessions_and_prepared_transactions_are_read_the_oldest_first(target: Target, faults: Faults) -> None:
    faults.open("app", autocommit=True).execute("BEGIN; UPDATE orders SET n = 1; PREPARE TRANSACTION 'forgotten'")
    for _ in range(5):
        faults.owner.execute("SELECT pg_current_xact_id()")
    pid = faults.idle("worker", "UPDATE accounts SET n = 2 WHERE id = 1")
    found = seen(target)
    prepared, session = found.holders[0], next(one for one in found.holders if one.pid == pid)
    assert (prepared.kind, prepared.name, prepared.owner, prepared.wrote) == ("prepared", "forgotten", "postgres", True)
    assert prepared.database == found.current == faults.owner.info.dbname
    assert (session.kind, session.application, session.state, session.wrote) == (
        "session",
        "worker",
        "idle in transaction",
        True,
    )
    assert session.query == "UPDATE accounts SET n = 2 WHERE id = 1"
    assert prepared.oldest - session.oldest >= 6 - 1
    assert blind(found) is None


def test_a_slot_holds_back_the_catalogs_alone(target: Target, faults: Faults) -> None:
    owner = faults.owner
    owner.execute("SELECT pg_create_logical_replication_slot('horizon_slot', 'pgoutput')")
    try:
        slot = next(one for one in seen(target).holders if one.kind == "slot")
        assert (slot.name, slot.application, slot.type, slot.state) == (
            "horizon_slot",
            "pgoutput",
            "logical",
            "inactive",
        )
        assert (slot.age, slot.pid, slot.database) == (None, None, owner.info.dbname)
        assert slot.catalog_age is not None
        assert slot.oldest == slot.catalog_age >= 0
    finally:
        owner.execute("SELECT pg_drop_replication_slot('horizon_slot')")


def test_old_tables_and_dead_rows_of_system_tables_are_read_behind_a_lock(target: Target, faults: Faults) -> None:
    faults.owner.execute("VACUUM FREEZE orders")
    for number in range(3):
        faults.owner.execute(f"CREATE TABLE gone_{number} (id int); DROP TABLE gone_{number}".encode())
    count_now(faults.owner)
    faults.idle("migration", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    found = seen(target)
    assert found.old
    assert [one.age for one in found.old] == sorted((one.age for one in found.old), reverse=True)
    dead = {one.name: one.dead for one in found.catalogs}
    assert dead["pg_attribute"] >= 3
    assert not any(name.startswith("gone_") for name in dead)


def test_a_role_that_may_not_see_the_sessions_of_others_says_so(target: Target, faults: Faults) -> None:
    faults.idle("worker", "UPDATE orders SET n = 2")
    with poor(target, faults) as few:
        found = seen(few)
    assert found.hidden >= 1
    assert blind(found) == "may not see what other sessions hold back; grant it pg_monitor"

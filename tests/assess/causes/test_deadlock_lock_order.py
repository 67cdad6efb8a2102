"""Transactions that end up in deadlocks."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.deadlock_lock_order import judge
from fireline.assess.snapshot import LockReading
from tests.assess.judging import complaining
from tests.assess.kept import facts, why_not
from tests.assess.readings import database, snapshot
from tests.assess.refusals import AT, locks, log, said, session, the, waiting

SERVERS = "ERROR:  deadlock detected (SQLSTATE 40P01)"
LOOSELY = "there is a deadlock, everything hangs"
PAIR = {pid: replace(waiting(pid), query=f"UPDATE accounts SET sum = 0 WHERE id = {pid}") for pid in (7, 8)}
RING = ("locks", LockReading(AT, PAIR, {7: (8,), 8: (7,)}))


def counted(deadlocks: int) -> tuple[str, object]:
    return "databases", database(deadlocks=deadlocks)


def test_a_ring_of_waiting_sessions_is_named_without_complaint() -> None:
    found = the(judge(snapshot(RING)))
    assert (found.severity, found.hurt, found.objects) == ("high", 2, ("pid 7", "pid 8"))
    assert "2 sessions wait for each other in a ring: pid 7" in facts(found)
    assert "WHERE id = 8" in found.tree[1].text
    assert (found.remedy.level, found.remedy.sql) == ("read", ())
    assert "40P01" in found.remedy.text
    assert (found.probe.expect, "2026-03-01 03:00:05" in found.probe.sql.replace("T", " ")) == ("rows = 0", True)


def test_deadlocks_counted_while_we_look_are_named_and_old_ones_only_when_asked() -> None:
    rising, old = snapshot(counted(3), counted(5)), snapshot(counted(5), counted(5))
    assert "5 deadlocks are counted" in facts(the(judge(rising)))
    assert judge(old) == ()
    found = the(judge(complaining(old, "the log says deadlock now and then")))
    assert (found.severity, found.confidence) == ("medium", 0.9)
    assert judge(complaining(old, "ERROR:  could not serialize access due to concurrent update")) == ()


def test_the_log_tells_who_it_was() -> None:
    line = said(
        "ERROR", "deadlock detected", detail="Process 7 waits for ShareLock on transaction 9; blocked by process 8."
    )
    found = the(judge(complaining(snapshot(("log", log(line))), LOOSELY)))
    assert "deadlock detected 1 times; the newest: Process 7 waits for ShareLock" in facts(found)
    assert "serialization_conflict_no_retry" in why_not(found)


def test_what_people_call_a_deadlock_is_one_session_that_holds_up_the_others() -> None:
    first, second = locks(session(6, state="idle in transaction", xact_start=AT), waiting(7), behind=6)
    stuck = snapshot(("locks", first), ("locks", second), counted(5))
    assert judge(complaining(stuck, LOOSELY)) == ()
    found = the(judge(complaining(stuck, SERVERS)))
    assert why_not(found)["idle_in_tx_row_lock"] == "the deadlocks come besides what others wait for"


def test_a_loose_word_where_none_was_ever_counted_is_silent_but_the_servers_own_is_believed() -> None:
    assert judge(snapshot()) == judge(complaining(snapshot(), LOOSELY)) == ()
    assert the(judge(complaining(snapshot(), SERVERS))).confidence == 0.7

"""Sessions that wait for one take all slots."""

from __future__ import annotations

from fireline.assess.causes.lock_pileup_exhausts_slots import judge
from fireline.assess.checks.roles import Role
from fireline.assess.diagnose import judge as judge_all
from tests.assess.refusals import ago, away, facts, files, locks, roles, session, snap, the, waiting

ROOT = session(7, state="idle in transaction", xact_start=ago(400), xid="777", query="UPDATE t SET n = 1")
PILED = [waiting(number) for number in range(100, 180)]
FULL = roles(Role("web", sessions=85), slots=100, taken=97)


def test_the_one_at_the_root_is_ended_and_not_those_that_wait() -> None:
    found = the(judge(snap("remaining connection slots are reserved", roles=FULL, locks=locks(ROOT, *PILED, behind=7))))
    assert found.severity == "critical"
    assert "80 waiting for a lock" in facts(found)
    assert [line for line in found.remedy.sql if "pg_terminate_backend(pid)" in line and "pid = 7 " in line]
    assert found.hurt == 80


def test_its_lock_is_not_named_a_second_time() -> None:
    labels = [one.cause for one in judge_all(snap(roles=FULL, locks=locks(ROOT, *PILED, behind=7)))]
    assert labels == ["lock_pileup_exhausts_slots"]


def test_while_there_are_slots_it_is_a_matter_of_the_lock_alone() -> None:
    some = roles(Role("web"), taken=40)
    seen = snap(roles=some, locks=locks(ROOT, *PILED[:30], behind=7))
    assert judge(seen) == ()
    assert [one.cause for one in judge_all(seen)] == ["idle_in_tx_row_lock"]


def test_idle_sessions_and_a_root_that_works_are_other_causes() -> None:
    idle = [session(number) for number in range(200, 280)]
    assert judge(snap(roles=FULL, locks=locks(ROOT, *PILED[:10], *idle, behind=7))) == ()
    works = session(7, state="active", xact_start=ago(400), xid="777")
    assert judge(snap(roles=FULL, locks=locks(works, *PILED, behind=7))) == ()


def test_the_processes_titles_tell_it_when_there_is_no_slot_for_us() -> None:
    titles = [
        *(["web shop [local] UPDATE waiting"] * 30),
        "web shop [local] idle in transaction",
        "web shop [local] idle",
    ]
    found = the(
        judge(away("slots", "sorry, too many clients already", server_files=files(alive=True, children=titles)))
    )
    assert "30 waiting for a lock" in facts(found)
    assert "pg_use_reserved_connections" in found.remedy.text

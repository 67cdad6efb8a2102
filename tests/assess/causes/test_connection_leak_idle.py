"""Idle connections that take all slots."""

from __future__ import annotations

from fireline.assess.causes.connection_leak_idle import judge
from fireline.assess.checks.roles import Role
from tests.assess.refusals import ago, away, facts, files, locks, roles, session, snap, the, waiting

LEAKED = [session(number) for number in range(100, 190)]
FULL = roles(Role("web", sessions=90), slots=100, taken=97)


def test_slots_taken_by_idle_sessions_of_one_role_are_named_whatever_the_complaint() -> None:
    for symptom in ("", "FATAL:  sorry, too many clients already"):
        found = the(judge(snap(symptom, roles=FULL, locks=locks(*LEAKED))))
        assert found.objects == ("role web",)
        assert "90 are idle sessions of web (rails)" in facts(found)
        assert found.remedy.sql[0].startswith(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'web' AND state = 'idle'"
        )
        assert found.probe.expect == "taken < 52"


def test_an_idle_pool_on_a_server_with_room_is_silent() -> None:
    pool = [session(number) for number in range(100, 150)]
    assert judge(snap(roles=roles(Role("web", sessions=50), taken=50), locks=locks(*pool))) == ()
    assert judge(snap("too many clients", roles=roles(Role("web", sessions=50), taken=50), locks=locks(*pool))) == ()


def test_nearly_full_for_a_moment_is_silent_until_somebody_complains() -> None:
    fresh = [session(number, state_change=ago(3)) for number in range(100, 190)]
    nearly = roles(Role("web"), taken=90)
    assert judge(snap(roles=nearly, locks=locks(*fresh))) == ()
    assert the(judge(snap("no more connections", roles=nearly, locks=locks(*fresh)))).severity == "critical"


def test_when_most_wait_for_a_lock_or_work_it_is_another_cause() -> None:
    piled = [waiting(number) for number in range(100, 160)]
    assert judge(snap(roles=FULL, locks=locks(*piled, *LEAKED[:30]))) == ()
    busy = [session(number, state="active") for number in range(100, 190)]
    assert judge(snap(roles=FULL, locks=locks(*busy))) == ()


def test_the_processes_titles_tell_it_when_there_is_no_slot_for_us() -> None:
    titles = [
        *(["web shop [local] idle"] * 30),
        "web shop 10.0.0.5(4711) UPDATE",
        "checkpointer",
        "autovacuum launcher",
    ]
    seen = files(alive=True, children=titles)
    found = the(judge(away("slots", "sorry, too many clients already", server_files=seen)))
    assert "30 are idle sessions of web" in facts(found)
    assert "pg_use_reserved_connections" in found.remedy.text
    assert judge(away("slots", "sorry, too many clients already", server_files=files())) == ()

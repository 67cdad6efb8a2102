"""A role at its own limit."""

from __future__ import annotations

from fireline.assess.causes.role_connection_limit import judge
from fireline.assess.checks.roles import Role
from tests.assess.refusals import away, facts, locks, log, roles, said, session, snap, the

FULL = Role("web", limit=2, sessions=2)
REFUSAL = 'too many connections for role "web"'


def test_a_role_at_its_limit_is_named_with_the_numbers_and_the_way_back() -> None:
    found = the(judge(snap(f"FATAL: {REFUSAL}", roles=roles(FULL), locks=locks(session(1), session(2)))))
    assert found.severity == "critical"
    assert "web may have 2 sessions and has 2" in facts(found)
    assert found.remedy.sql == ("ALTER ROLE web CONNECTION LIMIT 12",)
    assert found.remedy.undo == ("ALTER ROLE web CONNECTION LIMIT 2",)
    assert {"connection_leak_idle", "database_connection_limit", "lock_pileup_exhausts_slots"} == {
        one.cause for one in found.rejected
    }


def test_without_a_complaint_it_is_a_risk_and_with_a_refusal_in_the_log_it_stops_users() -> None:
    assert the(judge(snap(roles=roles(FULL)))).severity == "medium"
    assert the(judge(snap(roles=roles(FULL), log=log(said("FATAL", REFUSAL))))).severity == "critical"


def test_a_name_that_needs_quotes_is_quoted() -> None:
    odd = Role('Web "1"', limit=1, sessions=1)
    assert the(judge(snap(roles=roles(odd)))).remedy.sql == ('ALTER ROLE "Web ""1""" CONNECTION LIMIT 11',)


def test_a_name_with_a_blank_in_it_is_found_in_the_message() -> None:
    odd = Role("web app", limit=0, sessions=0)
    assert the(judge(snap('FATAL:  too many connections for role "web app"', roles=roles(odd)))).objects == (
        "role web app",
    )


def test_room_left_no_limit_a_superuser_and_a_role_shut_on_purpose_are_silent() -> None:
    healthy = (
        Role("web", limit=10, sessions=3),
        Role("api", limit=-1, sessions=60),
        Role("admin", superuser=True, limit=1, sessions=1),
        Role("old", limit=0, sessions=0),
        Role("group", login=False, limit=0),
    )
    assert judge(snap("the app can not connect: too many connections", roles=roles(*healthy))) == ()


def test_a_role_whose_limit_is_0_is_named_when_it_wants_in() -> None:
    shut = Role("web", limit=0, sessions=0)
    assert the(judge(snap(REFUSAL, roles=roles(shut)))).objects == ("role web",)


def test_what_the_server_tells_the_refused_role_itself_is_enough() -> None:
    found = the(judge(away("role_limit", REFUSAL)))
    assert found.remedy.sql == ("ALTER ROLE web CONNECTION LIMIT -1",)
    assert "would have let us look" in found.remedy.text
    assert judge(away("database_limit", 'too many connections for database "shop"')) == ()

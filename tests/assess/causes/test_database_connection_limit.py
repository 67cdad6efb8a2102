"""A database at its own limit."""

from __future__ import annotations

from typing import Any

from fireline.assess.causes.database_connection_limit import judge
from tests.assess.refusals import away, database, databases, facts, locks, log, said, session, snap, the

REFUSAL = 'too many connections for database "shop"'
SESSIONS = [session(number) for number in range(1, 5)]


def test_a_database_at_its_limit_is_named_with_the_numbers_and_the_way_back() -> None:
    found = the(judge(snap(REFUSAL, databases=databases(database(limit=4)), locks=locks(*SESSIONS))))
    assert found.severity == "critical"
    assert "shop may have 4 sessions" in facts(found)
    assert found.remedy.sql == ("ALTER DATABASE shop CONNECTION LIMIT 14",)
    assert found.remedy.undo == ("ALTER DATABASE shop CONNECTION LIMIT 4",)


def test_room_left_and_sessions_of_other_databases_are_silent() -> None:
    elsewhere = [session(number, database="other") for number in range(1, 9)]
    assert judge(snap(REFUSAL, databases=databases(database(limit=4)), locks=locks(*elsewhere))) == ()
    assert judge(snap(databases=databases(database(limit=50)), locks=locks(*SESSIONS))) == ()
    assert judge(snap(databases=databases(database(limit=0), database("kept", limit=-2)), locks=locks())) == ()


def test_without_a_complaint_it_is_a_risk_and_a_refusal_in_the_log_makes_it_critical() -> None:
    seen: dict[str, Any] = {"databases": databases(database(limit=4)), "locks": locks(*SESSIONS)}
    assert the(judge(snap(**seen))).severity == "medium"
    assert the(judge(snap(**seen, log=log(said("FATAL", REFUSAL))))).severity == "critical"


def test_what_the_server_tells_is_enough_when_nobody_gets_in() -> None:
    assert the(judge(away("database_limit", REFUSAL))).objects == ("database shop",)
    assert judge(away("role_limit", 'too many connections for role "web"')) == ()

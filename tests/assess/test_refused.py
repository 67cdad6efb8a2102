"""Who was refused with which words."""

from __future__ import annotations

from fireline.assess.refused import door, evidence_of, heard, named, sessions
from tests.assess.refusals import away, locks, log, said, session, snap

WORDS = r"too many connections for role \W?(\w+)"


def test_the_door_the_complaint_and_the_log_are_heard_with_the_names_in_them() -> None:
    told = log(
        said("FATAL", 'too many connections for role "api"'), said("LOG", 'too many connections for role "none"')
    )
    found = heard(
        away("role_limit", 'too many connections for role "web"', 'too many connections for role "web"', log=told),
        WORDS,
    )
    assert [(one.source, one.parts) for one in found] == [
        ("server's refusal", ("web",)),
        ("complaint", ("web",)),
        ("server log", ("api",)),
    ]
    assert named(found) == ("web", "api")
    assert [one.source for one in evidence_of(found, "api")] == ["server log"]
    assert len(evidence_of(found)) == 3


def test_nobody_looked_is_an_open_door() -> None:
    assert door(snap()).category == "open"
    assert heard(snap("the page is slow"), WORDS) == ()


def test_sessions_are_those_of_clients() -> None:
    worker = session(2, kind="autovacuum worker")
    assert [one.pid for one in sessions(snap(locks=locks(session(1), worker)))] == [1]
    assert sessions(snap()) == ()

"""A severity that Fireline proposes: higher only, once, and gone as soon as a person has decided."""

from __future__ import annotations

from fireline.incident import facts, proposal, timeline, transitions, view
from fireline.incident.people import Actor
from fireline.incident.scheme import Scheme
from fireline.store.connect import Connection
from tests.incident.conftest import Open


def proposed(conn: Connection, incident: int, severity: str, rank: int) -> bool:
    return proposal.propose(conn, incident, severity=severity, rank=rank, reason="data is being lost")


def events(conn: Connection, incident: int) -> int:
    return sum(event["kind"] == "severity_proposed" for event in timeline.read(conn, incident))


def test_a_higher_severity_is_proposed_once_and_shown(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    assert proposed(conn, incident, "P0", 0)
    assert not proposed(conn, incident, "P0", 0)
    assert events(conn, incident) == 1
    shown = view.incident_view(conn, incident)
    assert shown["proposal"] == {"severity": "P0", "rank": 0, "reason": "data is being lost"}
    assert shown["timeline"][-1]["text"] == "Fireline proposes P0: data is being lost"


def test_the_same_or_a_lower_one_is_not_proposed(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    assert not proposed(conn, incident, "P1", 1)
    assert not proposed(conn, incident, "P3", 3)
    assert view.incident_view(conn, incident)["proposal"] is None


def test_what_a_person_says_ends_the_proposal(conn: Connection, open_one: Open, anna: Actor, scheme: Scheme) -> None:
    incident = open_one(conn)
    proposed(conn, incident, "P0", 0)
    facts.severity(conn, anna, incident=str(incident), severity="P2", reason="only the test shop", scheme=scheme)
    assert view.incident_view(conn, incident)["proposal"] is None
    assert proposed(conn, incident, "P0", 0), "what is seen afterwards may be proposed anew"


def test_an_incident_that_is_over_has_none(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    transitions.dismiss(conn, anna, incident=str(incident), reason="a test")
    assert not proposed(conn, incident, "P0", 0)

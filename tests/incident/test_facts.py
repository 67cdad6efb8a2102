from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.errors import Refused, Usage
from fireline.incident import clocks, facts, timeline, transitions
from fireline.incident.people import FIRELINE, Actor
from fireline.incident.row import get
from fireline.incident.scheme import Scheme, Severity
from fireline.store.connect import Connection
from tests.incident.conftest import Open

HOUR = timedelta(hours=1)


def last(conn: Connection, incident: int) -> dict[str, Any]:
    return timeline.read(conn, incident)[-1]


def raised(conn: Connection, incident: int, scheme: Scheme, to: str, start: datetime | None = None) -> bool:
    wanted = scheme.find(to)
    return facts.raise_severity(
        conn,
        incident,
        severity=wanted.id,
        severity_rank=wanted.rank,
        reason="foreign keys are violated",
        actor=FIRELINE,
        response=scheme.response(wanted, start or get(conn, incident)["detected_at"]),
    )


def test_a_note_loses_its_secrets_and_needs_words(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    facts.note(conn, anna, incident=str(incident), text="psql postgresql://app:hunter22@db/app works\x1b[2J")
    assert last(conn, incident)["payload"]["text"] == "psql postgresql://app:«redacted»@db/app works[2J"
    with pytest.raises(Usage, match="the note is empty"):
        facts.note(conn, anna, incident=str(incident), text="\n")
    with pytest.raises(Usage, match="more than 10000"):
        facts.note(conn, anna, incident=str(incident), text="x" * 10_001)


def test_a_severity_set_by_a_person_counts_the_clock_anew_from_its_beginning(
    conn: Connection, open_one: Open, anna: Actor, scheme: Scheme
) -> None:
    at = clock.now() - timedelta(minutes=2)
    incident = open_one(conn, severity="P2", at=at)
    said = facts.severity(conn, anna, incident=str(incident), severity="p0", reason="all logins fail", scheme=scheme)
    assert said["text"] == f"INC-{incident} is P0 (Critical) now, before P2."
    row = get(conn, incident)
    assert (row["severity"], row["severity_rank"], row["severity_by"]) == ("P0", 0, "anna")
    (response,) = clocks.of(conn, incident)
    assert (response["phrase"], response["started_at"]) == ("Immediate", at)
    assert response["due_at"] == at + timedelta(minutes=5)
    assert last(conn, incident)["payload"] == {"from": "P2", "to": "P0", "reason": "all logins fail"}
    assert facts.severity(conn, anna, incident=str(incident), severity="P0", scheme=scheme)["changed"] is False


def test_a_severity_raised_past_its_own_deadline_is_breached_at_once(
    conn: Connection, open_one: Open, anna: Actor, scheme: Scheme
) -> None:
    incident = open_one(conn, severity="P2", at=clock.now() - HOUR)
    facts.severity(conn, anna, incident=str(incident), severity="P0", scheme=scheme)
    assert [found["event"] for found in clocks.check_clocks(conn, clock.now())] == ["clock_breached"]


def test_a_severity_without_a_response_time_takes_the_clock_away_and_one_with_it_brings_it_back(
    conn: Connection, open_one: Open, anna: Actor
) -> None:
    scheme = Scheme(severities=(*Scheme().severities, Severity("P4", "Wish", 4)))
    incident = open_one(conn, severity="P3")
    facts.severity(conn, anna, incident=str(incident), severity="P4", scheme=scheme)
    assert clocks.of(conn, incident) == []
    facts.severity(conn, anna, incident=str(incident), severity="Medium", scheme=scheme)
    assert [found["phrase"] for found in clocks.of(conn, incident)] == ["Within 4 hours"]


def test_who_has_responded_is_not_late_because_the_severity_changes(
    conn: Connection, open_one: Open, anna: Actor, scheme: Scheme
) -> None:
    incident = open_one(conn, severity="P2", at=clock.now() - HOUR)
    transitions.ack(conn, anna, incident=str(incident))
    facts.severity(conn, anna, incident=str(incident), severity="P0", scheme=scheme)
    (response,) = clocks.of(conn, incident)
    assert (response["phrase"], clocks.state(response, clock.now())) == ("Within 4 hours", "met")


def test_the_post_mortem_clock_follows_a_severity_changed_afterwards(
    conn: Connection, open_one: Open, anna: Actor, scheme: Scheme
) -> None:
    incident = open_one(conn, severity="P2")
    transitions.resolve(conn, anna, incident=str(incident), scheme=scheme)
    facts.severity(conn, anna, incident=str(incident), severity="P1", scheme=scheme)
    review = clocks.of(conn, incident)[-1]
    assert (review["kind"], review["started_at"]) == ("postmortem", get(conn, incident)["resolved_at"])
    facts.severity(conn, anna, incident=str(incident), severity="P3", scheme=scheme)
    assert [found["kind"] for found in clocks.of(conn, incident)] == ["response"]


@pytest.mark.parametrize("status", ["reviewed", "dismissed"])
def test_what_is_done_with_keeps_its_severity(
    conn: Connection, open_one: Open, anna: Actor, scheme: Scheme, status: str
) -> None:
    incident = open_one(conn)
    conn.execute("UPDATE incident SET status = %s", [status])
    with pytest.raises(Refused, match=f"is {status}"):
        facts.severity(conn, anna, incident=str(incident), severity="P0", scheme=scheme)


def test_a_severity_nobody_knows_lists_those_there_are(
    conn: Connection, open_one: Open, anna: Actor, scheme: Scheme
) -> None:
    with pytest.raises(Usage) as refused:
        facts.severity(conn, anna, incident=str(open_one(conn)), severity="Sev1", scheme=scheme)
    assert refused.value.hint == "There are P0 (Critical), P1 (High), P2 (Medium), P3 (Low)."


def test_what_is_learned_raises_the_severity_and_never_lowers_it(
    conn: Connection, open_one: Open, scheme: Scheme
) -> None:
    incident = open_one(conn, severity="P2")
    assert raised(conn, incident, scheme, "P0")
    assert not raised(conn, incident, scheme, "P0")
    assert not raised(conn, incident, scheme, "P3")
    row = get(conn, incident)
    assert (row["severity"], row["severity_reason"], row["severity_by"]) == ("P0", "foreign keys are violated", None)
    assert [found["phrase"] for found in clocks.of(conn, incident)] == ["Immediate"]


def test_what_a_person_said_is_not_overruled(conn: Connection, open_one: Open, anna: Actor, scheme: Scheme) -> None:
    incident = open_one(conn, severity="P1")
    facts.severity(conn, anna, incident=str(incident), severity="P3", reason="only staging", scheme=scheme)
    assert not raised(conn, incident, scheme, "P0")
    declared = transitions.declare(conn, anna, title="Odd colours", severity="P3", scheme=scheme)
    assert not raised(conn, declared["number"], scheme, "P0")
    assert get(conn, declared["number"])["severity"] == "P3"


def test_the_impact_is_a_text_a_number_or_both(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    facts.impact(conn, anna, incident=str(incident), text="Nobody can save")
    facts.impact(conn, anna, incident=str(incident), users=0)
    row = get(conn, incident)
    assert (row["impact"], row["users_affected"]) == ("Nobody can save", 0)
    assert facts.impact(conn, anna, incident=str(incident), users=0)["changed"] is False
    facts.impact(conn, anna, incident=str(incident), users=400)
    assert last(conn, incident)["payload"] == {"text": "", "users": 400}


@pytest.mark.parametrize(("text", "users"), [("", None), (" ", None), ("", -1), ("", 2**31), ("x" * 2001, None)])
def test_an_impact_that_is_none_is_refused(
    conn: Connection, open_one: Open, anna: Actor, text: str, users: int | None
) -> None:
    with pytest.raises(Usage):
        facts.impact(conn, anna, incident=str(open_one(conn)), text=text, users=users)


def test_a_role_is_given_and_given_on(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    facts.role(conn, anna, incident=str(incident), role=" Scribe ", person="ben")
    assert facts.role(conn, anna, incident=str(incident), role="scribe", person="ben")["changed"] is False
    said = facts.role(conn, anna, incident=str(incident), role="scribe", person="Carla of support")
    assert said["text"] == f"Carla of support is scribe of INC-{incident} now."
    held = conn.execute("SELECT role, person FROM incident_role").fetchall()
    assert [(row["role"], row["person"]) for row in held] == [("scribe", "Carla of support")]


def test_the_role_of_commander_is_the_command(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    facts.role(conn, anna, incident=str(incident), role="Commander", person="ben")
    assert get(conn, incident)["commander"] == "ben"
    assert last(conn, incident)["kind"] == "commander"
    assert facts.role(conn, anna, incident=str(incident), role="commander", person="ben")["changed"] is False


@pytest.mark.parametrize(("role", "person"), [("", "ben"), ("scribe", " "), ("x" * 61, "ben"), ("scribe", "x" * 101)])
def test_a_role_needs_a_name_and_a_person(
    conn: Connection, open_one: Open, anna: Actor, role: str, person: str
) -> None:
    with pytest.raises(Usage):
        facts.role(conn, anna, incident=str(open_one(conn)), role=role, person=person)

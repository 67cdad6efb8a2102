from __future__ import annotations

from typing import Any

import pytest

from fireline import clock
from fireline.errors import Denied, FirelineError, NotFound, Refused, Usage
from fireline.incident import findings, timeline, transitions
from fireline.incident.people import FIRELINE, Actor
from fireline.incident.row import ACTIVE, ENDED, get, name
from fireline.incident.scheme import Scheme
from fireline.store.connect import Connection
from tests.incident.conftest import Open
from tests.incident.life import every_operation, kinds, last, red_finding, resolved


def test_work_moves_the_status_forward_and_never_back(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    assert transitions.advance_status(conn, incident, "containing", FIRELINE)
    assert not transitions.advance_status(conn, incident, "assessing", FIRELINE)
    assert not transitions.advance_status(conn, incident, "containing", FIRELINE)
    assert transitions.advance_status(conn, incident, "resolving", FIRELINE)
    assert get(conn, incident)["status"] == "resolving"
    assert kinds(conn, incident) == ["opened", "status", "status"]
    assert last(conn, incident)["payload"] == {"from": "containing", "to": "resolving", "reason": ""}


def test_work_that_ends_late_does_not_move_what_has_ended(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor
) -> None:
    incident = resolved(conn, open_one, scheme, anna)
    assert not transitions.advance_status(conn, incident, "resolving", FIRELINE)


def test_a_person_moves_it_anywhere_but_says_why_when_back(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    called = str(incident)
    assert transitions.status(conn, anna, incident=called, status="Resolving")["status"] == "resolving"
    assert transitions.status(conn, anna, incident=called, status="resolving")["changed"] is False
    with pytest.raises(Refused, match="would go back from resolving to containing") as refused:
        transitions.status(conn, anna, incident=called, status="containing")
    assert refused.value.hint == "Say why with a reason."
    transitions.status(conn, anna, incident=called, status="containing", reason="it came back")
    assert last(conn, incident)["payload"]["reason"] == "it came back"


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        ("resolved", "incident resolve"),
        ("closed", "incident close"),
        ("dismissed", "incident dismiss"),
        ("x", "detected"),
    ],
)
def test_an_end_is_not_set_as_a_status(conn: Connection, open_one: Open, anna: Actor, status: str, hint: str) -> None:
    with pytest.raises(Usage) as refused:
        transitions.status(conn, anna, incident=str(open_one(conn)), status=status)
    assert hint in (refused.value.hint or "")


def test_a_viewer_changes_nothing(conn: Connection, open_one: Open, guest: Actor, scheme: Scheme) -> None:
    incident = open_one(conn)
    operations = every_operation(conn, guest, str(incident), scheme)
    operations["declare"] = lambda: transitions.declare(conn, guest, title="x", scheme=scheme)
    for operation in operations.values():
        with pytest.raises(Denied, match="guest is a viewer, and this needs a responder"):
            operation()
    assert kinds(conn, incident) == ["opened"]


def test_what_is_not_there_can_not_be_changed(conn: Connection, anna: Actor, scheme: Scheme) -> None:
    for operation in every_operation(conn, anna, "INC-404", scheme).values():
        with pytest.raises(NotFound, match="there is no incident INC-404"):
            operation()


def outcome(operation: Any) -> Any:
    try:
        return operation()
    except FirelineError as refused:
        return refused


@pytest.mark.parametrize("status", [*ACTIVE, *ENDED])
def test_whatever_the_status_an_operation_does_its_work_or_refuses_in_one_calm_line(
    conn: Connection, open_one: Open, anna: Actor, scheme: Scheme, status: str
) -> None:
    operations = every_operation(conn, anna, "1", scheme)
    for what in operations:
        incident = open_one(conn)
        stamp = clock.now() if status in ("resolved", "reviewed") else None
        conn.execute("UPDATE incident SET status = %s, resolved_at = %s WHERE id = %s", [status, stamp, incident])
        before = len(timeline.read(conn, incident))
        said = outcome(every_operation(conn, anna, str(incident), scheme)[what])
        grown = len(timeline.read(conn, incident)) > before
        if isinstance(said, FirelineError):
            assert said.message == said.message.strip(".")
            assert (said.hint or "").endswith(".")
            assert not grown, "what is refused leaves nothing behind"
        else:
            assert said["text"].endswith(".")
            assert said["changed"] == grown, what
        assert timeline.broken(conn, incident) is None


def test_the_whole_life_leaves_a_story_that_can_be_verified(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor, ben: Actor
) -> None:
    incident = open_one(conn)
    called = name(incident)
    transitions.advance_status(conn, incident, "assessing", FIRELINE)
    finding = red_finding(conn, incident)
    transitions.take(conn, anna, incident=called)
    transitions.role(conn, anna, incident=called, role="scribe", person="ben")
    transitions.severity(conn, ben, incident=called, severity="P0", reason="logins fail too", scheme=scheme)
    transitions.impact(conn, ben, incident=called, text="Nobody can log in", users=400)
    transitions.note(conn, ben, incident=called, text="Checkout is fine")
    findings.set_probe_state(conn, finding, "green")
    transitions.resolve(conn, anna, incident=called, resolution="Ended the session", scheme=scheme)
    conn.execute(
        "INSERT INTO postmortem (incident_id, markdown, drafted_at, edited_at) VALUES (%s, 'x', %s, %s)",
        [incident, clock.now(), clock.now()],
    )
    transitions.close(conn, ben, incident=called)
    assert kinds(conn, incident) == [
        "opened", "status", "finding", "acknowledged", "commander", "role", "severity", "impact", "note", "probe",
        "resolved", "closed",
    ]  # fmt: skip
    assert transitions.verify(conn, anna, incident=called)["whole"] is True

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.errors import NotFound, Usage
from fireline.incident import findings, timeline, transitions, view
from fireline.incident.people import FIRELINE, Actor
from fireline.incident.scheme import Scheme
from fireline.store.chain import plain
from fireline.store.connect import Connection
from tests.incident.conftest import Open

VERDICT = {
    "cause": "idle_tx",
    "title": "A lock",
    "severity": "critical",
    "confidence": 0.97,
    "probe": {"sql": "SELECT 1", "expect": "rows = 0"},
    "remedy": {"text": "End it"},
}


def add_alerts(conn: Connection, incident: int, count: int, status: str = "firing") -> None:
    now = clock.now()
    conn.execute(
        "INSERT INTO alert (key, key_reason, source, title, status, first_at, last_at, group_key, incident_id)"
        " SELECT %s || n, 'labels', 'alertmanager', 'Slow ' || n, %s, %s, %s, 'g', %s FROM generate_series(1, %s) n",
        [status, status, now, now, incident, count],
    )


def wanted(conn: Connection, incident: int) -> str:
    kind: str = view.incident_view(conn, incident)["wanted"]["kind"]
    return kind


def test_a_new_incident_shows_all_its_own_parts_as_json(conn: Connection, open_one: Open, scheme: Scheme) -> None:
    incident = open_one(conn)
    findings.record(conn, incident, "main", [VERDICT, VERDICT | {"cause": "bloat", "title": "Bloat"}], clock.now(), 812)
    transitions.role(conn, Actor("anna"), incident=str(incident), role="scribe", person="ben")
    add_alerts(conn, incident, 2)
    shown = view.incident_view(conn, f"INC-{incident}", scheme)
    assert (shown["id"], shown["number"], shown["status"]) == (f"INC-{incident}", incident, "detected")
    assert shown["severity"] == {"id": "P1", "name": "High", "rank": 1}
    assert shown["roles"] == {"scribe": "ben"}
    assert [one["state"] for one in shown["clocks"]] == ["running"]
    assert (shown["verdict"]["cause"], shown["verdict"]["ms"], shown["verdict"]["probe_state"]) == (
        "idle_tx",
        812,
        "red",
    )
    assert [one["cause"] for one in shown["findings"]] == ["idle_tx", "bloat"]
    assert (shown["alerts_total"], shown["alerts_firing"], len(shown["alerts"])) == (2, 2, 2)
    assert shown["alerts"][0]["incident"] == f"INC-{incident}"
    assert shown["postmortem"] == {"exists": False, "required": True, "edited": False}
    assert [event["kind"] for event in shown["timeline"]] == ["opened", "finding", "role"]
    assert shown["timeline"][0]["text"].startswith("alertmanager opened the incident as P1")
    assert json.loads(json.dumps(plain(shown)))["number"] == incident


def test_a_severity_the_runbook_no_longer_knows_is_called_by_its_id(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    assert view.incident_view(conn, incident, Scheme(severities=()))["severity"]["name"] == "P1"
    assert view.incident_view(conn, incident)["severity"]["name"] == "P1"


def test_what_is_wanted_follows_the_incident(conn: Connection, open_one: Open, scheme: Scheme, anna: Actor) -> None:
    incident = open_one(conn)
    called = str(incident)
    assert wanted(conn, incident) == "acknowledge"
    (finding,) = findings.record(conn, incident, "main", [VERDICT], clock.now(), 1)
    transitions.ack(conn, anna, incident=called)
    assert wanted(conn, incident) == "nothing"
    findings.set_probe_state(conn, finding, "green")
    assert wanted(conn, incident) == "resolve"
    transitions.resolve(conn, anna, incident=called, scheme=scheme)
    assert wanted(conn, incident) == "postmortem"
    now = clock.now()
    conn.execute(
        "INSERT INTO postmortem (incident_id, markdown, drafted_at, edited_at) VALUES (%s, 'x', %s, %s)",
        [incident, now, now],
    )
    assert wanted(conn, incident) == "close"
    transitions.close(conn, anna, incident=called)
    assert wanted(conn, incident) == "nothing"


def test_the_procedures_that_were_weighed_last_are_shown(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    assert view.incident_view(conn, incident)["matches"] == []
    one: dict[str, Any] = {"procedure": "db/slow", "title": "Slow", "score": 0.7, "words": ["slow"]}
    two: dict[str, Any] = {"procedure": "db/conn", "title": "Connections", "score": 0.2, "words": []}
    timeline.tell(conn, incident, "matched", FIRELINE, **one, alternatives=[two])
    assert view.incident_view(conn, incident)["matches"] == [one, two]
    timeline.tell(conn, incident, "no_match", FIRELINE, best="Slow", score=0.1, candidates=[two])
    assert view.incident_view(conn, incident)["matches"] == [two]
    timeline.tell(conn, incident, "no_match", FIRELINE, best=None, score=0)
    assert view.incident_view(conn, incident)["matches"] == []


def test_the_list_is_newest_first_and_of_the_status_asked_for(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor
) -> None:
    first, second, third = (open_one(conn) for _ in range(3))
    transitions.resolve(conn, anna, incident=str(second), scheme=scheme)

    def listed(status: str = "open", limit: int = 50) -> list[int]:
        return [one["number"] for one in view.list_incidents(conn, anna, status=status, limit=limit, scheme=scheme)]

    assert listed() == [third, first]
    assert listed("ALL") == [third, second, first]
    assert listed("resolved") == [second]
    assert listed("all", 1) == listed("all", 0) == [third]
    with pytest.raises(Usage) as refused:
        listed("broken")
    assert "dismissed" in (refused.value.hint or "")


def test_the_timeline_goes_on_after_an_event(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    for text in ("one", "two"):
        transitions.note(conn, anna, incident=str(incident), text=text)
    events = view.timeline(conn, anna, incident=str(incident), after=2)
    assert [(event["seq"], event["text"]) for event in events] == [(3, "anna noted: two")]
    assert set(events[0]) == {"seq", "at", "kind", "actor", "payload", "text"}


def test_what_is_not_there_is_not_shown(conn: Connection, anna: Actor) -> None:
    for work in (view.timeline, view.verify):
        with pytest.raises(NotFound):
            work(conn, anna, incident="INC-404")
    with pytest.raises(NotFound):
        view.incident_view(conn, 404)


def test_ten_thousand_alerts_and_a_long_story_are_shown_in_part(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    add_alerts(conn, incident, 10_000, "resolved")
    add_alerts(conn, incident, 3)
    for number in range(view.EVENTS + 20):
        timeline.tell(conn, incident, "note", anna, text=str(number))
    shown = view.incident_view(conn, incident)
    assert (shown["alerts_total"], shown["alerts_firing"], len(shown["alerts"])) == (10_003, 3, view.ALERTS)
    assert [one["status"] for one in shown["alerts"][:4]] == ["firing"] * 3 + ["resolved"]
    assert len(shown["timeline"]) == view.EVENTS
    assert shown["timeline_from"] == shown["timeline"][0]["seq"] == 22
    assert shown["timeline"][-1]["payload"] == {"text": str(view.EVENTS + 19)}


def test_a_clock_found_late_is_shown_late_before_anybody_noticed(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    with clock.moved(timedelta(minutes=50)):
        assert view.incident_view(conn, incident)["clocks"][0]["state"] == "at_risk"
    with clock.moved(timedelta(hours=2)):
        assert view.incident_view(conn, incident)["clocks"][0]["state"] == "breached"

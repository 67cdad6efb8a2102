from __future__ import annotations

import re
from datetime import timedelta

import pytest

from fireline import clock
from fireline.errors import Usage
from fireline.incident import clocks, timeline, transitions
from fireline.incident.people import Actor
from fireline.incident.row import get
from fireline.incident.scheme import Scheme
from fireline.store.connect import Connection
from tests.incident.conftest import Open
from tests.incident.life import HOUR, jobs, kinds, last


def test_opening_leaves_an_incident_a_clock_an_event_and_wakes_who_must_act(conn: Connection, open_one: Open) -> None:
    at = clock.now() - timedelta(minutes=3)
    incident = open_one(conn, at=at)
    row = get(conn, incident)
    assert (row["status"], row["severity"], row["severity_rank"], row["detected_at"]) == ("detected", "P1", 1, at)
    assert row["declared_by"] == "alertmanager"
    (running,) = clocks.of(conn, incident)
    assert (running["kind"], running["phrase"], running["due_at"]) == ("response", "Within 1 hour", at + HOUR)
    assert last(conn, incident)["payload"] == {
        "severity": "P1",
        "title": "Every query on assignments hangs",
        "target": "main",
        "reason": "said the alert",
    }
    key = str(incident)
    assert jobs(conn) == {("tell", key), ("assess", key), ("respond", key), ("surroundings", key), ("clocks", "all")}


def test_without_a_target_nothing_is_assessed_and_without_a_response_time_no_clock_runs(
    conn: Connection, open_one: Open
) -> None:
    incident = open_one(conn, target=None, response=None)
    assert jobs(conn) == {(topic, str(incident)) for topic in ("tell", "respond", "surroundings")}
    assert clocks.of(conn, incident) == []


def test_a_senders_clock_that_runs_ahead_does_not_detect_in_the_future(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn, at=clock.now() + timedelta(days=1))
    assert get(conn, incident)["detected_at"] <= clock.now()


def test_a_hostile_alert_is_stored_as_harmless_text(conn: Connection, open_one: Open) -> None:
    incident = open_one(
        conn,
        title="boom\x1b[2J\n\u202etxt.exe\ud800" + "x" * 1000,
        symptom="postgresql://app:hunter22@db/app\x00" + "y" * 20_000,
        severity_reason="a\nb",
    )
    row = get(conn, incident)
    assert row["title"].startswith("boom[2J txt.exe")
    assert len(row["title"]) == 200
    assert "hunter22" not in row["symptom"]
    assert len(row["symptom"]) == 10_000
    assert row["severity_reason"] == "a b"
    assert timeline.broken(conn, incident) is None


def test_an_open_incident_is_found_by_its_key_and_an_ended_one_is_not(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor
) -> None:
    assert transitions.open_with_key(conn, "k") is None
    first = open_one(conn, group_key="k")
    second = open_one(conn, group_key="k")
    found = transitions.open_with_key(conn, "k")
    assert found is not None
    assert found["id"] == second
    transitions.resolve(conn, anna, incident=str(second), scheme=scheme)
    transitions.dismiss(conn, anna, incident=str(first), reason="a test")
    assert transitions.open_with_key(conn, "k") is None


def test_an_alert_joins_once(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    now = clock.now()
    row = conn.execute(
        "INSERT INTO alert (key, key_reason, source, title, status, first_at, last_at, group_key)"
        " VALUES ('k', 'labels', 'alertmanager', 'Slow', 'firing', %s, %s, 'g') RETURNING id",
        [now, now],
    ).fetchone()
    assert row is not None
    source = Actor("alertmanager", kind="source")
    alert = {"alert": row["id"], "source": "alertmanager", "title": "Slow", "key": "k", "reason": "labels"}
    assert transitions.join(conn, incident, source, **alert) is True
    assert transitions.join(conn, incident, source, **alert) is False
    assert kinds(conn, incident) == ["opened", "alert"]
    assert last(conn, incident)["payload"]["alert_id"] == row["id"]


def test_a_person_declares_with_a_severity_of_theirs(conn: Connection, anna: Actor, scheme: Scheme) -> None:
    said = transitions.declare(conn, anna, title=" Logins fail ", severity="critical", target="billing", scheme=scheme)
    row = get(conn, said["number"])
    assert said["id"] == said["incident"] == f"INC-{row['id']}"
    assert (row["title"], row["severity"], row["severity_by"], row["target"]) == (
        "Logins fail",
        "P0",
        "anna",
        "billing",
    )
    assert said["text"] == f"INC-{row['id']} opened as P0 (Critical): Logins fail"


def test_a_declaration_without_a_severity_is_judged_by_the_runbook_or_taken_as_high(
    conn: Connection, anna: Actor
) -> None:
    judging = Scheme(suggest=lambda text: ("P0", "“down” is a criterion of P0") if "down" in text else None)
    judged = transitions.declare(conn, anna, title="Everything is down", scheme=judging)
    assert (judged["severity"], judged["severity_reason"]) == ("P0", "“down” is a criterion of P0")
    unclear = transitions.declare(conn, anna, title="Odd", scheme=judging)
    assert (unclear["severity"], unclear["severity_reason"]) == ("P1", "assumed until somebody judges it")
    assert get(conn, judged["number"])["severity_by"] is None


def test_the_only_target_is_meant_when_none_is_named(conn: Connection, anna: Actor) -> None:
    one = transitions.declare(conn, anna, title="Slow", scheme=Scheme(targets=("main",)))
    two = transitions.declare(conn, anna, title="Slow", scheme=Scheme(targets=("main", "billing")))
    assert get(conn, one["number"])["target"] == "main"
    assert get(conn, two["number"])["target"] is None


@pytest.mark.parametrize(
    ("said", "fault", "hint"),
    [
        ({"title": "  "}, "the title is empty", "few words"),
        ({"title": "x" * 201}, "more than 200", "Shorten"),
        ({"title": "x", "severity": "P9"}, "there is no severity 'P9'", r"P0 \(Critical\)"),
        ({"title": "x", "target": "mian"}, "there is no target 'mian'", "Did you mean main"),
        ({"title": "x", "target": "'; DROP"}, "there is no target", "main, billing"),
    ],
)
def test_a_declaration_that_is_not_understood_opens_nothing(
    conn: Connection, anna: Actor, scheme: Scheme, said: dict[str, str], fault: str, hint: str
) -> None:
    with pytest.raises(Usage, match=fault) as refused:
        transitions.declare(conn, anna, scheme=scheme, **said)
    assert re.search(hint, refused.value.hint or "")
    assert transitions.list_incidents(conn, anna, status="all") == []

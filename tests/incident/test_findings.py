from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.errors import NotFound
from fireline.incident import findings, timeline
from fireline.incident.row import get
from fireline.store.connect import Connection
from tests.incident.conftest import Open


def verdict(cause: str = "idle_tx", **more: Any) -> dict[str, Any]:
    return {
        "cause": cause,
        "title": f"It is {cause}",
        "severity": "critical",
        "confidence": 0.97,
        "objects": ["assignments"],
        "evidence": [{"source": "pg_stat_activity", "fact": "pid 4821 idle in transaction 7 min"}],
        "probe": {"sql": "SELECT 1", "expect": "rows = 0"},
        **more,
    }


def kinds(conn: Connection, incident: int) -> list[str]:
    return [event["kind"] for event in timeline.read(conn, incident)]


def test_the_first_verdict_is_the_root_and_the_story_names_it_once(conn: Connection, open_one: Open) -> None:
    incident, now = open_one(conn), clock.now()
    ids = findings.record(conn, incident, "main", [verdict(), verdict("bloat")], now, 812)
    newest = findings.newest(conn, incident)
    assert newest is not None
    assert (newest["id"], newest["cause"], newest["rank"], newest["ms"]) == (ids[0], "idle_tx", 0, 812)
    assert newest["probe_state"] == "red"
    assert timeline.read(conn, incident)[-1]["payload"] == {
        "cause": "idle_tx",
        "title": "It is idle_tx",
        "severity": "critical",
        "confidence": 0.97,
        "target": "main",
        "ms": 812,
        "also": ["It is bloat"],
    }
    findings.record(conn, incident, "main", [verdict()], now + timedelta(minutes=1), 700)
    assert kinds(conn, incident) == ["opened", "finding"], "the same root again is no news"
    findings.record(conn, incident, "main", [verdict("lock")], now + timedelta(minutes=2), 700)
    assert kinds(conn, incident) == ["opened", "finding", "finding"]
    assert get(conn, incident)["assessed_at"] == now + timedelta(minutes=2)


def test_a_look_that_finds_nothing_is_told_with_what_could_not_be_seen(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    assert findings.record(conn, incident, "main", [], clock.now(), 90, unknown=["replication"]) == []
    assert timeline.read(conn, incident)[-1]["payload"] == {"target": "main", "unknown": ["replication"]}
    assert get(conn, incident)["assessed_at"] is not None
    assert findings.newest(conn, incident) is None


def test_a_look_without_an_incident_is_kept_without_a_story(conn: Connection) -> None:
    (kept,) = findings.record(conn, None, "main", [verdict()], clock.now(), 90)
    assert findings.set_probe_state(conn, kept, "green") is True


def test_a_verdict_keeps_no_secret(conn: Connection, open_one: Open) -> None:
    fact = {"source": "log", "fact": "postgresql://app:hunter22@db"}
    findings.record(conn, open_one(conn), "main", [verdict(evidence=[fact])], clock.now(), 1)
    row = conn.execute("SELECT verdict::text AS said FROM finding").fetchone()
    assert row is not None
    assert "hunter22" not in row["said"]


def test_a_probe_is_told_of_when_it_changes(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    (kept,) = findings.record(conn, incident, "main", [verdict()], clock.now(), 1)
    later = clock.now() + timedelta(minutes=1)
    answers = [findings.set_probe_state(conn, kept, state, now=later) for state in ("red", "green", "green", "unknown")]
    assert answers == [False, True, False, True]
    assert kinds(conn, incident) == ["opened", "finding", "probe", "probe"]
    newest = findings.newest(conn, incident)
    assert newest is not None
    assert (newest["probe_state"], newest["probed_at"]) == ("unknown", later)
    assert timeline.read(conn, incident)[-1]["payload"] == {"state": "unknown", "cause": "idle_tx", "target": "main"}


def test_a_cause_without_a_probe_is_unknown_since_nobody_can_ask_again(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    findings.record(conn, incident, "main", [verdict(probe=None)], clock.now(), 1)
    newest = findings.newest(conn, incident)
    assert newest is not None
    assert newest["probe_state"] == "unknown"


def test_a_finding_that_is_not_there_has_no_probe(conn: Connection) -> None:
    with pytest.raises(NotFound, match="no finding 404"):
        findings.set_probe_state(conn, 404, "green")

"""One night on record, as the drafting of a post-mortem is given it."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

T0 = datetime(2026, 11, 23, 3, 12, 40, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return T0 + timedelta(seconds=seconds)


def event(seconds: int, kind: str, actor: str = "fireline", **payload: Any) -> dict[str, Any]:
    return {"seq": seconds + 1, "at": at(seconds), "kind": kind, "actor": actor, "payload": payload}


STEP2: dict[str, Any] = {"run": 3, "position": 2, "title": "Check slow queries"}
STEP4: dict[str, Any] = {"run": 4, "position": 1, "title": "End the session"}

FACTS: dict[str, Any] = {
    "id": "INC-42",
    "title": "Every query on assignments hangs",
    "severity": {"id": "P1", "name": "High", "rank": 1},
    "severity_reason": "label severity=critical",
    "status": "resolved",
    "target": "main",
    "commander": "anna",
    "roles": {"scribe": "ben"},
    "symptom": "canceling statement due to lock timeout",
    "impact": "Nobody could save an assignment",
    "users_affected": 412,
    "detected_at": T0,
    "acknowledged_at": at(75),
    "acknowledged_by": "anna",
    "resolved_at": at(768),
    "resolution": "Ended the idle session",
    "resolved_red": False,
    "clocks": [
        {"kind": "response", "phrase": "Within 1 hour", "state": "met", "started_at": T0, "due_at": at(3600),
         "stopped_at": at(75)},
        {"kind": "postmortem", "phrase": "within 48 hours", "state": "running", "started_at": at(768),
         "due_at": at(768 + 172_800), "stopped_at": None},
    ],
    "verdict": {
        "cause": "ddl_queue_behind_idle_tx", "title": "A migration waits behind an idle transaction", "confidence": 0.97,
        "taken_at": at(2), "probe_state": "green", "rank": 0,
        "evidence": [{"source": "pg_stat_activity", "fact": "pid 4821 idle in transaction 7 min"}],
        "rejected": [{"cause": "row_lock", "because": "no waiter waits for a transaction id"}],
        "remedy": {"text": "End the idle session"},
    },
    "findings": [],
    "alerts": [{"title": "HighQueryLatency"}],
    "alerts_total": 1,
    "places": [
        {"run": 3, "position": 2, "file": "runbooks/incident-response.md", "line": 104},
        {"run": 4, "position": 1, "file": "", "line": None},
    ],
    "events": [
        event(0, "alert", "alertmanager", source="alertmanager", title="HighQueryLatency"),
        event(0, "opened", "alertmanager", severity="P1", title="Every query on assignments hangs", target="main", reason=""),
        event(2, "finding", cause="ddl_queue_behind_idle_tx", title="A migration waits", target="main", confidence=0.97),
        event(3, "step", **{**STEP2, "position": 1, "title": "Check health score"}, state="succeeded", level="read"),
        event(4, "step", **STEP2, state="failed", level="read", error='column "mean_time" does not exist\nLINE 1: SELECT',
              hint="It is mean_exec_time since PostgreSQL 13."),
        event(75, "acknowledged", "anna", door="mail"),
        event(80, "commander", "anna", person="anna"),
        event(90, "skipped", "anna", run=3, position=4, title="Run optimization", reason="not useful while it queues"),
        event(600, "approval_wanted", **STEP4, command="fireline resolve terminate-session 4821"),
        event(640, "approved", "ben", **STEP4, door="page", break_glass=False, reason=""),
        event(641, "step", **STEP4, state="succeeded", level="reversible", summary="ended session 4821"),
        event(700, "probe", state="green", cause="ddl_queue_behind_idle_tx", target="main"),
        event(768, "resolved", "anna", resolution="Ended the idle session", red=False, reason=""),
        event(770, "postmortem_drafted"),
    ],
}  # fmt: skip


def facts(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(FACTS) | changes


def part(markdown: str, heading: str) -> str:
    return markdown.split(f"## {heading}\n\n", 1)[1].split("\n## ", 1)[0].strip()

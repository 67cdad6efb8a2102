"""What the looks at a target named as causes, kept as rows; the looking itself is `assess`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.errors import NotFound
from fireline.incident import timeline
from fireline.incident.people import FIRELINE
from fireline.incident.row import Q, lock
from fireline.store.chain import plain
from fireline.store.connect import Connection, one


def record(
    conn: Connection,
    incident: int | None,
    target: str,
    verdicts: Sequence[dict[str, Any]],
    taken_at: datetime,
    ms: int,
    *,
    unknown: Sequence[str] = (),
) -> list[int]:
    """Keep the verdicts of one look, the root first; their ids.

    The timeline tells of the root once, not again when the next look sees the same; `unknown` names what could not be seen.
    """
    before = _lock_and_newest(conn, incident) if incident is not None else None
    ids = [_insert(conn, incident, target, rank, verdict, taken_at, ms) for rank, verdict in enumerate(verdicts)]
    if incident is None:
        return ids
    conn.execute(Q["set_assessed"], {"incident": incident, "taken_at": taken_at})
    if not verdicts:
        timeline.tell(conn, incident, "no_finding", FIRELINE, target=target, unknown=list(unknown))
    elif before is None or (before["cause"], before["title"]) != (
        verdicts[0]["cause"],
        redact.text(verdicts[0]["title"]),
    ):
        root = {key: verdicts[0][key] for key in ("cause", "title", "severity", "confidence")}
        also = [verdict["title"] for verdict in verdicts[1:]]
        timeline.tell(
            conn, incident, "finding", FIRELINE, **root, target=target, ms=ms, **({"also": also} if also else {})
        )
    return ids


def looked_again(conn: Connection, incident: int, taken_at: datetime) -> None:
    """The target was looked at once more and shows nothing new: only the time is kept."""
    lock(conn, incident)
    conn.execute(Q["set_assessed"], {"incident": incident, "taken_at": taken_at})


def _lock_and_newest(conn: Connection, incident: int) -> DictRow | None:
    lock(conn, incident)
    return newest(conn, incident)


def _insert(
    conn: Connection, incident: int | None, target: str, rank: int, verdict: dict[str, Any], taken_at: datetime, ms: int
) -> int:
    clean = redact.tree(plain(verdict))
    probe = clean.get("probe") or {}
    row = one(
        conn,
        Q["record_finding"],
        incident=incident,
        target=target,
        rank=rank,
        cause=clean["cause"],
        title=clean["title"],
        severity=clean["severity"],
        confidence=clean["confidence"],
        verdict=Jsonb(clean),
        probe=Jsonb(probe),
        probe_state="red" if probe else "unknown",  # it was seen a moment ago; without a probe nobody can ask again
        taken_at=taken_at,
        ms=ms,
    )
    assert row is not None
    return int(row["id"])


def newest(conn: Connection, incident: int) -> DictRow | None:
    """The root cause as the newest look that found one saw it, or None."""
    return one(conn, Q["newest_finding"], incident=incident)


def set_probe_state(conn: Connection, finding: int, state: str, *, now: datetime | None = None) -> bool:
    """Write down what a finding's probe says now: red, green or unknown; True (and an event) when that is news."""
    found = one(conn, Q["finding"], finding=finding)
    if found is None:
        raise NotFound(f"there is no finding {finding}")
    if found["incident_id"] is not None:
        lock(conn, found["incident_id"])
        found = one(conn, Q["finding"], finding=finding) or found  # as it is now that it is ours
    conn.execute(Q["set_probe_state"], {"finding": finding, "state": state, "now": now or clock.now()})
    if found["probe_state"] == state:
        return False
    if found["incident_id"] is not None:
        event = {"state": state, "cause": found["cause"], "target": found["target"]}
        timeline.tell(conn, found["incident_id"], "probe", FIRELINE, **event)
    return True

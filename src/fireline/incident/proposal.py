"""A severity that Fireline proposes because of what it saw; only a person sets it."""

from __future__ import annotations

from typing import Any

from psycopg.rows import DictRow

from fireline.incident import timeline
from fireline.incident.people import FIRELINE
from fireline.incident.row import ENDED, Q, lock
from fireline.store.connect import Connection, one


def propose(conn: Connection, incident: int, *, severity: str, rank: int, reason: str) -> bool:
    """Propose a higher severity than the incident has; once, until somebody sets one. True when it is news."""
    row = lock(conn, incident)
    if row["status"] in ENDED or rank >= row["severity_rank"]:
        return False
    before = proposed(conn, row)
    if before is not None and before["severity"] == severity:
        return False
    timeline.tell(conn, row["id"], "severity_proposed", FIRELINE, severity=severity, rank=rank, reason=reason)
    return True


def proposed(conn: Connection, row: DictRow) -> dict[str, Any] | None:
    """The proposal that stands: {"severity", "rank", "reason"}; None once a person has set a severity since."""
    event = one(conn, Q["newest_proposal"], incident=row["id"])
    if event is None or row["status"] in ENDED or event["payload"]["rank"] >= row["severity_rank"]:
        return None
    return {key: event["payload"][key] for key in ("severity", "rank", "reason")}

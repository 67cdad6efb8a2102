"""Rows of a run as the ledger leaves them."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from fireline import clock
from fireline.incident import timeline
from fireline.incident.people import FIRELINE
from fireline.store.connect import Connection


def a_run(conn: Connection, incident: int) -> int:
    """A run of two steps as the ledger would leave it: the second one failed."""
    now = clock.now()
    compiled = {"file": "/srv/runbooks/incident-response.md", "steps": []}
    conn.execute(
        "INSERT INTO procedure_text (hash, revision, compiled, stored_at) VALUES ('h', 'r', %s, %s)",
        [Jsonb(compiled), now],
    )
    row = conn.execute(
        "INSERT INTO run (incident_id, procedure, title, state, reason, requested_by, created_at)"
        " VALUES (%s, 'h', 'Performance', 'succeeded', '', 'anna', %s) RETURNING id",
        [incident, now],
    ).fetchone()
    assert row is not None
    for position, line, action in ((1, 97, 98), (2, 102, 104)):
        content = {"line": line, "action": {"language": "sql", "command": "SELECT 1", "line": action}}
        conn.execute(
            "INSERT INTO step (run_id, position, key, title, kind, state, content, requested_by)"
            " VALUES (%s, %s, 'k', 'Check slow queries', 'sql', 'failed', %s, 'anna')",
            [row["id"], position, Jsonb(content)],
        )
    step = {"run": row["id"], "position": 2, "title": "Check slow queries", "level": "read"}
    timeline.tell(conn, incident, "step", FIRELINE, **step, state="failed", error='column "mean_time" does not exist')
    return int(row["id"])

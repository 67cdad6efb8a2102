"""An incident with alerts that fire, for tests that look at them together."""

from __future__ import annotations

from fireline import clock
from fireline.incident import transitions
from fireline.incident.people import Actor
from fireline.incident.scheme import Scheme
from fireline.store.connect import Connection, one

SCHEME = Scheme()


def fire(conn: Connection, *titles: str, incident: int | None = None) -> int:
    """Alerts of the source am with these titles, in a new incident or in this one; the incident's number."""
    found, now, cron = SCHEME.find("P1"), clock.now(), Actor("am", kind="source", door="system")
    number = incident or transitions.open_incident(
        conn,
        title="It burns",
        severity=found.id,
        severity_rank=found.rank,
        severity_reason="as the sender says",
        target="main",
        group_key=None,
        symptom="It burns",
        declared_by=cron,
        detected_at=now,
        response=SCHEME.response(found, now),
    )
    for title in titles:
        row = one(
            conn,
            """INSERT INTO alert (key, key_reason, source, title, status, first_at, last_at, group_key)
            VALUES (%(key)s, 'x', 'am', %(title)s, 'firing', %(now)s, %(now)s, 'g') RETURNING id""",
            key=f"am:{title}",
            title=title,
            now=now,
        )
        assert row is not None
        key = f"am:{title}"
        transitions.join(conn, number, cron, alert=row["id"], source="am", title=title, key=key, reason="x")
    return number

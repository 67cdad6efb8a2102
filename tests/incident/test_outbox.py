from __future__ import annotations

from datetime import timedelta
from typing import Any

from fireline import clock
from fireline.incident import outbox
from fireline.store.connect import Connection
from tests.incident.conftest import Open


def queue(conn: Connection, incident: int | None, once: str, **more: Any) -> int | None:
    message = {"subject": "INC-1", "text": "psql postgresql://app:hunter22@db", "data": {"at": clock.now()}}
    told: dict[str, Any] = {"event": "opened", "channel": "email", "contact": "oncall", "address": "a@example.org"}
    return outbox.queue(conn, incident=incident, message=message, once=once, **told | more)


def test_a_message_is_queued_once_and_its_delivery_woken(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    conn.execute("DELETE FROM procrastinate_jobs")
    first = queue(conn, incident, "opened/1/oncall")
    assert first is not None
    assert queue(conn, incident, "opened/1/oncall") is None
    row = conn.execute("SELECT * FROM outbox").fetchone()
    assert row is not None
    assert (row["id"], row["state"], row["attempts"], row["incident_id"]) == (first, "queued", 0, incident)
    assert "hunter22" not in row["message"]["text"]
    assert row["message"]["data"]["at"].endswith("+00:00")
    jobs = conn.execute("SELECT task_name, args FROM procrastinate_jobs").fetchall()
    assert [(job["task_name"], job["args"]["key"]) for job in jobs] == [("fireline.deliver", str(first))]


def test_a_message_for_later_waits(conn: Connection) -> None:
    later = clock.now() + timedelta(minutes=5)
    queue(conn, None, "reminder", next_at=later)
    row = conn.execute("SELECT next_at, scheduled_at FROM outbox, procrastinate_jobs").fetchone()
    assert row is not None
    assert row["next_at"] == row["scheduled_at"] == later

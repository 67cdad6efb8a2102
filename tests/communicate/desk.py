"""An incident with everything around it, for the tests of telling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fireline import clock
from fireline.communicate import deliver, notices
from fireline.incident import transitions
from fireline.incident.people import Actor
from fireline.incident.scheme import Scheme
from fireline.incident.story import sentence
from fireline.settings import Settings
from fireline.store.connect import Store, all_rows, one

ANNA = Actor("anna")
CRON = Actor("cron", kind="source", door="system")
SCHEME = Scheme()


class Desk:
    """A store, settings, and what tests do with them."""

    def __init__(self, store: Store, **settings: Any) -> None:
        self.store = store
        self.settings = Settings.model_validate({"server": {"public_url": "https://fireline.example.org"}, **settings})

    def open(self, *, severity: str = "P1", title: str = "Disk full", symptom: str = "Disk full\n97 % of /var") -> int:
        found = SCHEME.find(severity)
        with self.store.transaction() as conn:
            now = clock.now()
            return transitions.open_incident(
                conn, title=title, severity=found.id, severity_rank=found.rank, severity_reason="as the sender says",
                target="main", group_key=None, symptom=symptom, declared_by=CRON, detected_at=now,
                response=SCHEME.response(found, now),
            )  # fmt: skip

    def act(self, operation: Callable[..., Any], **arguments: Any) -> None:
        with self.store.transaction() as conn:
            operation(conn, ANNA, **arguments)

    def tell(self, incident: int = 1) -> int:
        return notices.tell(self.store, incident, self.settings)

    def sweep(self) -> int:
        return notices.sweep(self.store, self.settings)

    def deliver(self, outbox: int | None = None) -> int:
        return deliver.deliver(self.store, self.settings, outbox)

    def rows(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        with self.store.transaction() as conn:
            return all_rows(conn, statement, **parameters)

    def do(self, statement: str, **parameters: Any) -> dict[str, Any] | None:
        with self.store.transaction() as conn:
            return one(conn, statement, **parameters)

    def outbox(self, state: str | None = None) -> list[tuple[str, str]]:
        """(event, contact) of the messages in the outbox, in order."""
        rows = self.rows("SELECT event, contact, state FROM outbox WHERE channel <> '' ORDER BY id")
        return [(row["event"], row["contact"]) for row in rows if state in (None, row["state"])]

    def story(self, incident: int = 1) -> list[str]:
        statement = "SELECT kind, actor, payload FROM timeline WHERE incident_id = %(incident)s ORDER BY seq"
        return [
            sentence(event["kind"], event["actor"], event["payload"])
            for event in self.rows(statement, incident=incident)
        ]

    def wakes(self, topic: str) -> list[tuple[str, Any]]:
        """(key, when) of what was asked to be woken for."""
        statement = (
            "SELECT args ->> 'key' AS key, scheduled_at FROM procrastinate_jobs"
            " WHERE task_name = %(task)s AND status = 'todo' ORDER BY id"
        )
        return [(row["key"], row["scheduled_at"]) for row in self.rows(statement, task=f"fireline.{topic}")]

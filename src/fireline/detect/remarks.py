"""What a sender says of an alert that fires: somebody there has acknowledged it, or wrote a note. It never makes an alert."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fireline.detect.source import Event, line
from fireline.incident import transitions
from fireline.incident.people import Actor
from fireline.incident.row import TEXT, clean
from fireline.store.connect import Connection, one, queries

Q = queries("fireline.detect")

EVER = datetime.min.replace(tzinfo=UTC)
AGAIN = timedelta(minutes=5)  # the same words may be delivered again this long: a retry, another replica


def sender_of(source: str, event: Event) -> Actor:
    """Who said it: the person there, in a name that nobody here can have, or the source itself."""
    person = line(clean(event.by, one_line=True), 80)
    return Actor(f"{person} via {source}" if person else source, kind="source", door="system")


def hear(conn: Connection, source: str, event: Event, incident: int, at: datetime) -> None:
    """Write it on the incident of the alert; what was said a moment before is not written again, nor ever what has a `once`."""
    actor, called = sender_of(source, event), str(incident)
    if event.status == "acknowledged":
        transitions.ack(conn, actor, incident=called)
    said = clean(event.text or ("" if event.status == "acknowledged" else event.title))[:TEXT]
    since = EVER if event.once else at - AGAIN
    if said and one(conn, Q["note_since"], incident=incident, actor=actor.name, text=said, since=since) is None:
        transitions.note(conn, actor, incident=called, text=said)

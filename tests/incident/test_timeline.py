from __future__ import annotations

import psycopg
import pytest

from fireline.incident import timeline, transitions
from fireline.incident.people import FIRELINE, Actor
from fireline.store.connect import Connection, Store
from tests.incident.conftest import Open


def a_story(conn: Connection, open_one: Open, anna: Actor) -> int:
    incident = open_one(conn)
    for text in ("one", "two", "three"):
        transitions.note(conn, anna, incident=str(incident), text=text)
    return incident


def rewrite(conn: Connection, statement: str) -> None:
    """What only somebody can do who owns the database: switch the guard off, and write."""
    conn.execute("ALTER TABLE timeline DISABLE TRIGGER append_only")
    conn.execute(statement.encode())
    conn.execute("ALTER TABLE timeline ENABLE TRIGGER append_only")


def test_events_are_numbered_and_read_from_any_on(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = a_story(conn, open_one, anna)
    assert [event["seq"] for event in timeline.read(conn, incident)] == [1, 2, 3, 4]
    assert [event["payload"]["text"] for event in timeline.read(conn, incident, after=2)] == ["two", "three"]


@pytest.mark.parametrize("statement", ["UPDATE timeline SET actor = 'eve'", "DELETE FROM timeline"])
def test_the_store_itself_refuses_to_rewrite_the_story(
    store: Store, open_one: Open, anna: Actor, statement: str
) -> None:
    with store.transaction() as conn:
        a_story(conn, open_one, anna)
    refused = pytest.raises(psycopg.errors.RaiseException, match="append-only")
    with store.transaction() as conn, refused, conn.transaction():
        conn.execute(statement.encode())
    with store.transaction() as conn:
        assert len(conn.execute("SELECT 1 FROM timeline WHERE actor <> 'eve'").fetchall()) == 4


@pytest.mark.parametrize(
    ("statement", "event"),
    [
        ("UPDATE timeline SET payload = jsonb_set(payload, '{text}', '\"lie\"') WHERE seq = 2", 2),
        ("UPDATE timeline SET actor = 'eve' WHERE seq = 3", 3),
        ("UPDATE timeline SET at = at + interval '1 microsecond' WHERE seq = 4", 4),
        ("UPDATE timeline SET kind = 'closed' WHERE seq = 1", 1),
        ("UPDATE timeline SET hash = sha256('x') WHERE seq = 2", 2),
        ("DELETE FROM timeline WHERE seq = 2", 2),
        ("UPDATE timeline SET seq = 9 WHERE seq = 4", 4),
    ],
)
def test_whoever_rewrites_it_all_the_same_is_found_out(
    conn: Connection, open_one: Open, anna: Actor, statement: str, event: int
) -> None:
    incident = a_story(conn, open_one, anna)
    assert transitions.verify(conn, anna, incident=str(incident)) == {
        "incident": f"INC-{incident}",
        "whole": True,
        "broken_at": None,
        "text": f"The timeline of INC-{incident} is whole.",
    }
    rewrite(conn, statement)
    found = transitions.verify(conn, anna, incident=str(incident))
    assert (found["whole"], found["broken_at"]) == (False, event)
    assert f"event {event} " in found["text"]


def test_what_postgresql_changes_in_json_does_not_break_a_seal(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    odd = {"b": 1.0, "a": 0.1, "deep": {"z": None, "y": [1e22, -0.0, 1e-7, "é\u2028\ud800\0"]}, "ä": True}
    timeline.tell(conn, incident, "odd", FIRELINE, **odd)
    assert timeline.broken(conn, incident) is None


def test_an_event_holds_no_secret(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    timeline.tell(conn, incident, "step", FIRELINE, summary="postgresql://app:hunter22@db", password="hunter22")
    row = conn.execute("SELECT payload::text AS said FROM timeline ORDER BY seq DESC LIMIT 1").fetchone()
    assert row is not None
    assert "hunter22" not in row["said"]

from __future__ import annotations

from datetime import timedelta

import pytest

from fireline import clock
from fireline.errors import Denied, NotFound, Refused
from fireline.incident import ack_link, people, timeline
from fireline.incident.people import Actor
from fireline.incident.row import get
from fireline.store.connect import Connection
from tests.incident.conftest import Open

ADMIN = Actor("root", role="admin")


def test_looking_at_a_link_changes_nothing_however_often(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    token = ack_link.make(conn, incident, "oncall")
    for _ in range(3):
        assert ack_link.look(conn, token)["id"] == incident
    assert get(conn, incident)["acknowledged_at"] is None
    assert len(timeline.read(conn, incident)) == 1


def test_using_a_link_acknowledges_once_as_its_contact(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    token = ack_link.make(conn, incident, "oncall")
    first, second = ack_link.use(conn, token), ack_link.use(conn, token)
    assert (first["incident"], first["changed"], second["changed"]) == (f"INC-{incident}", True, False)
    event = timeline.read(conn, incident)[-1]
    assert (event["kind"], event["actor"], event["payload"]) == ("acknowledged", "oncall", {"door": "mail"})
    assert second["text"] == f"INC-{incident} was acknowledged by you already."


def test_a_contact_who_is_a_person_is_that_person_whatever_their_role(conn: Connection, open_one: Open) -> None:
    people.add(conn, ADMIN, name="carla", role="viewer")
    incident = open_one(conn)
    assert ack_link.use(conn, ack_link.make(conn, incident, "carla"))["acknowledged_by"] == "carla"


def test_a_person_who_has_left_can_not_use_an_old_link(conn: Connection, open_one: Open) -> None:
    people.add(conn, ADMIN, name="carla")
    incident = open_one(conn)
    token = ack_link.make(conn, incident, "carla")
    people.disable(conn, ADMIN, name="carla")
    with pytest.raises(Denied, match="carla has left"):
        ack_link.use(conn, token)
    assert get(conn, incident)["acknowledged_at"] is None


def test_the_store_knows_only_the_hash(conn: Connection, open_one: Open) -> None:
    token = ack_link.make(conn, open_one(conn), "oncall")
    row = conn.execute("SELECT ack_link::text AS kept FROM ack_link").fetchone()
    assert row is not None
    assert token not in row["kept"]
    assert token.encode().hex() not in row["kept"]


@pytest.mark.parametrize("token", ["", "x", "é", "\0", "\ud800", "' OR 1=1", "a" * 100_000])
def test_a_token_that_was_made_up_leads_nowhere(conn: Connection, open_one: Open, token: str) -> None:
    ack_link.make(conn, open_one(conn), "oncall")
    for door in (ack_link.look, ack_link.use):
        with pytest.raises(NotFound, match="leads nowhere"):
            door(conn, token)


def test_a_link_runs_out_and_is_forgotten_a_day_later(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    token = ack_link.make(conn, incident, "oncall", lifetime=timedelta(hours=1))
    with clock.moved(timedelta(minutes=59)):
        ack_link.look(conn, token)
    with clock.moved(timedelta(hours=1)):
        for door in (ack_link.look, ack_link.use):
            with pytest.raises(Refused, match="has run out"):
                door(conn, token)
        assert ack_link.sweep(conn, clock.now()) == 0
    with clock.moved(timedelta(hours=26)):
        assert ack_link.sweep(conn, clock.now()) == 1
    assert get(conn, incident)["acknowledged_at"] is None

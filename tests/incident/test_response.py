from __future__ import annotations

import threading
from typing import Any

from fireline import clock
from fireline.incident import clocks, timeline, transitions
from fireline.incident.people import Actor
from fireline.incident.row import get
from fireline.store.connect import Connection, Store
from tests.incident.conftest import Open
from tests.incident.life import HOUR, kinds, last


def test_acknowledging_stops_the_clock_in_time(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    said = transitions.ack(conn, anna, incident=f"inc-{incident}", note="on the train")
    assert said["text"] == f"INC-{incident} acknowledged, in time for “Within 1 hour”."
    row = get(conn, incident)
    assert (row["acknowledged_by"], row["status"]) == ("anna", "detected")
    assert kinds(conn, incident) == ["opened", "note", "acknowledged"]
    assert last(conn, incident)["payload"] == {"door": "cli"}
    (stopped,) = clocks.of(conn, incident)
    assert clocks.state(stopped, clock.now() + 9 * HOUR) == "met"


def test_acknowledging_late_is_said_to_be_late(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    with clock.moved(2 * HOUR):
        said = transitions.ack(conn, anna, incident=str(incident))
    assert said["text"].endswith(", late for “Within 1 hour”.")
    assert kinds(conn, incident) == ["opened", "clock_breached", "acknowledged"]


def test_a_second_acknowledgement_is_answered_calmly_and_its_note_is_kept(
    conn: Connection, open_one: Open, anna: Actor, ben: Actor
) -> None:
    incident = open_one(conn)
    transitions.ack(conn, anna, incident=str(incident))
    mine = transitions.ack(conn, anna, incident=str(incident))
    theirs = transitions.ack(conn, ben, incident=str(incident), note="I can help")
    assert (mine["changed"], mine["text"]) == (False, f"INC-{incident} was acknowledged by you already.")
    assert theirs["text"] == f"INC-{incident} was acknowledged by anna already."
    assert kinds(conn, incident) == ["opened", "acknowledged", "note"]
    assert get(conn, incident)["acknowledged_by"] == "anna"


def test_two_acknowledgements_at_once_are_one(store: Store, open_one: Open, anna: Actor, ben: Actor) -> None:
    with store.transaction() as conn:
        incident = open_one(conn)
    answers: list[dict[str, Any]] = []
    together = threading.Barrier(2)

    def acknowledge(actor: Actor) -> None:
        with store.transaction() as conn:
            together.wait()
            answers.append(transitions.ack(conn, actor, incident=str(incident)))

    threads = [threading.Thread(target=acknowledge, args=[actor]) for actor in (anna, ben)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answer["changed"] for answer in answers) == [False, True]
    with store.transaction() as conn:
        assert kinds(conn, incident) == ["opened", "acknowledged"]
        assert get(conn, incident)["acknowledged_by"] == last(conn, incident)["actor"]


def test_many_writers_at_once_leave_one_whole_story(store: Store, open_one: Open) -> None:
    with store.transaction() as conn:
        incident = open_one(conn)

    def write(number: int) -> None:
        for line in range(5):
            with store.transaction() as conn:
                transitions.note(conn, Actor(f"p{number}"), incident=str(incident), text=f"line {line}")

    threads = [threading.Thread(target=write, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with store.transaction() as conn:
        events = timeline.read(conn, incident)
        assert [event["seq"] for event in events] == list(range(1, 32))
        assert timeline.broken(conn, incident) is None


def test_taking_command_acknowledges_too(conn: Connection, open_one: Open, anna: Actor, ben: Actor) -> None:
    incident = open_one(conn)
    said = transitions.take(conn, anna, incident=str(incident))
    assert said["text"] == f"You command INC-{incident} now, and it is acknowledged, in time for “Within 1 hour”."
    assert transitions.take(conn, anna, incident=str(incident))["changed"] is False
    assert transitions.take(conn, ben, incident=str(incident))["text"] == f"You command INC-{incident} now from anna."
    assert kinds(conn, incident) == ["opened", "acknowledged", "commander", "commander"]
    assert get(conn, incident)["acknowledged_by"] == "anna"


def test_who_has_acknowledged_can_still_take_command(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    transitions.ack(conn, anna, incident=str(incident))
    assert transitions.take(conn, anna, incident=str(incident))["text"] == f"You command INC-{incident} now."

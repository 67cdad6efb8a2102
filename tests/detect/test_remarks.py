from __future__ import annotations

from typing import Any

import pytest

from fireline import clock
from fireline.detect.source import Event
from fireline.incident import transitions
from fireline.store.connect import Store
from tests.detect.test_intake import HOURS, Desk, firing, resolved


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def acknowledged(key: str = "k", **fields: Any) -> Event:
    return firing(key, status="acknowledged", **fields)


def noted(key: str = "k", text: str = "", **fields: Any) -> Event:
    return firing(key, status="noted", text=text, **fields)


def faults(desk: Desk) -> list[Any]:
    return [row["fault"] for row in desk.rows("SELECT fault FROM signal ORDER BY id")]


def test_an_acknowledgement_at_the_sender_acknowledges_the_incident_in_the_name_of_its_person(desk: Desk) -> None:
    desk.send(firing())
    desk.send(acknowledged(by="Anna Schmidt"))
    (incident,) = desk.incidents()
    assert incident["acknowledged_by"] == "Anna Schmidt via cron"
    assert incident["acknowledged_at"] is not None
    assert desk.story()[-1] == "Anna Schmidt via cron acknowledged"
    assert desk.rows("SELECT stopped_at IS NOT NULL AS stopped FROM clock WHERE kind = 'response'") == [
        {"stopped": True}
    ]
    (alert,) = desk.alerts()
    assert (alert["status"], alert["count"]) == ("firing", 1)
    assert desk.rows("SELECT alert_ids FROM signal ORDER BY id DESC LIMIT 1") == [{"alert_ids": [alert["id"]]}]


def test_without_a_person_the_source_itself_has_done_it(desk: Desk) -> None:
    desk.send(firing())
    desk.send(acknowledged())
    assert desk.incidents()[0]["acknowledged_by"] == "cron"


def test_nobody_outside_can_take_the_name_of_somebody_here(desk: Desk) -> None:
    desk.send(firing())
    desk.send(acknowledged(by="anna"))
    assert desk.incidents()[0]["acknowledged_by"] == "anna via cron"


def test_a_note_is_written_on_the_incident_once_however_often_it_comes(desk: Desk) -> None:
    desk.send(firing())
    before = len(desk.story())
    for _ in range(3):
        desk.send(noted(text="Looking at the disk.", by="Ben"))
    assert desk.story()[before:] == ["Ben via cron noted: Looking at the disk."]
    desk.send(noted(text="Looking at the disk.", by="Anna"))
    desk.send(noted(text="Found it.", by="Ben"))
    assert len(desk.story()) == before + 3


def test_the_same_words_some_time_later_are_a_note_again(desk: Desk) -> None:
    desk.send(firing())
    desk.send(noted(text="still looking"))
    with clock.moved(HOURS):
        desk.send(noted(text="still looking"))
    assert desk.story().count("cron noted: still looking") == 2


def test_what_its_sender_repeats_for_ever_is_written_once(desk: Desk) -> None:
    desk.send(firing())
    for hours in range(3):
        with clock.moved(hours * HOURS):
            desk.send(noted(text="the message: x", once="UpdateMessage"))
    assert desk.story().count("cron noted: the message: x") == 1


def test_an_acknowledgement_may_bring_words_and_comes_but_once(desk: Desk) -> None:
    desk.send(firing())
    before = len(desk.story())
    for _ in range(2):
        desk.send(acknowledged(text="on it", by="Anna"))
    assert desk.story()[before:] == ["Anna via cron acknowledged", "Anna via cron noted: on it"]


@pytest.mark.parametrize("event", [acknowledged(), noted(text="x"), acknowledged(number=1), noted(number=2**70)])
def test_of_an_alert_nobody_knows_nothing_is_made_and_the_signal_is_kept_and_says_so(desk: Desk, event: Event) -> None:
    desk.send(event)
    assert (desk.alerts(), desk.incidents()) == ([], [])
    (fault,) = faults(desk)
    assert fault.startswith(event.status)


def test_of_a_resolved_alert_nothing_is_made(desk: Desk) -> None:
    desk.send(firing())
    desk.send(resolved())
    before = desk.story()
    desk.send(acknowledged(by="Anna"))
    desk.send(noted(text="too late"))
    assert desk.story() == before
    assert len(desk.alerts()) == 1
    assert faults(desk)[2:] == [f"{said}, and no alert with this key fires" for said in ("acknowledged", "noted")]


def test_an_alert_that_fires_and_is_acknowledged_in_one_breath_is_both(desk: Desk) -> None:
    desk.put(firing())
    desk.put(acknowledged(by="Anna"))
    assert desk.take() == 2
    assert desk.incidents()[0]["acknowledged_by"] == "Anna via cron"


def test_after_a_person_here_acknowledged_the_sender_changes_nothing(desk: Desk) -> None:
    desk.send(firing())
    desk.act(transitions.ack, incident="1")
    before = desk.story()
    desk.send(acknowledged(by="Ben"))
    assert desk.story() == before
    assert desk.incidents()[0]["acknowledged_by"] == "anna"


def test_an_alert_can_be_named_by_its_number(desk: Desk) -> None:
    desk.send(firing())
    (alert,) = desk.alerts()
    desk.send(acknowledged(key="", number=alert["id"]))
    desk.send(resolved(key="", number=alert["id"]))
    assert desk.alerts()[0]["status"] == "resolved"
    assert desk.incidents()[0]["acknowledged_by"] == "cron"


def test_the_number_of_an_older_alert_means_that_one_and_not_its_successor(desk: Desk) -> None:
    desk.send(firing())
    desk.send(resolved())
    desk.send(firing())
    first, second = desk.alerts()
    desk.send(resolved(key="", number=first["id"]))
    assert [alert["status"] for alert in desk.alerts()] == ["resolved", "firing"]
    assert "a newer one has taken its place" in faults(desk)[-1]
    desk.send(resolved(key="", number=second["id"]))
    assert [alert["status"] for alert in desk.alerts()] == ["resolved", "resolved"]


def test_nobody_speaks_of_the_alert_of_another_source_by_its_number(desk: Desk) -> None:
    desk.send(firing())
    desk.rows("UPDATE alert SET source = 'other' RETURNING id")
    desk.send(resolved(key="", number=desk.alerts()[0]["id"]))
    assert desk.alerts()[0]["status"] == "firing"


def test_what_nobody_outside_could_mean_to_write_is_taken_out_of_names_and_notes(desk: Desk) -> None:
    desk.send(firing())
    desk.send(noted(text="a\u202eb\x07", by="An\u202ena\nSchmidt" + "x" * 500))
    (kept,) = desk.rows("SELECT actor, payload FROM timeline WHERE kind = 'note'")
    assert kept["payload"] == {"text": "ab"}
    assert kept["actor"].startswith("Anna Schmidt")
    assert len(kept["actor"]) < 100

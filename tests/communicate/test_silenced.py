"""Telling while silences hold: nobody is told, nothing is lost, and what still fires is told of when they end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.incident import silences
from fireline.incident.people import Actor
from fireline.store.connect import Store
from tests.communicate.desk import Desk
from tests.incident.alerts import fire

ANA = Actor("ana")
HOUR = timedelta(hours=1)
CONTACTS: dict[str, Any] = {"ann": {"address": "ann@example.org", "confirmed": True}}


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, contacts=CONTACTS)


def silence(desk: Desk, *matchers: str, lasts: str = "1h") -> int:
    with desk.store.transaction() as conn:
        made = silences.create_silence(conn, ANA, matchers=list(matchers), comment="moving the disk", lasts=lasts)
    return int(made["silence"])


def alert(desk: Desk, *titles: str, incident: int | None = None) -> int:
    with desk.store.transaction() as conn:
        return fire(conn, *titles, incident=incident)


def test_nobody_is_told_while_all_that_fires_is_silenced_and_the_timeline_says_so_once(desk: Desk) -> None:
    silence(desk, "source=am")
    alert(desk, "a")
    assert desk.tell() == desk.tell() == 0
    assert desk.sweep() == 0
    assert desk.outbox() == []
    said = [line for line in desk.story() if line.startswith("Nobody is told")]
    assert len(said) == 1
    assert said[0].startswith("Nobody is told: silence 1 “moving the disk” by ana (until ")
    assert [key for key, when in desk.wakes("tell") if when is not None] != []


def test_what_still_fires_when_the_silence_ends_is_told_of_with_the_reason(desk: Desk) -> None:
    silence(desk, "source=am")
    alert(desk, "a")
    desk.tell()
    with clock.moved(HOUR + timedelta(seconds=1)):
        assert desk.sweep() == 1
        assert desk.sweep() == 0
    (row,) = desk.rows("SELECT event, message ->> 'text' AS text FROM outbox")
    assert row["event"] == "opened"
    assert "Told only now: silence 1 “moving the disk” by ana held it, and holds it no longer." in row["text"]
    assert "Told only now: silence 1 “moving the disk” by ana held it, and holds it no longer." in desk.story()


def test_a_silence_that_a_person_ends_lets_go_at_once(desk: Desk) -> None:
    number = silence(desk, "source=am", lasts="8h")
    alert(desk, "a")
    desk.tell()
    desk.act(silences.end_silence, silence=number)
    assert ("1", None) in desk.wakes("tell")
    assert desk.sweep() == 1


def test_another_alert_that_no_silence_fits_is_told_of(desk: Desk) -> None:
    silence(desk, "title=a")
    alert(desk, "a")
    desk.tell()
    alert(desk, "b", incident=1)
    assert desk.sweep() == 1


def test_what_is_over_before_the_silence_ends_is_never_told(desk: Desk) -> None:
    silence(desk, "source=am")
    alert(desk, "a")
    desk.tell()
    desk.do("UPDATE alert SET status = 'resolved' RETURNING id")
    desk.do("UPDATE incident SET status = 'resolved', resolved_at = %(now)s RETURNING id", now=clock.now())
    with clock.moved(2 * HOUR):
        assert desk.sweep() == 0
    assert desk.outbox() == []


def test_a_silence_that_begins_later_stops_the_reminders_and_not_only_the_first_message(desk: Desk) -> None:
    alert(desk, "a")
    assert desk.tell() == 1
    silence(desk, "source=am", lasts="30m")
    with clock.moved(timedelta(minutes=6)):
        assert desk.sweep() == 0
    with clock.moved(timedelta(minutes=31)):
        assert desk.sweep() >= 1
    assert "reminder" in [event for event, _ in desk.outbox()]


def test_a_message_that_waits_when_the_silence_begins_is_held_and_sent_afterwards(desk: Desk) -> None:
    alert(desk, "a")
    desk.tell()
    silence(desk, "source=am")
    assert desk.deliver() == 0
    (row,) = desk.rows("SELECT state, error, next_at FROM outbox")
    assert row["state"] == "queued"
    assert "by silence 1 “moving the disk” by ana" in row["error"]
    assert row["next_at"] > clock.now() + timedelta(minutes=59)


def test_a_silence_that_can_not_be_read_lets_the_alert_through_with_a_warning(desk: Desk) -> None:
    silence(desk, "source=am")
    desk.do("UPDATE silence SET matchers = '{source=~(}' RETURNING id")
    alert(desk, "a")
    assert desk.tell() == 1
    assert desk.tell() == 0
    warned = [line for line in desk.story() if "Let through with a warning: silence 1 can not be read" in line]
    assert len(warned) == 1

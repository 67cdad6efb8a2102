from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.errors import Denied, NotFound, Refused, Usage
from fireline.incident import silences
from fireline.incident.people import Actor
from fireline.store.connect import Connection
from tests.incident.alerts import fire

ANA = Actor("ana")
HOUR = timedelta(hours=1)


def make(conn: Connection, *matchers: str, **more: Any) -> dict[str, Any]:
    return silences.create_silence(conn, ANA, matchers=list(matchers), comment="moving the disk", **more)


def test_an_incident_is_held_while_silences_fit_all_that_fires_of_it(conn: Connection) -> None:
    incident = fire(conn, "a", "b")
    make(conn, "title=a", lasts="1h")
    assert silences.held(conn, incident, clock.now()).until is None
    make(conn, "title=b", lasts="2h")
    now = clock.now()
    held = silences.held(conn, incident, now)
    assert held.until is not None
    assert abs(held.until - now - HOUR) < timedelta(seconds=5)
    assert held.named == "silence 1 “moving the disk” by ana; silence 2 “moving the disk” by ana"
    assert silences.held(conn, incident, now + HOUR + timedelta(minutes=1)).until is None


def test_an_incident_without_an_alert_that_fires_is_never_held(conn: Connection) -> None:
    incident = fire(conn)
    make(conn, "source=~.+")
    assert silences.held(conn, incident, clock.now()).until is None


def test_of_two_that_fit_the_longer_one_counts(conn: Connection) -> None:
    incident = fire(conn, "a")
    make(conn, "title=a", lasts="1h")
    make(conn, "source=am", lasts="3h")
    until = silences.held(conn, incident, clock.now()).until
    assert until is not None
    assert until - clock.now() > 2 * HOUR


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("matchers", "{title=~(}", "is not a pattern"),
        ("matchers", "{}", "would fit every alert"),
        ("recurrence", '{"days": ["mon"]}', "KeyError"),
        ("recurrence", "[]", "TypeError"),
    ],
)
def test_a_silence_that_can_not_be_read_lets_alerts_through_and_says_so(
    conn: Connection, column: str, value: str, said: str
) -> None:
    incident = fire(conn, "a")
    make(conn, "title=a")
    conn.execute(f"UPDATE silence SET {column} = '{value}'")
    held = silences.held(conn, incident, clock.now())
    assert held.until is None
    assert said in held.faults[0]
    assert held.faults[0].startswith("silence 1 can not be read and holds nothing: ")


def test_a_silence_is_listed_with_its_state_and_its_windows(conn: Connection) -> None:
    make(conn, "target=main", lasts="1h")
    make(conn, "target=main", starts=(clock.now() + HOUR).isoformat(), kind="maintenance")
    ended = make(conn, "target=other")
    silences.end_silence(conn, ANA, silence=ended["silence"])
    assert [(one["silence"], one["state"]) for one in silences.list_silences(conn, ANA)] == [(1, "holds"), (2, "waits")]
    past = silences.list_silences(conn, ANA, past=True)
    assert [(one["silence"], one["state"], one["ended_by"]) for one in past][-1] == (3, "over", "ana")
    assert len(past[0]["windows"]) == 1


def test_what_it_fits_now_is_shown_before_and_after(conn: Connection) -> None:
    fire(conn, "a", "b")
    assert [one["title"] for one in silences.preview_silence(conn, ANA, matchers=["title=a"])["alerts"]] == ["a"]
    made = make(conn, "source=am")
    shown = silences.show_silence(conn, ANA, silence=made["silence"])
    assert [one["title"] for one in shown["alerts"]] == ["b", "a"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"lasts": "1y"}, "is not a duration"),
        ({"lasts": "10s"}, "from a minute to a year"),
        ({"lasts": "400d"}, "from a minute to a year"),
        ({"starts": "tomorrow"}, "is not a time with its zone"),
        ({"starts": "2026-03-01T22:00"}, "is not a time with its zone"),
        ({"starts": "2020-03-01T22:00+01:00"}, "it would be over already"),
        ({"kind": "nap"}, "'nap' is not a kind of silence"),
        ({"days": "mon"}, "is not a window"),
    ],
)
def test_a_silence_that_makes_no_sense_is_refused(conn: Connection, more: dict[str, str], said: str) -> None:
    with pytest.raises(Usage, match=said):
        make(conn, "target=main", **more)


def test_it_needs_a_reason_and_a_responder(conn: Connection) -> None:
    with pytest.raises(Usage, match="the comment is empty"):
        silences.create_silence(conn, ANA, matchers=["target=main"], comment=" ")
    with pytest.raises(Denied):
        silences.create_silence(conn, Actor("guest", role="viewer"), matchers=["target=main"], comment="x")


def test_what_is_over_can_not_be_ended_again(conn: Connection) -> None:
    made = make(conn, "target=main")
    silences.end_silence(conn, ANA, silence=made["silence"])
    with pytest.raises(Refused, match="silence 1 ended"):
        silences.end_silence(conn, ANA, silence=made["silence"])
    with pytest.raises(NotFound):
        silences.end_silence(conn, ANA, silence=99)

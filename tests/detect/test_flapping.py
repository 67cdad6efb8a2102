from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.detect import alerts, calming
from fireline.incident import transitions
from fireline.settings import Settings

from .test_intake import ANNA, SCHEME, SETTINGS, Desk, firing, resolved

MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk(store: Any) -> Desk:
    return Desk(store)


def flap(desk: Desk, changes: int = 5) -> None:
    """The alert k begins and ends by turns, the first time it begins."""
    for number in range(changes):
        desk.send(resolved() if number % 2 else firing())


def calm(desk: Desk, settings: Settings = SETTINGS) -> int:
    return calming.calm(desk.store, settings, SCHEME)


def told(desk: Desk, incident: int = 1) -> list[str]:
    rows = desk.rows(f"SELECT kind FROM timeline WHERE incident_id = {incident} ORDER BY seq")
    return [row["kind"] for row in rows]


def test_what_changes_five_times_in_ten_minutes_is_held_and_says_so(desk: Desk) -> None:
    flap(desk)
    alert = desk.alerts()[-1]
    assert (alert["status"], alert["flap_state"], alert["flips"]) == ("firing", "firing", 5)
    assert desk.story()[-1] == "The alert “alert k” changed 5 times within 10 min: held until it is calm for so long"
    with desk.store.transaction() as conn:
        shown = alerts.show(conn, ANNA, alert=alert["id"])["flapping"]
    assert (shown["changes"], shown["last"]) == (5, "firing")


def test_further_changes_are_counted_in_one_alert_and_tell_nobody(desk: Desk) -> None:
    flap(desk)
    before, rows = told(desk), len(desk.alerts())
    woken = desk.rows("SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name <> 'fireline.intake'")
    for _ in range(10):
        desk.send(resolved())
        desk.send(firing())
    alert = desk.alerts()[-1]
    assert (alert["flips"], alert["status"], alert["count"]) == (25, "firing", 11)
    assert (told(desk), len(desk.alerts()), len(desk.incidents())) == (before, rows, 1)
    assert desk.rows("SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name <> 'fireline.intake'") == woken


def test_repeats_between_the_changes_are_no_changes(desk: Desk) -> None:
    for _ in range(20):
        desk.send(firing())
    assert desk.alerts()[0]["flap_state"] is None
    flap(desk)
    desk.send(firing())
    desk.send(resolved())
    desk.send(resolved())
    assert desk.alerts()[-1]["flips"] == 6


def test_changes_that_are_far_apart_hold_nothing(desk: Desk) -> None:
    for number in range(6):
        with clock.moved(number * 6 * MINUTE):
            desk.send(resolved() if number % 2 else firing())
    assert [alert["flap_state"] for alert in desk.alerts()] == [None] * 3


def test_it_is_not_let_go_before_it_was_calm_for_the_window(desk: Desk) -> None:
    flap(desk)
    with clock.moved(9 * MINUTE):
        desk.send(resolved())
    with clock.moved(12 * MINUTE):
        assert calm(desk) == 0
    assert desk.alerts()[-1]["flap_state"] == "resolved"


def test_one_that_ended_last_is_resolved_and_the_cause_is_asked_after(desk: Desk) -> None:
    flap(desk, 6)
    with clock.moved(11 * MINUTE):
        assert calm(desk) == 1
        assert calm(desk) == 0
    alert = desk.alerts()[-1]
    assert (alert["status"], alert["resolved_at"], alert["flap_state"]) == ("resolved", alert["flipped_at"], None)
    assert desk.story()[-1] == "The alert “alert k” is calm after 6 changes; it is resolved"
    assert "probe 1" in desk.woken()


def test_one_that_fires_on_is_told_of_where_its_people_are(desk: Desk) -> None:
    flap(desk)
    with clock.moved(11 * MINUTE):
        assert calm(desk) == 1
    assert desk.alerts()[-1]["status"] == "firing"
    assert desk.story()[-1] == "The alert “alert k” is calm after 5 changes; it fires"


def test_one_that_fires_on_after_its_incident_ended_opens_another(desk: Desk) -> None:
    flap(desk)
    desk.act(transitions.dismiss, incident="INC-1", reason="it flaps")
    desk.send(resolved())
    desk.send(firing())
    assert len(desk.incidents()) == 1
    with clock.moved(11 * MINUTE):
        assert calm(desk) == 1
    assert [incident["status"] for incident in desk.incidents()] == ["dismissed", "detected"]
    alert = desk.alerts()[-1]
    assert (alert["status"], alert["incident_id"], alert["flap_state"], alert["key"]) == ("firing", 2, None, "k")
    assert "tell 2" in desk.woken()


def test_one_that_ended_after_its_incident_did_opens_nothing(desk: Desk) -> None:
    flap(desk, 6)
    desk.act(transitions.dismiss, incident="INC-1", reason="it flaps")
    before = told(desk)
    with clock.moved(11 * MINUTE):
        assert calm(desk) == 1
    assert (len(desk.incidents()), told(desk)) == (1, before)
    assert desk.alerts()[-1]["status"] == "resolved"


def test_after_it_was_calm_it_is_an_alert_like_others(desk: Desk) -> None:
    flap(desk, 6)
    with clock.moved(11 * MINUTE):
        calm(desk)
        desk.send(firing())
        assert desk.alerts()[-1]["flap_state"] is None


def test_nothing_is_let_go_while_signals_wait(desk: Desk) -> None:
    flap(desk)
    with clock.moved(11 * MINUTE):
        desk.put(resolved())
        assert calm(desk) == 0


def test_a_late_copy_of_what_was_over_is_no_change(desk: Desk) -> None:
    flap(desk, 4)
    desk.send(firing(once="five"))
    desk.send(resolved(once="five"))
    desk.send(firing(once="five"))
    alert = desk.alerts()[-1]
    assert (alert["flap_state"], alert["flips"]) == ("resolved", 6)


def test_zero_changes_means_never(desk: Desk) -> None:
    settings = Settings.model_validate({"policy": {"flap_changes": 0}})
    for number in range(20):
        desk.put(resolved() if number % 2 else firing())
        desk.take(settings)
    assert [alert["flap_state"] for alert in desk.alerts()] == [None] * 10

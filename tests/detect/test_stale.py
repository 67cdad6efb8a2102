from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.detect import alerts, calming
from fireline.incident import silences, transitions
from fireline.settings import Settings

from .test_intake import ANNA, SETTINGS, Desk, firing, resolved

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(store: Any) -> Desk:
    return Desk(store)


def grow(desk: Desk, settings: Settings = SETTINGS) -> int:
    return calming.grow_stale(desk.store, settings)


def repeat(desk: Desk, every: timedelta, times: int) -> None:
    for number in range(times):
        with clock.moved(number * every):
            desk.send(firing())


def test_what_nobody_repeats_for_a_day_is_stale_and_its_incident_is_told_once(desk: Desk) -> None:
    desk.send(firing(), firing("other", group_key="k"))
    with clock.moved(23 * HOUR):
        assert grow(desk) == 0
    with clock.moved(25 * HOUR):
        assert grow(desk) == 2
        assert grow(desk) == 0
    assert {alert["status"] for alert in desk.alerts()} == {"stale"}
    assert desk.story()[-1] == "The alerts “alert k”, “alert other” have not been repeated for long: stale"
    assert [incident["status"] for incident in desk.incidents()] == ["detected"]


def test_what_was_repeated_regularly_is_missed_sooner(desk: Desk) -> None:
    repeat(desk, timedelta(minutes=5), 6)
    with clock.moved(timedelta(minutes=25) + 0.9 * HOUR):
        assert grow(desk) == 0
    with clock.moved(timedelta(minutes=25) + 1.1 * HOUR):
        assert grow(desk) == 1


def test_a_slow_rhythm_is_waited_for(desk: Desk) -> None:
    repeat(desk, 3 * HOUR, 6)
    with clock.moved(15 * HOUR + 17 * HOUR):
        assert grow(desk) == 0
    with clock.moved(15 * HOUR + 19 * HOUR):
        assert grow(desk) == 1


def test_a_burst_is_no_rhythm(desk: Desk) -> None:
    repeat(desk, timedelta(seconds=1), 8)
    with clock.moved(5 * HOUR):
        assert grow(desk) == 0


def test_a_repeat_makes_it_fire_again_and_the_timeline_says_so_once(desk: Desk) -> None:
    desk.send(firing(), firing("other", group_key="k"))
    with clock.moved(25 * HOUR):
        grow(desk)
        desk.send(firing())
        desk.send(firing(), firing("other", group_key="k"))
    assert [(alert["status"], alert["count"]) for alert in desk.alerts()] == [("firing", 3), ("firing", 2)]
    assert [line for line in desk.story() if "again" in line] == ["The alert “alert k” is repeated again"]
    assert len(desk.incidents()) == 1


def test_the_end_of_a_stale_alert_is_heard(desk: Desk) -> None:
    desk.send(firing())
    with clock.moved(25 * HOUR):
        grow(desk)
        desk.send(resolved())
    assert [alert["status"] for alert in desk.alerts()] == ["resolved"]


def test_a_stale_alert_keeps_its_incident_from_turning_green_by_itself(desk: Desk) -> None:
    desk.send(firing(), firing("other", group_key="k"))
    with clock.moved(25 * HOUR):
        grow(desk)
        desk.send(resolved())
        assert "probe 1" not in desk.woken()
        desk.send(resolved("other"))
        assert "probe 1" in desk.woken()


def test_after_its_incident_ended_a_stale_alert_that_comes_again_is_a_new_one(desk: Desk) -> None:
    desk.send(firing())
    with clock.moved(25 * HOUR):
        grow(desk)
        desk.act(transitions.dismiss, incident="INC-1", reason="nothing")
        desk.send(firing())
    assert [alert["status"] for alert in desk.alerts()] == ["resolved", "firing"]
    assert len(desk.incidents()) == 2


def test_nothing_is_told_of_an_incident_that_has_ended(desk: Desk) -> None:
    desk.send(firing())
    desk.act(transitions.dismiss, incident="INC-1", reason="nothing")
    before = desk.story()
    with clock.moved(25 * HOUR):
        assert grow(desk) == 1
    assert desk.story() == before


def test_a_stale_alert_keeps_no_silence_up(desk: Desk) -> None:
    desk.send(firing())
    with clock.moved(25 * HOUR), desk.store.transaction() as conn:
        silences.create_silence(conn, ANNA, matchers=["key=k"], comment="known")
        assert silences.held(conn, 1, clock.now()).until is not None
    with clock.moved(25 * HOUR):
        grow(desk)
        with desk.store.transaction() as conn:
            assert silences.held(conn, 1, clock.now()).until is None


def test_stale_alerts_can_be_listed(desk: Desk) -> None:
    desk.send(firing())
    with clock.moved(25 * HOUR):
        grow(desk)
    with desk.store.transaction() as conn:
        assert [one["status"] for one in alerts.list_alerts(conn, ANNA, status="stale")] == ["stale"]
        assert alerts.list_alerts(conn, ANNA, status="firing") == []


def test_zero_means_never(desk: Desk) -> None:
    desk.send(firing())
    with clock.moved(1000 * HOUR):
        assert grow(desk, Settings.model_validate({"policy": {"stale_after": "0s"}})) == 0

"""Signals grouped in memory go the way of intake."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fireline.detect.replay import Replay
from fireline.detect.source import Event
from fireline.incident.scheme import Scheme
from fireline.settings import Settings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRES = Event(key="k", key_reason="its key", title="disk full", severity="warning", group_key="g")
OVER = replace(FIRES, status="resolved")


def made() -> Replay:
    return Replay(Settings.model_validate({}), Scheme())


def after(**span: float) -> datetime:
    return NOON + timedelta(**span)


def test_repeats_are_counted_and_what_resolved_opens_again() -> None:
    side = made()
    assert [one.opens for one in side.take("am", [FIRES], NOON, b"1")] == [True]
    assert side.take("am", [FIRES], after(minutes=1), b"2") == []
    assert side.take("am", [OVER], after(minutes=2), b"3") == []
    assert [one.opens for one in side.take("am", [FIRES], after(minutes=9), b"4")] == [False]
    assert (side.alerts, len(side.incidents)) == (2, 1)


def test_after_the_window_a_group_opens_a_new_incident() -> None:
    side = made()
    side.take("am", [FIRES], NOON, b"1")
    [late] = side.take("am", [replace(FIRES, key="other")], after(hours=2), b"2")
    assert late.opens
    assert len(side.incidents) == 2


def test_a_late_copy_of_what_was_resolved_opens_nothing() -> None:
    side = made()
    side.take("am", [replace(FIRES, once="7")], NOON, b"1")
    side.take("am", [OVER], after(minutes=1), b"2")
    assert side.take("am", [replace(FIRES, once="7")], after(minutes=2), b"1") == []
    assert len(side.take("am", [replace(FIRES, once="8")], after(minutes=3), b"3")) == 1


def test_what_gets_worse_makes_its_incident_worse_and_never_better() -> None:
    side = made()
    side.take("am", [FIRES], NOON, b"1")
    before = side.incidents[0].severity.rank
    side.take("am", [replace(FIRES, severity="critical")], after(minutes=1), b"2")
    assert side.incidents[0].severity.rank < before
    side.take("am", [replace(FIRES, severity="info")], after(minutes=2), b"3")
    assert side.incidents[0].severity.rank < before


def test_changes_beats_and_remarks_open_nothing() -> None:
    side = made()
    events = [replace(FIRES, kind="change"), replace(FIRES, kind="beat"), replace(FIRES, status="noted")]
    assert side.take("am", events, NOON, b"1") == []
    assert side.heard == {"change": 1, "beat": 1, "remark": 1}

"""Severities chosen by their criteria, and response times read from the runbook's words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.runbook.criteria import DEFAULT_SEVERITIES, ResponseTime, choose_severity, response_time

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

CHOSEN = {
    "HighQueryLatency: queries hang severity=critical": ("P1", "its sender called it critical"),
    "The whole app is down": ("P0", "the words “whole app is down”"),
    "Users lost grades": ("P0", "“grades” and “lost” fit its criterion “Data loss or corruption”"),
    "an attacker is in the system": ("P0", "“attacker” fits its criterion “Security breach”"),
    "corrupted table, severity: info": ("P0", "“corrupted” fits its criterion “Data loss or corruption”"),
    "checkout feature broken": ("P1", "“feature” and “broken” fit its criterion “Major feature broken”"),
    "app is slow for many users": ("P1", "“slow” fits its criterion “Performance degradation affecting many users”"),
    "latency warning, priority: warning": ("P2", "its sender called it warning"),
    "disk 80% severity=info": ("P3", "its sender called it info"),
    "a small visual glitch": ("P3", "“small” fits its criterion “Cosmetic issues”"),
    "backup took longer, severity: P2": ("P2", "its sender called it p2"),
}


@pytest.mark.parametrize(("text", "expected"), CHOSEN.items())
def test_the_severity_is_chosen_with_a_reason(text: str, expected: tuple[str, str]) -> None:
    chosen = choose_severity(DEFAULT_SEVERITIES, text)
    assert chosen is not None
    assert (chosen[0].id, chosen[1]) == expected


@pytest.mark.parametrize(
    "text", ["", "something odd", "The list is empty", "Security policy document updated", "slowdown of growth"]
)
def test_where_nothing_speaks_of_a_severity_none_is_invented(text: str) -> None:
    chosen = choose_severity(DEFAULT_SEVERITIES, text)
    assert chosen is None or chosen[0].rank > 0


def test_the_sender_may_be_given_apart_and_fewer_severities_clamp() -> None:
    two = DEFAULT_SEVERITIES[:2]
    chosen = choose_severity(two, "disk", "info")
    assert chosen is not None
    assert chosen[0].id == "P1"
    one = choose_severity(DEFAULT_SEVERITIES[:1], "disk", "warning")
    assert one is not None
    assert one[0].id == "P0"
    assert choose_severity((), "down") is None


def test_the_usual_severities_are_four_with_times() -> None:
    assert [(one.id, one.rank) for one in DEFAULT_SEVERITIES] == [("P0", 0), ("P1", 1), ("P2", 2), ("P3", 3)]
    assert [response_time(one.response or "").kind for one in DEFAULT_SEVERITIES] == [
        "immediate",
        "duration",
        "duration",
        "business_day",
    ]


TIMES = {
    "Immediate": ResponseTime("immediate"),
    "ASAP": ResponseTime("immediate"),
    "Within 1 hour": ResponseTime("duration", HOUR),
    "within 30 minutes": ResponseTime("duration", 30 * MINUTE),
    "4h": ResponseTime("duration", 4 * HOUR),
    "<15 min": ResponseTime("duration", 15 * MINUTE),
    "15-30 minutes": ResponseTime("duration", 30 * MINUTE),
    "half an hour": ResponseTime("duration", 30 * MINUTE),
    "< 15 minutes (24/7)": ResponseTime("duration", 15 * MINUTE),
    "2 business hours": ResponseTime("duration", 2 * HOUR, business=True),
    "2 business days": ResponseTime("duration", 16 * HOUR, business=True),
    "Next business day": ResponseTime("business_day"),
    "1 business day": ResponseTime("business_day"),
    "24 hours": ResponseTime("duration", 24 * HOUR),
    "innerhalb von 30 Minuten": ResponseTime("duration", 30 * MINUTE),
    "nächster Werktag": ResponseTime("business_day"),
    "sofort": ResponseTime("immediate"),
    "sous 4 heures": ResponseTime("duration", 4 * HOUR),
    "immédiatement": ResponseTime("immediate"),
    "": ResponseTime("none", note="no response time is named"),
    "Best effort": ResponseTime("none", note="“Best effort” is not understood as a time"),
}


@pytest.mark.parametrize(("phrase", "expected"), TIMES.items())
def test_a_phrase_is_read_as_a_time(phrase: str, expected: ResponseTime) -> None:
    assert response_time(phrase) == expected


@given(st.text(max_size=80))
def test_any_phrase_is_a_time_or_none_with_a_note(phrase: str) -> None:
    read = response_time(phrase)
    assert (read.kind == "none") == bool(read.note)
    assert (read.kind == "duration") == (read.duration is not None)

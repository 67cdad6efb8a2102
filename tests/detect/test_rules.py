from __future__ import annotations

from typing import Any

import pytest

from fireline.detect.rules import rule, severity_of, target_of
from fireline.detect.source import Event
from fireline.incident.scheme import USUAL, Scheme
from fireline.settings import Settings

DSN = "postgres://fireline@db/app"
TARGETS = {
    "main": {"dsn": DSN, "labels": {"cluster": "eu", "db": "app"}},
    "billing": {"dsn": DSN, "labels": {"db": "billing"}},
    "plain": {"dsn": DSN},
}
SOURCE = {"format": "generic", "token": "token-of-cron"}


def settings(targets: Any = TARGETS, **source: Any) -> Settings:
    return Settings.model_validate({"targets": targets, "sources": {"cron": SOURCE | source}})


def event(**fields: Any) -> Event:
    return Event(**({"key": "k", "key_reason": "r", "title": "something"} | fields))


@pytest.mark.parametrize(
    ("said", "labels", "source", "target"),
    [
        ("billing", {"cluster": "eu", "db": "app"}, "main", "billing"),
        ("unheard-of", {"db": "billing", "more": "x"}, "main", "billing"),
        (None, {"cluster": "eu", "db": "app"}, "plain", "main"),
        (None, {"cluster": "eu"}, "plain", "plain"),
        (None, {}, "plain", "plain"),
        (None, {}, None, None),
    ],
)
def test_the_target_is_what_the_sender_names_then_the_labels_then_the_source(
    said: str | None, labels: dict[str, str], source: str | None, target: str | None
) -> None:
    assert target_of(settings(target=source), "cron", event(target=said, labels=labels)) == target


def test_the_only_target_is_meant_and_none_is_none() -> None:
    assert target_of(settings({"one": {"dsn": DSN}}), "cron", event()) == "one"
    assert target_of(settings({"one": {"dsn": DSN}}), "report", event()) == "one"
    assert target_of(settings({}), "cron", event(target="gone")) is None


@pytest.mark.parametrize(
    ("word", "severity"),
    [("P1", "P1"), ("p2", "P2"), ("Critical", "P0"), ("high", "P1"), ("low", "P3"), ("page", "P0"), ("error", "P1"),
     ("WARNING", "P2"), ("info", "P3")],
)  # fmt: skip
def test_the_senders_own_word_counts(word: str, severity: str) -> None:
    found, reason = severity_of(Scheme(), event(severity=word))
    assert (found.id, reason) == (severity, f"the sender says “{word}”")


def test_words_are_counted_from_the_end_of_a_short_list() -> None:
    two = Scheme(severities=USUAL[:2])
    assert severity_of(two, event(severity="warning"))[0].id == "P1"
    assert severity_of(two, event(severity="info"))[0].id == "P1"
    assert severity_of(two, event(severity="fatal"))[0].id == "P0"


def test_without_a_word_that_is_known_the_criteria_read_the_text() -> None:
    def suggest(complaint: str) -> tuple[str, str] | None:
        return ("P0", "“data loss” is a criterion of P0") if "data loss" in complaint else None

    scheme = Scheme(suggest=suggest)
    found, reason = severity_of(scheme, event(severity="chartreuse", text="there is data loss"))
    assert (found.id, reason) == ("P0", "“data loss” is a criterion of P0")
    assert severity_of(scheme, event())[0].id == "P1"


def test_a_rule_that_breaks_lets_the_alert_through_by_itself_as_severe_as_can_be() -> None:
    def broken(complaint: str) -> tuple[str, str] | None:
        raise KeyError(complaint)

    ruling = rule(settings(), Scheme(suggest=broken), "cron", event(group_key="a-group"))
    assert (ruling.severity.id, ruling.group_key, ruling.target) == ("P0", "k", None)
    assert ruling.fault == "KeyError: 'something\\n'"


@pytest.mark.parametrize(
    ("called", "fits", "severity"),
    [
        ("critical", "P1", "P1"),
        ("critical", "P2", "P0"),
        ("warning", "P0", "P0"),
        ("warning", "P3", "P2"),
        ("info", "P1", "P1"),
        (None, "P3", "P3"),
        ("unheard of", "P2", "P2"),
        ("P3", "P0", "P3"),
    ],
)
def test_the_runbooks_criteria_count_unless_they_would_make_the_alert_smaller(
    called: str | None, fits: str, severity: str
) -> None:
    scheme = Scheme(suggest=lambda _: (fits, "its criterion"))
    assert severity_of(scheme, event(severity=called))[0].id == severity

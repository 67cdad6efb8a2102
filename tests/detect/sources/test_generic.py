from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.detect.source import Event, Inbound
from fireline.detect.sources.generic import source
from fireline.errors import Usage
from fireline.redact import Secret
from fireline.settings import SourceSettings

SETTINGS = SourceSettings(format="generic", token=Secret("token-of-generic"))
FORM = "application/x-www-form-urlencoded"


def read(document: Any, **query: str) -> list[Event]:
    return source.parse(Inbound("cron", json.dumps(document).encode(), SETTINGS, query=query))


def form(body: bytes, **query: str) -> Event:
    (event,) = source.parse(Inbound("cron", body, SETTINGS, FORM, query))
    return event


def test_a_summary_is_enough() -> None:
    assert read({"summary": "backup failed"}) == [
        Event(key="cron::backup failed", key_reason="the title", title="backup failed")
    ]


def test_every_field_is_read() -> None:
    (event,) = read(
        {
            "title": "disk full",
            "details": "97 %\nof /var",
            "severity": "warning",
            "dedup": "disk-db1",
            "target": "main",
            "group": "db1",
            "labels": {"host": "db1", "free": 3, "none": None, "more": [1]},
            "meta": {"runbook": "http://wiki"},
            "starts_at": "2026-01-05T03:00:00Z",
        }
    )
    assert event == Event(
        key="cron:disk-db1",
        key_reason="the sender's dedup key",
        title="disk full",
        text="97 %\nof /var",
        severity="warning",
        target="main",
        labels={"host": "db1", "free": "3", "more": "[1]"},
        annotations={"runbook": "http://wiki"},
        group_key="cron:db1",
        group_reason="the sender's group",
        starts_at="2026-01-05T03:00:00+00:00",
        once="disk-db1:2026-01-05T03:00:00Z",
    )


def test_without_a_dedup_key_target_and_title_are_the_alert() -> None:
    (event,) = read({"message": "slow", "target": "main"})
    assert (event.key, event.key_reason) == ("cron:main:slow", "target and title")


@pytest.mark.parametrize("word", ["close", "resolve", "resolved", "OK", "closed", "up"])
@pytest.mark.parametrize("field", ["action", "status", "event_action"])
def test_whatever_says_that_it_is_over_resolves(field: str, word: str) -> None:
    (event,) = read({"dedup": "x", field: word})
    assert (event.status, event.title) == ("resolved", "x")


@pytest.mark.parametrize("word", ["trigger", "down", "what", "", None, 1])
def test_a_status_nobody_knows_fires(word: object) -> None:
    assert read({"summary": "x", "status": word})[0].status == "firing"


def test_a_form_and_the_query_do_as_well_and_the_token_is_never_a_field() -> None:
    event = form(b"summary=disk+full&details=97%25", token="hunter2hunter2", severity="P1")
    assert (event.title, event.text, event.severity) == ("disk full", "97%", "P1")
    assert "hunter2" not in json.dumps(event.json())
    assert form(b"", summary="from the query").title == "from the query"


def test_a_list_is_many_alerts() -> None:
    assert [event.title for event in read([{"summary": "a"}, {"summary": "b"}])] == ["a", "b"]
    assert read([]) == []


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "no summary"),
        ({"summary": " \u200b\n"}, "no summary"),
        ({"dedup": "x"}, "no summary"),
        ([{"summary": "a"}, 7], "an alert is a JSON object"),
        ([{"summary": "a"}] * 1001, "1001 alerts in one delivery"),
    ],
)
def test_what_is_no_alert_is_named_precisely(document: Any, said: str) -> None:
    with pytest.raises(Usage, match=said):
        read(document)


def test_a_key_too_long_for_an_index_is_shortened_and_stays_different() -> None:
    one, other = read([{"summary": "x", "dedup": "k" * 1000 + "1"}, {"summary": "x", "dedup": "k" * 1000 + "2"}])
    assert one.key != other.key
    assert len(one.key) == len(other.key) == 300


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["summary", "title", "details", "severity", "status", "action", "dedup", "target", "group", "labels", "meta"]
ALERT = st.dictionaries(st.sampled_from([*NAMES, "starts_at", "ends_at"]), WILD, max_size=6)


@given(ALERT | st.lists(ALERT | WILD, max_size=3) | WILD, st.dictionaries(st.text(), st.text(), max_size=2))
def test_nothing_but_a_usage_error_comes_of_any_document(document: Any, query: dict[str, str]) -> None:
    try:
        events = source.parse(Inbound("g", json.dumps(document).encode(), SETTINGS, query=query))
    except Usage:
        return
    for event in events:
        assert event.title
        json.dumps(event.json())


@given(st.binary(max_size=100), st.sampled_from([FORM, "application/json", "text/plain", "multipart/x"]))
def test_nothing_but_a_usage_error_comes_of_any_bytes(body: bytes, content_type: str) -> None:
    with contextlib.suppress(Usage):
        source.parse(Inbound("g", body, SETTINGS, content_type))

"""What holds for every format on the shelf, whatever comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline import shelf
from fireline.detect.source import Event, Inbound, Source, event_of
from fireline.errors import FirelineError
from fireline.redact import Secret
from fireline.settings import SourceSettings

SOURCES: dict[str, Source] = shelf.read("fireline.detect.sources", "source")
FIELDS = [
    "alerts",
    "action",
    "status",
    "labels",
    "annotations",
    "data",
    "event",
    "issue",
    "issue_id",
    "id",
    "metric_alert",
    "title",
    "summary",
    "message",
    "alias",
    "details",
    "payload",
    "routing_key",
    "event_action",
    "dedup_key",
    "severity",
    "source",
    "timestamp",
    "links",
    "state",
    "deployment",
    "deployment_status",
    "release",
    "repository",
    "metadata",
    "monitorID",
    "alertType",
    "alertDateTime",
    "fingerprint",
    "startsAt",
    "version",
    "groupKey",
    "values",
    "tags",
    "exception",
    "level",
    "project",
    "actor",
    "priority",
    "dedup",
    "meta",
    "text",
    "target",
]
TEXTS = st.one_of(st.text(max_size=20), st.sampled_from(["firing", "resolved", "trigger", "created", "success", "4"]))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5)),
    max_leaves=12,
)
HEADERS = st.dictionaries(
    st.sampled_from(["sentry-hook-resource", "x-github-event", "content-type", "authorization"]),
    st.sampled_from(["issue", "event_alert", "metric_alert", "deployment_status", "release", "\u00e4"]),
    max_size=3,
)


@pytest.mark.parametrize("format_", SOURCES)
def test_a_source_bears_the_name_of_its_file(format_: str) -> None:
    assert SOURCES[format_].format == format_
    assert SOURCES[format_].summary


@pytest.mark.parametrize("format_", SOURCES)
@given(
    document=VALUES,
    headers=HEADERS,
    place=st.dictionaries(st.sampled_from(["action", "identifier", "rest"]), TEXTS.filter(bool)),
)
def test_whatever_comes_is_events_or_one_line_that_says_why_not(
    format_: str, document: Any, headers: dict[str, str], place: dict[str, str]
) -> None:
    source = SOURCES[format_]
    settings = SourceSettings(format=format_, token=Secret("token-of-it"))
    options = source.options_of(format_, settings)
    body = json.dumps(document).encode()
    inbound = Inbound(format_, body, settings, "application/json", {}, headers, place=place, options=options)
    events, said = _read(source, inbound)
    assert "\n" not in said
    for event in events:
        _holds(event)


def _read(source: Source, inbound: Inbound) -> tuple[list[Event], str]:
    try:
        return source.parse(inbound), ""
    except FirelineError as refused:
        return [], refused.message


def _holds(event: Event) -> None:
    assert event.title
    assert event.key or event.number is not None
    assert len(event.key) <= 300
    assert event.kind in ("alert", "change", "beat")
    assert event.status in ("firing", "resolved", "acknowledged", "noted")
    assert event_of(json.loads(json.dumps(event.json()))) == event

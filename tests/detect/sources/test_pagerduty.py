from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.detect.source import Answer, Event, Inbound, Knock
from fireline.detect.sources.pagerduty import Invalid, source
from fireline.errors import FirelineError, NotFound, StoreUnavailable, Unauthenticated, Usage
from fireline.redact import Secret
from fireline.settings import SourceSettings

KEY = "0123456789abcdef0123456789abcdef"
SETTINGS = SourceSettings(format="pagerduty", token=Secret(KEY))
PAYLOAD = {"summary": "disk at 99 % on db1", "source": "db1.example.org", "severity": "critical"}
CHANGES = {"kind": "change"}


def inbound(document: Any, **place: str) -> Inbound:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Inbound("pd", body, SETTINGS, place=place)


def trigger(payload: Any = None, **fields: Any) -> dict[str, Any]:
    return {"routing_key": KEY, "event_action": "trigger", "payload": payload or PAYLOAD, **fields}


def read(document: Any, **place: str) -> Event:
    (event,) = source.parse(inbound(document, **place))
    return event


def knock(document: Any, headers: dict[str, str] | None = None, **place: str) -> list[str]:
    assert source.presented is not None
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return source.presented(Knock(body, "application/json", {}, headers or {}, "POST", place))


def answered(document: Any, **place: str) -> Answer:
    assert source.answer is not None
    return source.answer(inbound(document, **place), 7)


def refused(wrong: FirelineError, status: int = 400) -> tuple[int, Any]:
    assert source.refuse is not None
    told = source.refuse(wrong, status)
    return told.status, told.body


def faults(document: Any, **place: str) -> list[str]:
    with pytest.raises(Invalid) as wrong:
        read(document, **place)
    status, body = refused(wrong.value)
    assert status == 400
    assert (body["status"], body["message"]) == ("invalid event", "Event object is invalid")
    return list(body["errors"])


def test_every_field_of_a_trigger_is_read() -> None:
    event = read(
        trigger(
            PAYLOAD
            | {
                "timestamp": "2026-01-05T03:00:00.315+0000",
                "component": "postgres",
                "group": "prod",
                "class": "disk",
                "custom_details": {"free": "1 %", "load": 0.75, "source": "kept out", "none": None, "more": {"a": [1]}},
            },
            dedup_key="db1/disk",
            client="Monitor",
            client_url="https://monitor.example.org",
            links=[{"href": "https://wiki.example.org", "text": "Runbook"}, {"href": "https://two.example.org"}, "no"],
            images=[{"src": "https://graph.example.org/1.png", "alt": "Load"}],
        )
    )
    assert event == Event(
        key="pd:db1/disk",
        key_reason="the sender's dedup_key",
        title="disk at 99 % on db1",
        text='free: 1 %\nload: 0.75\nsource: kept out\nmore: {"a": [1]}',
        severity="critical",
        labels={
            "source": "db1.example.org",
            "component": "postgres",
            "group": "prod",
            "class": "disk",
            "free": "1 %",
            "load": "0.75",
            "more": '{"a": [1]}',
        },
        annotations={
            "client": "Monitor",
            "client_url": "https://monitor.example.org",
            "link 1": "Runbook https://wiki.example.org",
            "link 2": "https://two.example.org",
            "image 1": "Load https://graph.example.org/1.png",
        },
        starts_at="2026-01-05T03:00:00.315000+00:00",
        once="db1/disk:2026-01-05T03:00:00.315+0000",
    )


@pytest.mark.parametrize(("action", "status"), [("acknowledge", "acknowledged"), ("resolve", "resolved")])
def test_what_follows_needs_the_key_alone(action: str, status: str) -> None:
    document = {"routing_key": KEY, "event_action": action, "dedup_key": "db1/disk"}
    event = read(document)
    assert (event.key, event.status, event.title) == ("pd:db1/disk", status, "db1/disk")
    assert event.key == read(trigger(dedup_key="db1/disk")).key
    assert answered(document).body == {"status": "success", "message": "Event processed", "dedup_key": "db1/disk"}


def test_a_trigger_without_a_dedup_key_gets_one_that_resolves_it() -> None:
    document = trigger()
    told = answered(document)
    assert told.status == 202
    assert isinstance(told.body, dict)
    made = told.body["dedup_key"]
    assert len(made) == 32
    assert read(document).key == f"pd:{made}"
    assert read({"event_action": "resolve", "dedup_key": made}).key == f"pd:{made}"


def test_without_a_timestamp_each_trigger_is_an_occurrence_of_its_own() -> None:
    delivery = inbound(trigger(dedup_key="k"))
    assert source.parse(delivery)[0].once == str(delivery.uid)
    assert read({"event_action": "resolve", "dedup_key": "k"}).once is None


def test_the_same_trigger_delivered_twice_gets_the_same_key_and_another_gets_its_own() -> None:
    same = (
        trigger(PAYLOAD | {"timestamp": "2026-01-05T03:00:00Z"}),
        trigger(PAYLOAD | {"timestamp": "2026-01-05T03:01:00Z"}),
    )
    other = trigger(PAYLOAD | {"custom_details": {"job": "b"}})
    assert read(same[0]).key == read(same[1]).key != read(other).key


def test_a_long_summary_is_a_title_and_whole_in_the_text() -> None:
    event = read(trigger(PAYLOAD | {"summary": "x" * 1024}))
    assert len(event.title) == 300
    assert event.text == "x" * 1024


@pytest.mark.parametrize(
    ("document", "errors"),
    [
        ({"routing_key": KEY}, ["'event_action' is missing or blank"]),
        (
            trigger(event_action="page"),
            ["'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"],
        ),
        (
            trigger(event_action=["trigger"]),
            ["'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"],
        ),
        ({"event_action": "resolve"}, ["'dedup_key' is missing or blank"]),
        ({"event_action": "acknowledge", "dedup_key": " "}, ["'dedup_key' is missing or blank"]),
        (trigger(dedup_key="k" * 256), ["'dedup_key' is too long (maximum is 255 characters)"]),
        ({"event_action": "trigger"}, ["'payload' is missing or blank"]),
        (trigger("text"), ["'payload' is missing or blank"]),
        (
            trigger({"severity": ""}),
            [f"'payload.{name}' is missing or blank" for name in ("summary", "source", "severity")],
        ),
        (
            trigger(PAYLOAD | {"severity": "CRITICAL"}),
            ["'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"],
        ),
        (trigger(PAYLOAD | {"summary": "x" * 1025}), ["'summary' is too long (maiximum is 1024 characters)"]),
    ],
)
def test_what_is_wrong_is_said_in_pagerdutys_words(document: Any, errors: list[str]) -> None:
    assert faults(document) == errors


def test_the_limits_themselves_are_accepted() -> None:
    assert read(trigger(PAYLOAD | {"summary": "x" * 1024}, dedup_key="k" * 255)).key == f"pd:{'k' * 255}"
    assert source.largest == 524_288


@pytest.mark.parametrize("body", [b"{broken", b"[1]", b'"x"', b"\xff{"])
def test_what_is_no_event_at_all_is_named_so(body: bytes) -> None:
    with pytest.raises(Usage) as wrong:
        knock(body)
    status, told = refused(wrong.value)
    assert status == 400
    assert (told["status"], told["message"]) == ("Unrecognized object", "Event object format is unrecognized")
    assert told["errors"][0] == "JSON parse error"


def test_the_key_is_in_the_body_and_in_old_clients_in_a_header() -> None:
    assert knock(trigger()) == [KEY]
    assert knock({"event_action": "trigger"}, {"x-routing-key": KEY}) == [KEY]
    assert knock({}, {"authorization": "Bearer x"}) == []


@pytest.mark.parametrize(
    ("key", "errors"),
    [
        (None, ["'routing_key' is missing or blank"]),
        ("", ["'routing_key' is missing or blank"]),
        ("short", ["Length of 'routing_key' is incorrect (should be 32 characters)"]),
        (
            "e+23rschqsESqk9Q6_-g",
            [
                "Length of 'routing_key' is incorrect (should be 32 characters)",
                "'routing_key' cannot contain non-alphanumeric characters.",
            ],
        ),
        ("ü" * 32, ["'routing_key' cannot contain non-alphanumeric characters."]),
        (7, ["Length of 'routing_key' is incorrect (should be 32 characters)"]),
    ],
)
def test_a_key_that_can_be_none_is_told_so_before_it_is_looked_up(key: Any, errors: list[str]) -> None:
    with pytest.raises(Invalid) as wrong:
        knock(trigger(routing_key=key))
    assert wrong.value.errors == errors


def test_a_key_that_nobody_has_is_answered_as_pagerduty_does() -> None:
    assert refused(Unauthenticated("no"), 401) == (400, "Invalid routing key")


def test_overload_and_an_absent_store_stay_what_they_are() -> None:
    assert refused(StoreUnavailable(), 503)[0] == 503


def test_a_deploy_is_a_change_and_no_alert() -> None:
    document = {
        "routing_key": KEY,
        "payload": {
            "summary": "Deployed web 4.1",
            "source": "ci",
            "timestamp": "2026-01-05T03:00:00Z",
            "custom_details": {"author": "anna", "build": 7},
        },
        "links": [{"href": "https://ci.example.org/7", "text": "Build 7"}],
    }
    event = read(document, **CHANGES)
    assert (event.kind, event.title, event.by, event.starts_at) == (
        "change",
        "Deployed web 4.1",
        "anna",
        "2026-01-05T03:00:00+00:00",
    )
    assert event.labels == {"kind": "deploy", "source": "ci", "author": "anna", "build": "7"}
    assert event.annotations["url"] == "https://ci.example.org/7"
    assert event.text == "author: anna\nbuild: 7\nBuild 7 https://ci.example.org/7"
    assert event.once == read(document, **CHANGES).once
    assert answered(document, **CHANGES).body == {"status": "success", "message": "Change event processed"}


@pytest.mark.parametrize(
    ("summary", "kind"),
    [
        ("Rolled out v3", "deploy"),
        ("Migrated orders to bigint", "migration"),
        ("Feature flag x on", "setting"),
        ("Hi", "other"),
    ],
)
def test_the_words_of_a_change_say_which_kind_it_is(summary: str, kind: str) -> None:
    assert read({"payload": {"summary": summary}}, **CHANGES).labels["kind"] == kind


def test_a_change_needs_a_summary_alone() -> None:
    assert faults({"payload": {"source": "ci"}}, **CHANGES) == ["'payload.summary' is missing or blank"]
    assert faults({}, **CHANGES) == ["'payload' is missing or blank"]


def test_there_is_no_other_queue() -> None:
    with pytest.raises(NotFound):
        knock(trigger(), kind="alerts")
    assert knock(trigger(), None, **CHANGES) == [KEY]


def test_texts_where_objects_belong_are_kept() -> None:
    event = read(
        trigger(PAYLOAD | {"custom_details": "97 % of /var", "timestamp": 1767582000}, links="x", images={"a": 1})
    )
    assert event.text == "details: 97 % of /var"
    assert event.starts_at == "2026-01-05T03:00:00+00:00"
    assert read(trigger(PAYLOAD | {"timestamp": "yesterday"})).starts_at is None


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"]
INSIDE: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {}, optional={name: WILD | st.just("critical") for name in NAMES}
)
EVENT: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"event_action": st.sampled_from(["trigger", "resolve", "acknowledge"]) | WILD},
    optional={"dedup_key": WILD, "payload": INSIDE | WILD, "links": WILD, "images": WILD, "client": WILD},
)


@given(EVENT | WILD, st.sampled_from([{}, CHANGES]))
def test_nothing_but_a_usage_error_comes_of_any_document(document: Any, place: dict[str, str]) -> None:
    status = None
    try:
        event = read(document, **place)
    except Usage as wrong:
        status = refused(wrong)[0]
    if status is not None:
        assert status == 400
        return
    assert event.title
    json.dumps([event.json(), answered(document, **place).body])

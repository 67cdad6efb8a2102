from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.detect.source import Answer, Event, Inbound, Kept, Knock
from fireline.detect.sources.goalert import source
from fireline.errors import FirelineError, Unauthenticated, Usage
from fireline.redact import Secret
from fireline.settings import SourceSettings

TOKEN = "d3b07384-d9a0-4c9b-8f6c-1c5a2e4f7a60"
SETTINGS = SourceSettings(format="goalert", token=Secret(TOKEN))
FORM = "application/x-www-form-urlencoded"


def json_of(document: Any, headers: dict[str, str] | None = None, **query: str) -> Inbound:
    body = json.dumps(document).encode()
    return Inbound("go", body, SETTINGS, query={"token": TOKEN, **query}, headers=headers or {})


def form_of(fields: list[tuple[str, str]], **query: str) -> Inbound:
    return Inbound("go", urlencode(fields).encode(), SETTINGS, FORM, {"token": TOKEN, **query})


def read(inbound: Inbound) -> Event:
    (event,) = source.parse(inbound)
    assert event.once == (str(inbound.uid) if event.status == "firing" else None)
    return replace(event, once=None)


def answered(inbound: Inbound, signal: Kept = 7) -> Answer:
    assert source.answer is not None
    return source.answer(inbound, signal)


def refused(wrong: FirelineError, status: int = 400) -> tuple[int, Any]:
    assert source.refuse is not None
    told = source.refuse(wrong, status)
    return told.status, told.body


def test_json_a_form_and_the_query_say_the_same() -> None:
    expected = Event(
        key="go:disk-db1",
        key_reason="the sender's dedup",
        title="disk full",
        text="97 %\nof /var",
        severity="warning",
        labels={"severity": "warning", "host": "db1"},
    )
    fields = {"summary": "disk full", "details": "97 %\nof /var", "dedup": "disk-db1"}
    assert read(json_of({**fields, "meta": {"severity": "warning", "host": "db1"}})) == expected
    assert read(form_of([*fields.items(), ("meta", "severity=warning"), ("meta", "host=db1")])) == expected
    assert read(json_of({}, None, **fields, meta="host=db1")).labels == {"host": "db1"}


def test_the_body_goes_before_the_query() -> None:
    assert read(json_of({"summary": "body", "details": None}, None, summary="query", details="there")).title == "body"
    assert read(json_of({"summary": "body", "details": None}, None, summary="query", details="there")).text == "there"


def test_without_dedup_summary_and_details_are_the_alert() -> None:
    keys = {read(json_of({"summary": "x", "details": details})).key for details in ("a", "a", "b", None)}
    assert len(keys) == 3
    assert read(json_of({"summary": "x", "details": "a", "action": "close"})).status == "resolved"


def test_close_alone_resolves() -> None:
    assert read(json_of({"dedup": "d", "action": "close"})).status == "resolved"
    assert read(json_of({"summary": "x", "action": "closed"})).status == "firing"


@pytest.mark.parametrize("document", [{}, {"details": "x"}, {"dedup": "d"}, {"summary": "  "}, {"action": "close"}])
def test_a_summary_is_required(document: Any) -> None:
    with pytest.raises(Usage, match="summary is required") as wrong:
        read(json_of(document))
    assert refused(wrong.value) == (400, "summary is required\n")


def test_the_answer_is_empty_unless_json_is_wanted() -> None:
    assert answered(json_of({"summary": "x"})) == Answer(204, None)
    wanted = {"accept": "application/json"}
    assert answered(json_of({"summary": "x"}, wanted)) == Answer(200, {"AlertID": 7, "ServiceID": "go", "IsNew": True})
    closing = json_of({"dedup": "x", "action": "close"}, wanted)
    assert answered(closing, "uid") == Answer(200, {"AlertID": 0, "ServiceID": "go", "IsNew": False})


def test_a_wrong_token_is_answered_in_plain_text() -> None:
    assert refused(Unauthenticated("no"), 401) == (401, "Unauthorized\n")


@pytest.mark.parametrize("name", ["token", "integrationKey"])
def test_the_token_may_stand_in_the_form_too(name: str) -> None:
    assert source.presented is not None
    assert TOKEN in source.presented(Knock(f"{name}={TOKEN}".encode(), FORM, {}, {}, "POST", {}))
    assert TOKEN in source.presented(Knock(b"", "", {name: TOKEN}, {}, "POST", {}))


def test_the_token_is_never_kept() -> None:
    inbound = form_of([("summary", "x"), ("token", TOKEN), ("meta", "a=b")])
    assert TOKEN not in json.dumps(read(inbound).json())


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["summary", "details", "dedup", "action", "meta"]


@given(
    st.dictionaries(st.sampled_from(NAMES), WILD) | WILD, st.dictionaries(st.sampled_from(NAMES), st.text(max_size=9))
)
def test_nothing_but_a_usage_error_comes_of_any_document(document: Any, query: dict[str, str]) -> None:
    with contextlib.suppress(Usage):
        event = read(json_of(document, {"accept": "application/json"}, **query))
        assert event.title
        json.dumps([event.json(), answered(json_of(document, {"accept": "application/json"}, **query)).body])


@given(st.binary(max_size=100))
def test_nothing_but_a_usage_error_comes_of_any_form(body: bytes) -> None:
    with contextlib.suppress(Usage):
        source.parse(Inbound("go", body, SETTINGS, FORM))

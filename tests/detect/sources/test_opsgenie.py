from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.detect.opsgenie_alerts import Unprocessable, id_of
from fireline.detect.source import Answer, Event, Inbound, Knock
from fireline.detect.sources.opsgenie import source
from fireline.errors import FirelineError, NotFound, StoreUnavailable, Unauthenticated, Usage
from fireline.redact import Secret
from fireline.settings import SourceSettings

SETTINGS = SourceSettings(format="opsgenie", token=Secret("eb243592-faa2-4ba2-a551-1afdf565c889"))


def inbound(document: Any, query: dict[str, str] | None = None, method: str = "POST", **place: str) -> Inbound:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Inbound("og", body, SETTINGS, query=query or {}, method=method, place=place)


def read(document: Any, query: dict[str, str] | None = None, method: str = "POST", **place: str) -> Event:
    (event,) = source.parse(inbound(document, query, method, **place))
    return event


def done(
    deed: str, document: Any = None, identifier: str = "disk-db1", kind: str = "alias", method: str = "POST"
) -> Event:
    place = {"identifier": identifier} | ({"deed": deed} if deed else {})
    return read(document or {}, {"identifierType": kind}, method, **place)


def refused(wrong: FirelineError, status: int = 400) -> Answer:
    assert source.refuse is not None
    return source.refuse(wrong, status)


def test_every_field_of_an_alert_is_read() -> None:
    event = read(
        {
            "message": "disk 97 % on db1",
            "alias": "disk-db1",
            "description": "No space\nleft.",
            "responders": [{"type": "team", "name": "dba"}, {"type": "user", "username": "anna@example.org"}, 7],
            "visibleTo": [{"type": "team", "name": "dba"}],
            "actions": ["Restart"],
            "tags": ["env:prod", "disk", 7, ""],
            "details": {"host": "db1", "priority": "mine", "none": None},
            "entity": "db1",
            "source": "zabbix",
            "priority": "P1",
            "user": "monitor",
            "note": "third time",
        }
    )
    assert replace(event, once=None) == Event(
        key="og:disk-db1",
        key_reason="the sender's alias",
        title="disk 97 % on db1",
        text="No space\nleft.\nhost: db1\npriority: mine\nthird time",
        severity="P0",
        labels={
            "entity": "db1",
            "source": "zabbix",
            "priority": "P1",
            "env": "prod",
            "disk": "yes",
            "7": "yes",
            "host": "db1",
        },
        annotations={"alias": "disk-db1", "responders": "dba, anna@example.org", "action": "Create"},
        by="monitor",
    )


@pytest.mark.parametrize(
    ("priority", "severity"),
    [("P1", "P0"), ("P2", "P1"), ("P3", "P2"), ("P4", "P3"), ("P5", "P3"), (None, "P2"), ("", "P2")],
)
def test_priorities_count_from_one_and_severities_from_nought(priority: str | None, severity: str) -> None:
    assert read({"message": "x", "priority": priority}).severity == severity


def test_without_an_alias_the_same_delivery_is_the_same_alert_and_another_is_not() -> None:
    one, again, other = (read({"message": "x", "entity": entity}) for entity in ("a", "a", "b"))
    assert one.key == again.key != other.key
    assert one.annotations["alias"] == str(UUID(one.annotations["alias"]))


@pytest.mark.parametrize(
    ("document", "errors"),
    [
        ({}, {"message": "can not be empty"}),
        (
            {"message": " \n", "priority": "P6"},
            {"message": "can not be empty", "priority": "should be one of [ P1, P2, P3, P4, P5 ]"},
        ),
        ({"message": "x", "priority": ["P1"]}, {"priority": "should be one of [ P1, P2, P3, P4, P5 ]"}),
    ],
)
def test_what_can_not_be_processed_is_a_422_with_the_faults_by_field(document: Any, errors: dict[str, str]) -> None:
    with pytest.raises(Unprocessable) as wrong:
        read(document)
    told = refused(wrong.value)
    assert isinstance(told.body, dict)
    assert told.status == 422
    assert told.body["message"] == "Request body is not processable. Please check the errors."
    assert told.body["errors"] == errors
    assert {"took", "requestId"} < told.body.keys()


@pytest.mark.parametrize("body", [b"{broken", b"[1]", b"7"])
def test_what_is_no_json_object_is_a_400(body: bytes) -> None:
    with pytest.raises(Usage) as wrong:
        read(body)
    assert refused(wrong.value).status == 400


def test_a_message_longer_than_opsgenie_allows_is_not_lost() -> None:
    event = read({"message": "x" * 500, "alias": "a" * 600})
    assert len(event.title) == 300
    assert event.text == "x" * 500
    assert len(event.key) == 300


@pytest.mark.parametrize(
    ("deed", "document", "status", "text"),
    [
        ("close", {"user": "Anna", "note": "was a test"}, "resolved", "was a test"),
        ("acknowledge", {"user": "Anna"}, "acknowledged", ""),
        ("unacknowledge", {"note": "not me"}, "noted", "took the acknowledgement back\nnot me"),
        ("notes", {"note": "looks like WAL"}, "noted", "looks like WAL"),
        ("snooze", {"endTime": "2027-01-01T00:00:00Z"}, "noted", "snoozed until 2027-01-01T00:00:00Z"),
        ("assign", {"owner": {"username": "ben@example.org"}}, "noted", "assigned to ben@example.org"),
        ("escalate", {"escalation": {"name": "night"}}, "noted", "escalated to night"),
        ("teams", {"team": {"id": "4513"}}, "noted", "added the team 4513"),
        ("tags", {"tags": ["a", "b"]}, "noted", 'added tags: ["a", "b"]'),
        ("priority", {"priority": "P1"}, "noted", "changed the priority to P1"),
        ("description", {"description": "{alias} {0}"}, "noted", "changed the description: {alias} {0}"),
        ("responders", {}, "noted", "added the responder nothing"),
    ],
)
def test_what_is_done_to_an_alert(deed: str, document: Any, status: str, text: str) -> None:
    event = done(deed, document)
    assert (event.key, event.number, event.status, event.text) == ("og:disk-db1", None, status, text)
    assert event.by == document.get("user", "")
    assert (event.once is not None) == (deed in ("priority", "message", "description"))


def test_a_custom_action_is_a_note() -> None:
    event = read({"user": "Anna"}, {"identifierType": "alias"}, identifier="a", action="Restart {x}")
    assert (event.status, event.text, event.by) == ("noted", "asked for the action Restart {x}", "Anna")


def test_deleting_is_closing() -> None:
    assert done("", method="DELETE").status == "resolved"
    assert done("tags", method="DELETE").text == "removed tags"


def test_by_default_the_identifier_is_the_id_that_was_given_out() -> None:
    event = read({}, identifier=id_of("og", 7), deed="close")
    assert (event.number, event.key, event.status) == (7, "", "resolved")
    assert done("close", identifier="7", kind="TINY").number == 7


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        ("nobody", "id"),
        (id_of("other", 7), "id"),
        ("x", "tiny"),
        ("-1", "tiny"),
        ("9" * 19, "tiny"),
        ("9" * 40, "tiny"),
        ("٧", "tiny"),
    ],
)
def test_an_identifier_that_is_none_of_ours_means_no_alert(identifier: str, kind: str) -> None:
    assert done("acknowledge", identifier=identifier, kind=kind).number == 0


def test_an_unknown_deed_kind_or_an_empty_note_is_refused() -> None:
    with pytest.raises(NotFound):
        done("explode")
    with pytest.raises(Unprocessable, match="identifierType"):
        done("close", kind="name")
    with pytest.raises(Unprocessable, match="note"):
        done("notes", {"note": " "})


def test_the_answer_names_the_request_and_how_long_it_took() -> None:
    assert source.answer is not None
    delivery = inbound({"message": "x"})
    told = source.answer(delivery, 7)
    assert isinstance(told.body, dict)
    assert (told.status, told.body["result"], told.body["requestId"]) == (
        202,
        "Request will be processed",
        str(delivery.uid),
    )
    assert 0 <= told.body["took"] < 5
    assert told.headers == {"X-Request-ID": str(delivery.uid), "X-Response-Time": str(told.body["took"])}


def test_a_wrong_key_is_answered_as_opsgenie_does() -> None:
    told = refused(Unauthenticated("no"), 401)
    assert isinstance(told.body, dict)
    assert (told.status, told.body["message"]) == (401, "Could not authenticate")
    assert refused(StoreUnavailable(), 503).status == 503
    assert refused(NotFound("Could not find the resource"), 404).status == 404


@pytest.mark.parametrize(
    ("headers", "query", "tokens"),
    [
        ({"authorization": "GenieKey abc"}, {}, "abc"),
        ({"authorization": "geniekey  abc "}, {}, "abc"),
        ({}, {"apiKey": "abc"}, "abc"),
    ],
)
def test_the_key_stands_behind_geniekey(headers: dict[str, str], query: dict[str, str], tokens: str) -> None:
    assert source.presented is not None
    assert tokens in source.presented(Knock(b"", "", query, headers, "POST", {}))


def test_another_scheme_is_no_geniekey() -> None:
    assert source.presented is not None
    assert not any(source.presented(Knock(b"", "", {}, {"authorization": "Bearer abc"}, "POST", {})))


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    "alias",
    "description",
    "responders",
    "tags",
    "details",
    "entity",
    "source",
    "priority",
    "user",
    "note",
    "owner",
]
ALERT: st.SearchStrategy[Any] = st.fixed_dictionaries({"message": WILD}, optional=dict.fromkeys(NAMES, WILD))
PLACE: st.SearchStrategy[dict[str, str]] = st.just({}) | st.fixed_dictionaries(
    {"identifier": st.text(min_size=1, max_size=40)},
    optional={
        "deed": st.sampled_from(["close", "notes", "assign", "tags", "x"]),
        "action": st.text(min_size=1, max_size=9),
    },
)


@given(ALERT | WILD, PLACE, st.sampled_from([{}, {"identifierType": "alias"}, {"identifierType": "tiny", "note": "x"}]))
def test_nothing_but_a_precise_refusal_comes_of_any_document(
    document: Any, place: dict[str, str], query: dict[str, str]
) -> None:
    try:
        event = read(document, query, **place)
    except (Usage, NotFound) as wrong:
        status = refused(wrong, 404 if isinstance(wrong, NotFound) else 400).status
    else:
        assert event.title
        json.dumps(event.json())
        status = 202
    assert status in (202, 400, 404, 422)

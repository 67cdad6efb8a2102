from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.detect.source import Event, Inbound, event_of
from fireline.detect.sources.alertmanager import source
from fireline.errors import Usage
from fireline.redact import Secret
from fireline.settings import SourceSettings

SETTINGS = SourceSettings(format="alertmanager", token=Secret("token-of-am"))
NOT_YET = "0001-01-01T00:00:00Z"


def alert(**changed: Any) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {"alertname": "PgDown", "instance": "db1:5432", "severity": "critical"},
        "annotations": {"summary": "PostgreSQL is down", "description": "No answer for 5 minutes."},
        "startsAt": "2026-01-05T03:00:00.123456789Z",
        "endsAt": NOT_YET,
        "generatorURL": "http://prometheus/graph",
        "fingerprint": "a1b2c3d4e5f60718",
    } | changed


def notification(*alerts: Any, **changed: Any) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": '{}:{alertname="PgDown"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "fireline",
        "groupLabels": {"alertname": "PgDown"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": list(alerts),
    } | changed


def read(document: Any) -> list[Event]:
    return source.parse(Inbound("am", json.dumps(document).encode(), SETTINGS))


def test_an_alert_is_read_whole() -> None:
    (event,) = read(notification(alert()))
    assert event == Event(
        key="am:a1b2c3d4e5f60718",
        key_reason="Alertmanager's fingerprint of alertname, instance, severity",
        title="PostgreSQL is down",
        status="firing",
        text="No answer for 5 minutes.",
        severity="critical",
        labels={"alertname": "PgDown", "instance": "db1:5432", "severity": "critical"},
        annotations={
            "summary": "PostgreSQL is down",
            "description": "No answer for 5 minutes.",
            "generatorURL": "http://prometheus/graph",
        },
        group_key='am:{}:{alertname="PgDown"}',
        group_reason="Alertmanager groups by alertname=PgDown",
        starts_at="2026-01-05T03:00:00.123456+00:00",
        ends_at=None,
        once="a1b2c3d4e5f60718:2026-01-05T03:00:00.123456789Z",
    )
    assert event_of(json.loads(json.dumps(event.json()))) == event


def test_each_alert_has_its_own_status_whatever_the_notification_says() -> None:
    over = alert(status="resolved", fingerprint="b", endsAt="2026-01-05T03:10:00+01:00")
    firing, resolved = read(notification(alert(), over, status="firing"))
    assert (firing.status, resolved.status) == ("firing", "resolved")
    assert resolved.ends_at == "2026-01-05T02:10:00+00:00"


def test_two_routes_of_one_alertmanager_tell_of_the_same_occurrence() -> None:
    (one,) = read(notification(alert()))
    (other,) = read(notification(alert(), groupKey="{}/{team='b'}:{}"))
    assert one.key == other.key
    assert one.once == other.once
    assert one.group_key != other.group_key


def test_fields_of_newer_versions_do_no_harm() -> None:
    assert read(notification(alert(new={"x": 1}), notification_reason="repeat", routeLabels={"a": "b"}))


def test_alerts_left_out_by_the_sender_are_told_of() -> None:
    (event,) = read(notification(alert(), truncatedAlerts=12))
    assert event.text.endswith("Alertmanager left 12 more alerts out of this notification (truncatedAlerts).")


def test_without_a_fingerprint_the_labels_are_the_alert() -> None:
    (one,) = read(notification(alert(fingerprint="", labels={"b": "2", "a": "1"})))
    (same,) = read(notification(alert(fingerprint=None, labels={"a": "1", "b": "2"})))
    assert one.key == same.key
    assert one.key_reason == "the labels a, b"


def test_a_title_is_found_where_there_is_one() -> None:
    assert read(notification(alert(annotations={})))[0].title == "PgDown"
    assert read(notification(alert(annotations={}, labels={"x": "y"})))[0].title == "alert a1b2c3d4e5f60718"
    assert read(notification(alert(annotations={"summary": "a\r\nBcc: x@y \x00b"})))[0].title == "a Bcc: x@y b"


def test_endless_texts_are_bounded() -> None:
    labels = {f"l{number}": "v" * 5_000 for number in range(500)}
    (event,) = read(notification(alert(labels=labels, annotations={"summary": "s" * 9_999}), groupKey="g" * 9_999))
    assert len(event.labels) == 64
    assert len(event.title) == 300
    assert len(event.group_key) == 300
    assert len(json.dumps(event.json())) < 100_000


def test_no_alerts_is_a_notification_of_nothing() -> None:
    assert read(notification()) == []


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "no JSON object"),
        ([], "no JSON object"),
        ([1], "no JSON object"),
        ({"alerts": []}, 'version is absent, not "4"'),
        (notification(version="1"), 'version is 1, not "4"'),
        (notification(version=4), 'version is 4, not "4"'),
        (notification(alerts={}), "alerts is not a list"),
        (notification(alert(), "x"), "alerts[1] is not a JSON object"),
        (notification(alert(status="acked")), "alerts[0].status is acked"),
        (notification({"status": "firing"}), "alerts[0] has neither labels nor a fingerprint"),
        (notification(*[alert()] * 1001), "1001 alerts in one notification"),
    ],
)
def test_what_is_no_notification_is_named_precisely(document: Any, said: str) -> None:
    with pytest.raises(Usage) as refused:
        read(document)
    assert said in refused.value.message


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
WILD_ALERT = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["firing", "resolved"]) | WILD,
        "labels": st.dictionaries(st.text(max_size=8), WILD, max_size=3) | WILD,
        "annotations": st.dictionaries(st.sampled_from(["summary", "description", "x"]), WILD) | WILD,
        "startsAt": st.datetimes().map(str) | WILD,
        "endsAt": st.just("9999-12-31T23:59:59-14:00") | WILD,
        "fingerprint": st.text(min_size=1, max_size=20) | WILD,
        "generatorURL": WILD,
    },
)
WILD_NOTIFICATION = st.fixed_dictionaries(
    {"version": st.just("4"), "alerts": st.lists(WILD_ALERT | WILD, max_size=3) | WILD},
    optional={"groupKey": WILD, "groupLabels": WILD, "truncatedAlerts": WILD, "status": WILD},
)


@given(WILD_NOTIFICATION | WILD)
def test_nothing_but_a_usage_error_comes_of_any_document(document: Any) -> None:
    try:
        events = read(document)
    except Usage:
        return
    for event in events:
        assert event.title
        assert event.key
        assert event_of(json.loads(json.dumps(event.json()))) == event

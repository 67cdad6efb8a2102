from __future__ import annotations

import json
from typing import Any

import pytest

from fireline.detect.source import Event
from fireline.detect.sources.grafana import source
from fireline.errors import SettingsError, Unauthenticated, Usage
from tests.detect import delivering


def alert(**changed: Any) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {"alertname": "High latency", "grafana_folder": "Shop", "severity": "critical"},
        "annotations": {"summary": "p99 above 2 s"},
        "startsAt": "2026-01-05T04:00:00+01:00",
        "endsAt": "0001-01-01T00:00:00Z",
        "values": {"B": 2.4, "C": 1},
        "generatorURL": "https://grafana.example/alerting/1/edit",
        "fingerprint": "57c6d9296de2ad39",
        "silenceURL": "https://grafana.example/alerting/silence/new?x=1",
        "dashboardURL": "https://grafana.example/d/dash",
        "panelURL": "https://grafana.example/d/dash?viewPanel=1",
    } | changed


def notification(*alerts: Any, **changed: Any) -> dict[str, Any]:
    return {
        "receiver": "fireline",
        "status": "firing",
        "orgId": 1,
        "alerts": list(alerts),
        "groupLabels": {"alertname": "High latency"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "https://grafana.example/",
        "version": "1",
        "groupKey": "{}:{alertname='High latency'}",
        "truncatedAlerts": 0,
        "title": "[FIRING:1] High latency",
        "state": "alerting",
        "message": "**Firing**",
    } | changed


def read(document: Any) -> list[Event]:
    return delivering.read(source, document)


def test_an_alert_is_read_with_its_values_and_links() -> None:
    (event,) = read(notification(alert()))
    assert (event.key, event.title, event.status) == ("grafana:57c6d9296de2ad39", "p99 above 2 s", "firing")
    assert (event.severity, event.starts_at) == ("critical", "2026-01-05T03:00:00+00:00")
    assert event.text == "B = 2.4, C = 1"
    assert event.annotations["dashboardURL"] == "https://grafana.example/d/dash"
    assert event.annotations["silenceURL"] == "https://grafana.example/alerting/silence/new?x=1"
    assert event.group_reason == "Grafana groups by alertname=High latency"
    assert event.key_reason == "Grafana's fingerprint of alertname, grafana_folder, severity"


def test_each_alert_is_read_by_its_own_status() -> None:
    events = read(notification(alert(), alert(fingerprint="other", status="resolved")))
    assert [event.status for event in events] == ["firing", "resolved"]


def test_values_of_an_older_grafana_are_shown_as_it_wrote_them() -> None:
    (event,) = read(notification(alert(values=None, valueString="[ var='B' labels={} value=2.4 ]")))
    assert event.text == "[ var='B' labels={} value=2.4 ]"


@pytest.mark.parametrize(
    ("name", "said"), [("DatasourceNoData", "has no data"), ("DatasourceError", "can not be evaluated")]
)
def test_what_grafana_can_not_see_is_about_the_monitoring(name: str, said: str) -> None:
    labels = {"alertname": name, "rulename": "High latency", "datasource_uid": "prom"}
    (event,) = read(notification(alert(labels=labels)))
    assert event.title == f"monitoring is blind: the rule “High latency” {said}"
    assert (event.severity, event.group_key) == ("warning", "grafana:blind")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "no JSON object with alerts"),
        ({"title": "x"}, "no JSON object with alerts"),
        (notification(alerts="x"), "not a notification of Grafana: alerts is not a list"),
        (notification(3), r"alerts\[0\] is not a JSON object"),
        (notification(alert(status="odd")), r"alerts\[0\].status is odd"),
    ],
)
def test_what_is_none_of_its_notifications_is_refused(document: Any, said: str) -> None:
    with pytest.raises(Usage, match=said):
        read(document)


BODY = json.dumps(notification(alert())).encode()


def check(headers: dict[str, str], **options: str) -> None:
    assert source.check is not None
    source.check(delivering.inbound(source, BODY, headers=headers, options=options))


def test_its_signature_is_bare_hex_under_the_header_that_is_set_there() -> None:
    check({"x-grafana-alerting-signature": delivering.signature(BODY)})
    check({"x-mine": delivering.signature(BODY)}, signature_header="X-Mine")
    with pytest.raises(Unauthenticated):
        check({"x-grafana-alerting-signature": delivering.signature(BODY + b" ")})


def test_a_time_that_is_signed_too_stands_before_the_body() -> None:
    headers = {
        "x-time": "1767582000",
        "x-grafana-alerting-signature": delivering.signature(b"1767582000:" + BODY),
    }
    check(headers, timestamp_header="X-Time")
    with pytest.raises(Unauthenticated):
        check({**headers, "x-time": "1767582001"}, timestamp_header="X-Time")


def test_an_option_that_is_not_known_is_a_fault_of_the_settings() -> None:
    with pytest.raises(SettingsError, match=r"sources\.grafana\.options\.header: Extra inputs are not permitted"):
        check({}, header="X-Mine")

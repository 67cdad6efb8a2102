from __future__ import annotations

import json
from typing import Any

import pytest

from fireline.detect.source import Event
from fireline.detect.sources.sentry import source
from fireline.errors import Unauthenticated, Usage
from tests.detect import delivering


def hook(resource: str, action: str, data: dict[str, Any]) -> list[Event]:
    document = {
        "action": action,
        "installation": {"uuid": "7a485448-a9e2-4c85-8a3c-4f44175783c9"},
        "data": data,
        "actor": {"type": "user", "id": 789, "name": "Raj"},
    }
    return delivering.read(source, document, headers={"sentry-hook-resource": resource} if resource else {})


EVENT = {
    "event_id": "e4874d664c3540c1a32eab185f12c5ab",
    "issue_id": "1170820242",
    "title": "OperationalError: connection refused",
    "culprit": "shop.orders in pay",
    "level": "fatal",
    "platform": "python",
    "datetime": "2026-01-05T03:00:00.000000Z",
    "release": "shop@1.2.3",
    "environment": "production",
    "tags": [["server_name", "web-1"], ["level", "fatal"], "odd", [1, 2]],
    "exception": {"values": [{"type": "OperationalError", "value": "connection refused"}]},
    "web_url": "https://sentry.example/organizations/shop/issues/1170820242/events/e4874/",
}
ISSUE = {
    "id": "1170820242",
    "shortId": "SHOP-2",
    "title": "OperationalError: connection refused",
    "culprit": "shop.orders in pay",
    "level": "error",
    "status": "unresolved",
    "substatus": "regressed",
    "priority": "high",
    "project": {"id": "1", "name": "Shop", "slug": "shop"},
    "count": "42",
    "userCount": 7,
    "firstSeen": "2026-01-04T23:00:00Z",
    "permalink": "https://sentry.example/organizations/shop/issues/1170820242/",
}
METRIC = {
    "id": "4",
    "identifier": "1",
    "title": "Crash free session rate",
    "projects": ["shop"],
    "date_started": "2026-01-05T02:58:00Z",
    "date_closed": None,
    "alert_rule": {"id": "7", "name": "Crashes", "query": "release:1.2.3", "environment": "production"},
}


def test_an_issue_alert_is_read_whole() -> None:
    (event,) = hook("event_alert", "triggered", {"event": EVENT, "triggered_rule": "Page us"})
    assert (event.key, event.title, event.status) == (
        "sentry:issue:1170820242",
        "OperationalError: connection refused",
        "firing",
    )
    assert event.severity == "fatal"
    assert event.text == "shop.orders in pay\nOperationalError: connection refused\nSentry's rule: Page us"
    assert event.labels == {
        "server_name": "web-1",
        "level": "fatal",
        "platform": "python",
        "environment": "production",
        "release": "shop@1.2.3",
        "issue": "1170820242",
    }
    assert event.annotations == {"url": EVENT["web_url"]}


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("created", "firing"),
        ("unresolved", "firing"),
        ("resolved", "resolved"),
        ("archived", "resolved"),
        ("ignored", "resolved"),
        ("assigned", "noted"),
    ],
)
def test_an_issue_and_its_alert_are_one_alert(action: str, status: str) -> None:
    (event,) = hook("issue", action, {"issue": ISSUE})
    assert (event.key, event.status, event.by) == ("sentry:issue:1170820242", status, "Raj")
    assert event.text == f"shop.orders in pay\n{action} in Sentry by Raj\nseen 42 times by 7 users"
    assert event.labels["substatus"] == "regressed"


@pytest.mark.parametrize(
    ("action", "status", "severity"),
    [("critical", "firing", "critical"), ("warning", "firing", "warning"), ("resolved", "resolved", None)],
)
def test_a_metric_alert_fires_and_is_resolved(action: str, status: str, severity: str | None) -> None:
    data = {"metric_alert": METRIC, "description_title": "Critical: Crashes", "description_text": "90% < 99%"}
    (event,) = hook("metric_alert", action, data)
    assert (event.key, event.status, event.severity) == ("sentry:metric:4", status, severity)
    assert (event.title, event.text) == ("Critical: Crashes", "90% < 99%")
    assert (event.labels["rule"], event.labels["project"]) == ("Crashes", "shop")
    assert event.once == "4:2026-01-05T02:58:00Z"


@pytest.mark.parametrize("resource", ["installation", "comment", "error", "seer", "preprod_artifact", "activity_alert"])
def test_whatever_else_sentry_tells_is_kept_and_wakes_nobody(resource: str) -> None:
    assert hook(resource, "created", {"error": {}}) == []


def test_without_its_header_a_hook_is_known_by_what_it_holds() -> None:
    assert [one.key for one in hook("", "triggered", {"event": EVENT})] == ["sentry:issue:1170820242"]
    assert [one.key for one in hook("", "critical", {"metric_alert": METRIC})] == ["sentry:metric:4"]


@pytest.mark.parametrize(
    ("resource", "action", "data", "said"),
    [
        ("event_alert", "triggered", {}, "data.event.issue_id is absent"),
        ("metric_alert", "critical", {"metric_alert": []}, "data.metric_alert.id is absent"),
        ("metric_alert", "odd", {"metric_alert": METRIC}, "action is odd"),
        ("issue", "created", {"issue": {"id": None}}, "data.issue.id is absent"),
    ],
)
def test_a_hook_without_its_number_is_refused(resource: str, action: str, data: Any, said: str) -> None:
    with pytest.raises(Usage, match=said):
        hook(resource, action, data)


def test_it_is_signed_over_the_raw_body_and_answered_with_200() -> None:
    body = json.dumps({"action": "created", "data": {}}, separators=(",", ":")).encode()
    assert source.check is not None
    assert source.answer is not None
    source.check(delivering.inbound(source, body, headers={"sentry-hook-signature": delivering.signature(body)}))
    with pytest.raises(Unauthenticated):
        source.check(
            delivering.inbound(source, body + b"\n", headers={"sentry-hook-signature": delivering.signature(body)})
        )
    assert source.answer(delivering.inbound(source, body), 7).status == 200

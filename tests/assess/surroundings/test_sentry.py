"""Sentry's API as it answers, from a real server; and the issues that alerts name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fireline.assess.surrounding import Circumstances, Seen
from fireline.assess.surroundings.sentry import SentrySettings, issues, read, surrounding
from fireline.errors import FirelineError
from tests.systems.peer import Peer

NOW = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
CLOUD = "https://sentry.io"
TOKEN = "sntryu_0123456789abcdef"

ISSUE: dict[str, Any] = {
    "id": "4509",
    "shortId": "SHOP-7K",
    "title": "OperationalError: canceling statement due to statement timeout",
    "culprit": "POST /checkout",
    "level": "error",
    "status": "unresolved",
    "permalink": "https://acme.sentry.io/issues/4509/",
    "count": "1834",
    "userCount": 412,
    "firstSeen": "2026-11-23T03:09:12.520970Z",
    "lastSeen": "2026-11-23T03:29:58Z",
    "lastRelease": {"version": "shop@1.4.1", "shortVersion": "1.4.1"},
    "project": {"id": "2", "name": "Shop", "slug": "shop"},
    "metadata": {"type": "OperationalError", "value": "canceling statement due to statement timeout"},
}
EVENT: dict[str, Any] = {
    "eventID": "9999aaaaca8b46d797c23c6077c6ff01",
    "groupID": "4509",
    "dateCreated": "2026-11-23T03:29:58.098086Z",
    "release": {"version": "shop@1.4.2", "lastCommit": None},
    "tags": [{"key": "release", "value": "shop@1.4.2"}, {"key": "environment", "value": "production"}],
}


def settings(url: str, **own: Any) -> SentrySettings:
    return SentrySettings.model_validate({"token": TOKEN, "url": url, "timeout": "5s", **own})


def ask(url: str, **own: Any) -> Seen:
    said = ({"labels": {"sentry_issue_id": "4509"}},)
    (question,) = surrounding.questions(settings(url, **own), Circumstances(said=said))
    assert question.name == "issue 4509"
    seen = question.ask()
    assert seen is not None
    return seen


def serve(peer: Peer, issue: Any = ISSUE, event: Any = EVENT) -> None:
    peer.answer("/api/0/issues/4509/", issue)
    peer.answer("/api/0/issues/4509/events/latest/", event)


def test_an_issue_is_told_with_its_figures(peer: Peer) -> None:
    serve(peer)
    seen = ask(f"{peer.url}/")
    assert seen.state == "ailing"
    assert seen.title == "“OperationalError: canceling statement due to statement timeout” in POST /checkout"
    assert seen.facts == {
        "title": ISSUE["title"], "short_id": "SHOP-7K", "culprit": "POST /checkout", "level": "error",
        "status": "unresolved", "first_seen": "2026-11-23T03:09:12.520970Z", "last_seen": "2026-11-23T03:29:58Z",
        "count": 1834, "users": 412, "release": "shop@1.4.2", "link": "https://acme.sentry.io/issues/4509/",
    }  # fmt: skip
    assert [headers["authorization"] for _, headers in peer.asked] == [f"Bearer {TOKEN}"] * 2


def test_the_detail_is_for_one_glance() -> None:
    seen = read(ISSUE, EVENT, NOW)
    assert seen.detail == "error, 1834 events, 412 users, since 03:09 UTC, last 03:29 UTC, release shop@1.4.2"
    assert TOKEN not in json.dumps(seen.facts)


def test_without_its_latest_event_the_issue_tells_the_release(peer: Peer) -> None:
    serve(peer)
    del peer.pages["/api/0/issues/4509/events/latest/"]
    assert ask(peer.url).facts["release"] == "shop@1.4.1"


def test_a_release_may_be_a_tag_or_missing() -> None:
    assert read({**ISSUE, "lastRelease": None}, {**EVENT, "release": None}, NOW).facts["release"] == "shop@1.4.2"
    assert read({**ISSUE, "lastRelease": None}, {"tags": None, "release": None}, NOW).facts["release"] == ""


def test_an_issue_that_is_resolved_there_is_well() -> None:
    seen = read({**ISSUE, "status": "resolved"}, {}, NOW)
    assert (seen.state, seen.title.endswith("is resolved there")) == ("well", True)


@pytest.mark.parametrize(("status", "said"), [(401, "refuses the token"), (403, "scope event:read"), (404, "no such issue"),
                                              (429, "too often"), (500, "answers 500"), (302, "answers 302")])  # fmt: skip
def test_a_refusal_is_said_with_its_reason(peer: Peer, status: int, said: str) -> None:
    peer.answer("/api/0/issues/4509/", {"detail": "Invalid token"}, status, Location=f"{peer.url}/elsewhere")
    with pytest.raises(FirelineError, match=said):
        ask(peer.url)
    assert len(peer.asked) == 1, "the token does not follow a redirect"


def test_an_answer_that_is_no_issue_is_unknown(peer: Peer) -> None:
    serve(peer, issue=["what"])
    assert ask(peer.url).state == "unknown"
    serve(peer, issue="<html>")
    with pytest.raises(FirelineError, match="not JSON"):
        ask(peer.url)


def test_strange_values_do_no_harm() -> None:
    strange = {
        "title": "x",
        "count": None,
        "userCount": "many",
        "firstSeen": 7,
        "culprit": {"a": 1},
        "lastRelease": "v",
    }
    seen = read(strange, {"tags": [3, {"key": "release"}]}, NOW)
    assert (seen.facts["count"], seen.facts["users"], seen.facts["release"]) == (0, 0, "v")


def test_a_slow_sentry_is_late_once_for_both_questions(peer: Peer) -> None:
    serve(peer)
    peer.hang("/api/0/issues/4509/")
    with pytest.raises(FirelineError, match="no answer within"):
        ask(peer.url, timeout="200ms")


@pytest.mark.parametrize(
    "said",
    [
        {"annotations": {"sentry": "see https://acme.sentry.io/issues/4509/?project=2"}},
        {"annotations": {"link": "https://sentry.io/organizations/acme/issues/4509/events/abc/"}},
        {"labels": {"sentry_issue": "4509"}},
        {"body": {"meta": {"sentryIssueId": 4509}}},
        {"body": {"action": "created", "data": {"issue": {"id": "4509", "shortId": "SHOP-7K", "culprit": "x"}}}},
        {"body": {"data": {"event": {"event_id": "abc", "issue_id": "4509", "title": "x"}}}},
        {"body": {"data": {"event": {"issue_url": "https://sentry.io/api/0/organizations/acme/issues/4509/"}}}},
        "timeouts, see (https://us.sentry.io/organizations/acme/issues/4509)",
    ],
    ids=lambda said: json.dumps(said)[:50],
)
def test_an_issue_is_found_wherever_an_alert_names_it(said: Any) -> None:
    assert set(issues([said], CLOUD)) == {"4509"}


@pytest.mark.parametrize(
    "said",
    [
        "https://github.com/acme/shop/issues/12",
        "https://sentry.example.com/organizations/acme/issues/12/",
        "https://evilsentry.io/issues/12/",
        {"labels": {"issue": "12", "sentry_issue": "SHOP-7K"}},
        {"body": {"issue": {"id": 12, "title": "of a bug tracker"}}},
        {"body": {"event": {"issue_id": 12, "name": "of another"}}},
        {"labels": {"sentry_issue": True}},
        {"a": [[[[[[[[[[{"sentry_issue": "12"}]]]]]]]]]]},
    ],
    ids=lambda said: json.dumps(said)[:50],
)
def test_what_is_no_issue_of_this_sentry_is_left_alone(said: Any) -> None:
    assert list(issues([said], CLOUD)) == []


def test_a_sentry_of_ones_own_is_known_by_its_host() -> None:
    link = "https://sentry.example.com/organizations/acme/issues/12/"
    assert list(issues([link], "https://sentry.example.com")) == ["12"]
    assert list(issues([link], "https://other.example.com")) == []


def test_each_issue_is_asked_once_and_no_more_than_three() -> None:
    said = tuple({"labels": {"sentry_issue": str(number)}} for number in (1, 1, 2, 3, 4))
    asked = surrounding.questions(settings(CLOUD), Circumstances(said=said))
    assert [question.name for question in asked] == ["issue 1", "issue 2", "issue 3"]

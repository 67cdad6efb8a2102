from __future__ import annotations

import json
from typing import Any

import pytest

from fireline.detect.source import Event
from fireline.detect.sources.eas import source
from fireline.errors import Unauthenticated, Usage
from tests.detect import delivering

BUILT = {
    "id": "147a3212-49fd-446f-b4e3-a6519acf264a",
    "accountName": "acme",
    "projectName": "shop-app",
    "buildDetailsPageUrl": "https://expo.dev/accounts/acme/projects/shop-app/builds/147a3212",
    "platform": "ios",
    "status": "finished",
    "createdAt": "2026-01-05T02:00:00.000Z",
    "completedAt": "2026-01-05T02:20:00.000Z",
    "metadata": {
        "appVersion": "1.2.3",
        "appBuildVersion": "45",
        "buildProfile": "production",
        "channel": "production",
        "gitCommitHash": "564b61ebdd403d28b5dc616a12ce160b91585b5b",
        "message": "pay faster",
        "username": "ana",
    },
}
SUBMITTED = {
    "id": "0374430d-7776-44ad-be7d-8513629adc54",
    "projectName": "shop-app",
    "submissionDetailsPageUrl": "https://expo.dev/accounts/acme/projects/shop-app/submissions/0374430d",
    "turtleBuildId": "8c84111e-6d39-449c-9895-071d85fd3e61",
    "platform": "android",
    "status": "errored",
    "submissionInfo": {"error": {"message": "Android version code needs to be updated"}},
    "createdAt": "2026-01-05T02:00:00.000Z",
    "completedAt": "2026-01-05T02:25:00.000Z",
}


def read(document: Any) -> list[Event]:
    return delivering.read(source, document)


def test_a_build_that_is_finished_is_a_change() -> None:
    (event,) = read(BUILT)
    assert (event.kind, event.title, event.by) == ("change", "shop-app ios 1.2.3 45 build", "ana")
    assert (event.text, event.starts_at) == ("pay faster", "2026-01-05T02:20:00+00:00")
    assert event.labels["channel"] == "production"
    assert event.annotations == {"url": BUILT["buildDetailsPageUrl"]}


def test_a_submission_that_failed_says_why() -> None:
    (event,) = read(SUBMITTED)
    assert event.title == "shop-app android submission failed"
    assert event.text == "Android version code needs to be updated"
    assert event.annotations == {"url": SUBMITTED["submissionDetailsPageUrl"]}


def test_one_that_was_cancelled_is_told_as_such() -> None:
    assert read(BUILT | {"status": "canceled"})[0].title == "shop-app ios 1.2.3 45 build was cancelled"


def test_one_that_is_under_way_is_only_kept() -> None:
    assert read(BUILT | {"status": "in-progress"}) == []


@pytest.mark.parametrize(("document", "said"), [([], "no JSON object"), ({"id": "x"}, "id or status is absent")])
def test_what_is_none_of_its_webhooks_is_refused(document: Any, said: str) -> None:
    with pytest.raises(Usage, match=said):
        read(document)


def test_it_is_signed_with_sha1() -> None:
    body = json.dumps(BUILT).encode()
    assert source.check is not None
    made = "sha1=" + delivering.signature(body, digest="sha1")
    source.check(delivering.inbound(source, body, headers={"expo-signature": made}))
    with pytest.raises(Unauthenticated):
        source.check(delivering.inbound(source, body, headers={"expo-signature": made.replace("sha1=", "")}))

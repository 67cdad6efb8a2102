from __future__ import annotations

import json
from typing import Any

import pytest

from fireline.detect.source import Event
from fireline.detect.sources.github import source
from fireline.errors import Unauthenticated, Usage
from tests.detect import delivering

DEPLOYED = {
    "action": "created",
    "deployment_status": {
        "id": 2,
        "state": "success",
        "description": "Deployed by CI",
        "environment": "production",
        "environment_url": "https://shop.example",
        "created_at": "2026-01-05T02:40:00Z",
    },
    "deployment": {
        "id": 145988746,
        "ref": "v1.2.3",
        "sha": "f95f852b",
        "environment": "production",
        "creator": {"login": "ana"},
    },
    "repository": {"full_name": "acme/shop"},
    "sender": {"login": "ci-bot"},
}
RELEASED = {
    "action": "published",
    "release": {
        "tag_name": "v1.2.3",
        "body": "Faster orders.",
        "html_url": "https://github.com/acme/shop/releases/tag/v1.2.3",
        "published_at": "2026-01-05T02:30:00Z",
        "author": {"login": "bo"},
    },
    "repository": {"full_name": "acme/shop"},
}


def read(kind: str, document: Any) -> list[Event]:
    return delivering.read(source, document, headers={"x-github-event": kind})


def status(**changed: Any) -> dict[str, Any]:
    return DEPLOYED | {"deployment_status": DEPLOYED["deployment_status"] | changed}  # type: ignore[operator]


def test_a_deployment_that_succeeded_is_a_change() -> None:
    (event,) = read("deployment_status", DEPLOYED)
    assert (event.kind, event.title) == ("change", "acme/shop v1.2.3: deployment to production")
    assert (event.by, event.starts_at) == ("ana", "2026-01-05T02:40:00+00:00")
    assert event.annotations == {"url": "https://shop.example"}
    assert event.labels == {
        "kind": "deploy",
        "repository": "acme/shop",
        "environment": "production",
        "ref": "v1.2.3",
        "sha": "f95f852b",
    }
    assert event.once == "deployment:145988746:success"


@pytest.mark.parametrize("state", ["failure", "error"])
def test_one_that_failed_is_a_change_too_and_says_so(state: str) -> None:
    (event,) = read("deployment_status", status(state=state))
    assert event.title == "acme/shop v1.2.3: deployment to production failed"


@pytest.mark.parametrize("state", ["queued", "in_progress", "pending", "waiting", "inactive", "new words"])
def test_one_that_is_under_way_is_only_kept(state: str) -> None:
    assert read("deployment_status", status(state=state)) == []


def test_a_release_is_a_change() -> None:
    (event,) = read("release", RELEASED)
    assert (event.title, event.by, event.once) == ("acme/shop v1.2.3 released", "bo", "release:acme/shop:v1.2.3")
    assert read("release", RELEASED | {"action": "edited"}) == []


@pytest.mark.parametrize("kind", ["ping", "push", "issues", ""])
def test_whatever_else_github_sends_is_only_kept(kind: str) -> None:
    assert read(kind, {"zen": "Keep it logically awesome."}) == []


@pytest.mark.parametrize(
    ("kind", "document", "said"),
    [
        ("deployment_status", {}, "deployment.id or deployment_status.state is absent"),
        ("release", {"action": "published"}, "release.tag_name is absent"),
        ("release", [], "no JSON object"),
        ("release", {"payload": "{}"}, "GitHub sends a form"),
    ],
)
def test_what_lacks_its_number_is_refused(kind: str, document: Any, said: str) -> None:
    with pytest.raises(Usage, match=said):
        read(kind, document)


def test_its_signature_bears_the_name_of_the_digest() -> None:
    body = json.dumps(DEPLOYED).encode()
    assert source.check is not None
    headers = {"x-hub-signature-256": "sha256=" + delivering.signature(body)}
    source.check(delivering.inbound(source, body, headers=headers))
    with pytest.raises(Unauthenticated):
        source.check(delivering.inbound(source, body, headers={"x-hub-signature-256": delivering.signature(body)}))

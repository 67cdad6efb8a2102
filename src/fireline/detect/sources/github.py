"""GitHub's webhooks for deployments and releases: changes, which wake nobody."""

from __future__ import annotations

from typing import Any

from fireline.detect import signature
from fireline.detect.source import Event, Inbound, Source, key, labels, line, moment, part, prose
from fireline.errors import Usage

_SETTLED = frozenset({"success", "failure", "error", "inactive"})


def check(inbound: Inbound) -> None:
    """The HMAC-SHA256 of the raw body under the webhook's secret."""
    signature.check(inbound, "X-Hub-Signature-256", prefix="sha256=")


def parse(inbound: Inbound) -> list[Event]:
    """A change for each deployment that came to an end and each release; everything else GitHub sends is only kept."""
    document = inbound.document
    if not isinstance(document, dict):
        raise Usage("not a webhook of GitHub: no JSON object", hint="Choose the content type application/json there.")
    if list(document) == ["payload"]:
        raise Usage("GitHub sends a form", hint="Choose the content type application/json in the webhook's settings.")
    kind = inbound.headers.get("x-github-event", "")
    if kind == "deployment_status":
        return _deployed(inbound, document)
    if kind == "release" and document.get("action") == "published":
        return [_released(inbound, document)]
    return []


def _deployed(inbound: Inbound, document: dict[str, Any]) -> list[Event]:
    status, deployment = part(document, "deployment_status"), part(document, "deployment")
    state = line(status.get("state"), 40)
    number = line(deployment.get("id"), 60)
    if not number or not state:
        raise Usage("not a deployment_status of GitHub: deployment.id or deployment_status.state is absent")
    if state not in _SETTLED - {"inactive"}:  # waiting, queued, in progress; inactive: another took its place
        return []
    place = line(deployment.get("environment") or status.get("environment"), 100) or "production"
    repository, ref = _repository(document), line(deployment.get("ref"), 200)
    outcome = "" if state == "success" else " failed"
    return [
        _change(
            inbound,
            title=f"{repository} {ref}: deployment to {place}{outcome}",
            text=line(status.get("description") or deployment.get("description"), 2_000),
            who=part(deployment, "creator") or part(document, "sender"),
            url=status.get("environment_url") or status.get("target_url") or status.get("log_url"),
            at=status.get("created_at"),
            once=key("deployment", number, state),
            named={"repository": repository, "environment": place, "ref": ref, "sha": deployment.get("sha")},
        )
    ]


def _released(inbound: Inbound, document: dict[str, Any]) -> Event:
    release = part(document, "release")
    tag, repository = line(release.get("tag_name"), 200), _repository(document)
    if not tag:
        raise Usage("not a release of GitHub: release.tag_name is absent")
    return _change(
        inbound,
        title=f"{repository} {tag} released",
        text=prose(release.get("body"))[:2_000],
        who=part(release, "author") or part(document, "sender"),
        url=release.get("html_url"),
        at=release.get("published_at"),
        once=key("release", repository, tag),
        named={"repository": repository, "ref": tag},
    )


def _change(
    inbound: Inbound, *, title: str, text: str, who: dict[str, Any], url: object, at: object, once: str, named: Any
) -> Event:
    return Event(
        key=key(inbound.source, once),
        key_reason="GitHub's number of it",
        title=line(title),
        kind="change",
        text=text,
        labels=labels({"kind": "deploy", **named}),
        annotations=labels({"url": url or None}),
        starts_at=moment(at),
        once=once,
        by=line(who.get("login"), 200),
    )


def _repository(document: dict[str, Any]) -> str:
    return line(part(document, "repository").get("full_name"), 200)


_SETUP = (
    "Repository, Settings, Webhooks: payload URL `$URL/in/$NAME`, content type application/json, secret as in this source’s settings.",
    "Choose the events Deployments, Deployment statuses and Releases. They are changes and wake nobody.",
)
source = Source(
    "github", "GitHub webhooks: deployments and releases as changes", parse, check, signed=True, setup=_SETUP
)

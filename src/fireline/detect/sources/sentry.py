"""Sentry's integration platform: issue alerts, metric alerts and issues, each signed with the client secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fireline.detect import signature
from fireline.detect.source import Answer, Event, Inbound, Source, Status, key, labels, line, moment, part, prose
from fireline.errors import Usage

_ISSUE: dict[str, Status] = {
    "created": "firing",
    "unresolved": "firing",
    "resolved": "resolved",
    "archived": "resolved",
    "ignored": "resolved",
    "assigned": "noted",
}
_METRIC: dict[str, Status] = {"critical": "firing", "warning": "firing", "resolved": "resolved"}


def check(inbound: Inbound) -> None:
    """The HMAC-SHA256 of the raw body under the integration's client secret; the time is not signed."""
    signature.check(inbound, "Sentry-Hook-Signature")


def parse(inbound: Inbound) -> list[Event]:
    """One event, or none for what Sentry tells besides: installations, comments, single errors."""
    document = inbound.document
    if not isinstance(document, dict):
        raise Usage("not a Sentry hook: no JSON object")
    data, action = part(document, "data"), line(document.get("action"), 40)
    who = line(part(document, "actor").get("name"), 200)
    resource = inbound.headers.get("sentry-hook-resource", "") or _resource(data)
    if resource == "event_alert":
        return [_event_alert(inbound, part(data, "event"), data)]
    if resource == "metric_alert":
        return [_metric_alert(inbound, part(data, "metric_alert"), data, action)]
    if resource == "issue" and action in _ISSUE:
        return [_issue(inbound, part(data, "issue"), action, who)]
    return []


def _resource(data: dict[str, Any]) -> str:
    """What a hook without its header is about."""
    present = [name for name in ("event", "metric_alert", "issue") if isinstance(data.get(name), dict)]
    return {"event": "event_alert"}.get(present[0], present[0]) if present else ""


def _event_alert(inbound: Inbound, event: dict[str, Any], data: dict[str, Any]) -> Event:
    number = line(event.get("issue_id"), 60)
    if not number:
        raise Usage("not a Sentry event_alert: data.event.issue_id is absent")
    named = {name: event[name] for name in ("platform", "environment", "release", "project") if event.get(name)}
    rule = line(data.get("triggered_rule"), 200)
    return Event(
        key=key(inbound.source, "issue", number),
        key_reason="Sentry's issue",
        title=line(event.get("title")) or f"Sentry issue {number}",
        text=prose("\n".join([*_said(event), *([f"Sentry's rule: {rule}"] if rule else [])])),
        severity=line(event.get("level"), 60) or None,
        labels=labels({**dict(_tags(event)), **named, "issue": number}),
        annotations=_links(event, "web_url", "issue_url", "url"),
        starts_at=moment(event.get("datetime")),
    )


def _said(event: dict[str, Any]) -> Iterator[str]:
    yield line(event.get("culprit"), 500)
    exception = event.get("exception")
    values = exception.get("values") if isinstance(exception, dict) else None
    for one in values[:5] if isinstance(values, list) else []:
        if isinstance(one, dict):
            yield f"{line(one.get('type'), 200)}: {line(one.get('value'), 1_000)}"


def _tags(event: dict[str, Any]) -> Iterator[tuple[str, object]]:
    for pair in event["tags"] if isinstance(event.get("tags"), list) else []:
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str):  # noqa: PLR2004 - name and value
            yield pair[0], pair[1]


def _metric_alert(inbound: Inbound, alert: dict[str, Any], data: dict[str, Any], action: str) -> Event:
    number = line(alert.get("id"), 60)
    if not number:
        raise Usage("not a Sentry metric_alert: data.metric_alert.id is absent")
    if action not in _METRIC:
        raise Usage(f"not a Sentry metric_alert: action is {action or 'absent'}", hint="critical, warning or resolved.")
    rule = part(alert, "alert_rule")
    projects = alert.get("projects")
    named = {
        "rule": rule.get("name"),
        "environment": rule.get("environment"),
        "query": rule.get("query"),
        "project": ", ".join(map(str, projects)) if isinstance(projects, list) else None,
    }
    title = line(data.get("description_title")) or line(alert.get("title")) or f"Sentry metric alert {number}"
    started = alert.get("date_started")
    return Event(
        key=key(inbound.source, "metric", number),
        key_reason="Sentry's metric alert",
        title=title,
        status=_METRIC[action],
        text=prose(data.get("description_text")),
        severity=action if action != "resolved" else None,
        labels=labels(named),
        annotations=_links(data, "web_url"),
        starts_at=moment(started),
        ends_at=moment(alert.get("date_closed")),
        once=key(number, line(started, 60)) if started else None,
    )


def _issue(inbound: Inbound, issue: dict[str, Any], action: str, who: str) -> Event:
    number = line(issue.get("id"), 60)
    if not number:
        raise Usage("not a Sentry issue: data.issue.id is absent")
    project = part(issue, "project")
    users, count = line(issue.get("userCount"), 20), line(issue.get("count"), 20)
    told = [line(issue.get("culprit"), 500), f"{action} in Sentry{f' by {who}' if who else ''}"]
    if count or users:
        told.append(f"seen {count or '?'} times by {users or '?'} users")
    named = {
        "project": project.get("slug") or project.get("name"),
        "issue": number,
        "short_id": issue.get("shortId"),
        "priority": issue.get("priority"),
        "substatus": issue.get("substatus"),
    }
    return Event(
        key=key(inbound.source, "issue", number),
        key_reason="Sentry's issue",
        title=line(issue.get("title")) or f"Sentry issue {number}",
        status=_ISSUE[action],
        text=prose("\n".join(told)),
        severity=line(issue.get("level"), 60) or None,
        labels=labels(named),
        annotations=_links(issue, "web_url", "permalink"),
        starts_at=moment(issue.get("firstSeen")),
        by=who,
    )


def _links(told: dict[str, Any], *names: str) -> dict[str, str]:
    found = next((told[name] for name in names if isinstance(told.get(name), str) and told[name]), "")
    return {"url": line(found, 1_000)} if found else {}


def answer(inbound: Inbound, signal: object) -> Answer:
    """200: Sentry's own words for success."""
    return Answer(200, {"status": "accepted", "signal": signal})


_SETUP = (
    "Settings, Custom Integrations, new internal integration: webhook URL `$URL/in/$NAME`, Alert Rule Action on.",
    "Its client secret is secret of this source in the settings; no token is needed. Then choose it as an action of alert rules.",
)
source = Source("sentry", "Sentry integration platform", parse, check, signed=True, answer=answer, setup=_SETUP)

"""Alerts as Prometheus' Alertmanager tells them, which Grafana does as well: labels, annotations, groups, one status each."""

from __future__ import annotations

from typing import Any

from fireline.detect.source import MOST_EVENTS, Event, Inbound, key, labels, line, moment, prose
from fireline.errors import Usage

_TITLES = ("summary", "title", "message")
_TEXTS = ("description", "message", "details", "runbook_url")
LINKS = ("generatorURL", "silenceURL", "dashboardURL", "panelURL", "imageURL")


def events(inbound: Inbound, document: dict[str, Any], sender: str) -> list[Event]:
    """One event an alert of the notification. The fingerprint is the alert, the sender's own grouping is the group."""
    alerts = document.get("alerts")
    if not isinstance(alerts, list):
        raise Usage(f"not a notification of {sender}: alerts is not a list")
    if len(alerts) > MOST_EVENTS:
        raise Usage(f"{len(alerts)} alerts in one notification", hint=f"Set max_alerts to {MOST_EVENTS} or less.")
    return [_event(inbound, document, alert, place, sender) for place, alert in enumerate(alerts)]


def _event(inbound: Inbound, document: dict[str, Any], alert: object, place: int, sender: str) -> Event:
    if not isinstance(alert, dict):
        raise Usage(f"alerts[{place}] is not a JSON object")
    status = alert.get("status", document.get("status"))
    if status not in ("firing", "resolved"):
        raise Usage(f"alerts[{place}].status is {line(status, 40) or 'absent'}, neither firing nor resolved")
    named = labels(alert.get("labels"))
    if not named and not alert.get("fingerprint"):
        raise Usage(f"alerts[{place}] has neither labels nor a fingerprint")
    fingerprint = line(alert.get("fingerprint"), 100)
    identity = fingerprint or "\n".join(f"{name}={named[name]}" for name in sorted(named))
    notes = labels(alert.get("annotations"))
    title = next((notes[name] for name in _TITLES if notes.get(name)), named.get("alertname", f"alert {identity}"))
    texts = dict.fromkeys(notes[name] for name in _TEXTS if notes.get(name) and notes[name] != title)
    told = line(document.get("groupKey"), 2_000)
    return Event(
        key=key(inbound.source, identity),
        key_reason=f"{sender}'s fingerprint of {', '.join(sorted(named)) or 'no labels'}"
        if fingerprint
        else f"the labels {', '.join(sorted(named))}",
        title=line(title) or "alert without a name",
        status=status,
        text=prose("\n".join([*texts, *_left_out(document, sender)])),
        severity=line(named.get("severity"), 60) or None,
        target=line(named.get("fireline_target"), 100) or None,
        labels=named,
        annotations=notes | {name: line(alert[name], 1_000) for name in LINKS if alert.get(name)},
        group_key=key(inbound.source, told or identity),
        group_reason=_group_reason(document, told, sender),
        starts_at=moment(alert.get("startsAt")),
        ends_at=moment(alert.get("endsAt")),
        # The group is not part of it: two routes of one sender tell of the same occurrence.
        once=key(identity, line(alert.get("startsAt"), 60)) if alert.get("startsAt") else None,
    )


def _group_reason(document: dict[str, Any], told: str, sender: str) -> str:
    by = ", ".join(f"{name}={value}" for name, value in sorted(labels(document.get("groupLabels")).items()))
    return line(f"{sender} groups by {by}" if by else f"{sender}'s group" if told else "the alert itself")


def _left_out(document: dict[str, Any], sender: str) -> list[str]:
    number = document.get("truncatedAlerts")
    if isinstance(number, int) and not isinstance(number, bool) and number > 0:
        return [f"{sender} left {number} more alerts out of this notification (truncatedAlerts)."]
    return []

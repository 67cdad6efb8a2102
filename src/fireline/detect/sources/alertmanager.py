"""Alertmanager's webhook, version 4: each alert of a notification is read by its own status."""

from __future__ import annotations

from typing import Any

from fireline.detect.source import MOST_EVENTS, Event, Inbound, Source, key, labels, line, moment, prose
from fireline.errors import Usage

_TITLES = ("summary", "title", "message")
_TEXTS = ("description", "message", "details", "runbook_url")


def parse(inbound: Inbound) -> list[Event]:
    """One event an alert. The fingerprint is the alert, Alertmanager's own grouping is the group."""
    document = inbound.document
    if not isinstance(document, dict) or not document:
        raise Usage("not an Alertmanager notification: no JSON object", hint=_HINT)
    version = document.get("version")
    if version != "4":
        raise Usage(
            f'not an Alertmanager notification: version is {line(version, 40) or "absent"}, not "4"', hint=_HINT
        )
    alerts = document.get("alerts")
    if not isinstance(alerts, list):
        raise Usage("not an Alertmanager notification: alerts is not a list", hint=_HINT)
    if len(alerts) > MOST_EVENTS:
        raise Usage(f"{len(alerts)} alerts in one notification", hint=f"Set max_alerts to {MOST_EVENTS} or less.")
    return [_event(inbound, document, alert, place) for place, alert in enumerate(alerts)]


_HINT = 'Send Alertmanager\'s own webhook body, or give the source the format "generic".'


def _event(inbound: Inbound, document: dict[str, Any], alert: object, place: int) -> Event:
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
        key_reason=f"Alertmanager's fingerprint of {', '.join(sorted(named)) or 'no labels'}"
        if fingerprint
        else f"the labels {', '.join(sorted(named))}",
        title=line(title) or "alert without a name",
        status=status,
        text=prose("\n".join([*texts, *_left_out(document)])),
        severity=line(named.get("severity"), 60) or None,
        target=line(named.get("fireline_target"), 100) or None,
        labels=named,
        annotations=notes | ({"generatorURL": line(alert["generatorURL"], 1_000)} if alert.get("generatorURL") else {}),
        group_key=key(inbound.source, told or identity),
        group_reason=_group_reason(document, told),
        starts_at=moment(alert.get("startsAt")),
        ends_at=moment(alert.get("endsAt")),
        # The group is not part of it: two routes of one Alertmanager tell of the same occurrence.
        once=key(identity, line(alert.get("startsAt"), 60)) if alert.get("startsAt") else None,
    )


def _group_reason(document: dict[str, Any], told: str) -> str:
    by = ", ".join(f"{name}={value}" for name, value in sorted(labels(document.get("groupLabels")).items()))
    return line(f"Alertmanager groups by {by}" if by else "Alertmanager's group" if told else "the alert itself")


def _left_out(document: dict[str, Any]) -> list[str]:
    number = document.get("truncatedAlerts")
    if isinstance(number, int) and not isinstance(number, bool) and number > 0:
        return [f"Alertmanager left {number} more alerts out of this notification (truncatedAlerts)."]
    return []


source = Source("alertmanager", "Alertmanager webhook, version 4", parse)

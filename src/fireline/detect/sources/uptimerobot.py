"""UptimeRobot's webhook: fields that its user chose, as JSON, as a form or in the query."""

from __future__ import annotations

import re
from typing import Any

from fireline.detect.source import Event, Inbound, Source, Status, key, labels, line, moment_of_epoch, prose
from fireline.errors import Usage

_UNSET = re.compile(r"\*\w+\*")  # a variable that UptimeRobot had no value for stays as it was written
_DOWN, _UP, _EXPIRES = "1", "2", "3"
_WORDS = {"down": _DOWN, "up": _UP}


def parse(inbound: Inbound) -> list[Event]:
    """One event: a monitor is down or up, or its certificate or domain expires, which is an alert of its own."""
    document = inbound.document
    if not isinstance(document, dict):
        raise Usage("not a webhook of UptimeRobot: no JSON object and no form")
    beside = {name: value for name, value in inbound.query.items() if name != "token"}
    told = {name: value for name, value in {**beside, **document}.items() if not _unset(value)}
    monitor = line(told.get("monitorID"), 100) or line(told.get("monitorURL"), 500)
    if not monitor:
        raise Usage("neither monitorID nor monitorURL", hint="Send *monitorID*, *alertType* and *monitorFriendlyName*.")
    kind = line(told.get("alertType"), 20) or _WORDS.get(line(told.get("alertTypeFriendlyName"), 20).casefold(), "")
    name = line(told.get("monitorFriendlyName"), 200) or monitor
    return [_event(inbound, told, monitor, name, kind)]


def _unset(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, str) and _UNSET.fullmatch(value) is not None)


def _event(inbound: Inbound, told: dict[str, Any], monitor: str, name: str, kind: str) -> Event:
    expires = kind == _EXPIRES
    status: Status = "resolved" if kind == _UP else "firing"  # what is not known fires: better than one lost
    at = moment_of_epoch(told.get("alertDateTime"))
    title = {_UP: f"{name} is up", _EXPIRES: f"{name}: certificate or domain expires"}.get(kind, f"{name} is down")
    days = line(told.get("sslExpiryDaysLeft"), 20)
    details = [line(told.get("alertDetails"), 2_000), line(told.get("monitorURL"), 500)]
    named = {"monitor": name, "url": told.get("monitorURL")}
    return Event(
        key=key(inbound.source, monitor, "expires") if expires else key(inbound.source, monitor),
        key_reason="UptimeRobot's monitor" + (", its certificate or domain" if expires else ""),
        title=line(title),
        status=status,
        text=prose("\n".join([*filter(None, details), *([f"{days} days are left"] if days and expires else [])])),
        severity="warning" if expires else "critical",
        labels=labels(named),
        annotations=labels({"url": told.get("dashboardUrl") or told.get("monitorURL")}),
        starts_at=at,
        once=key(monitor, kind, at) if at else None,
    )


_SETUP = (
    "Integrations, Webhook: URL `$URL/in/$NAME?token=TOKEN&` with its last sign, send the default variables, for up and for down events.",
)
source = Source(
    "uptimerobot", "UptimeRobot webhook: JSON, form or query", parse, methods=frozenset({"POST", "GET"}), setup=_SETUP
)

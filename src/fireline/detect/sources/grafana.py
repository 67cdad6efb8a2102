"""Grafana's webhook: Alertmanager's shape with values, links, and a signature of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import Field

from fireline.detect import labelled, signature
from fireline.detect.source import Event, Inbound, Source, key, line, prose
from fireline.errors import Usage
from fireline.settings import Model

_BLIND = {"DatasourceNoData": "has no data", "DatasourceError": "can not be evaluated"}


class Options(Model):
    """What can be set at the contact point beside its URL."""

    signature_header: str = Field("X-Grafana-Alerting-Signature", description="header of the HMAC signature")
    timestamp_header: str | None = Field(None, description="header of the time that is signed too, if one is set there")


def check(inbound: Inbound) -> None:
    """The HMAC of the body, with the time before it where a header for that is set (Grafana 12)."""
    time = inbound.options.timestamp_header
    before = f"{inbound.headers.get(time.lower(), '')}:" if time else ""
    signature.check(inbound, inbound.options.signature_header, before=before)


def parse(inbound: Inbound) -> list[Event]:
    """One event an alert. What Grafana can not see is an alert about the monitoring, and not about the service."""
    document = inbound.document
    if not isinstance(document, dict) or "alerts" not in document:
        hint = 'Send the webhook\'s own body, or give the source the format "generic".'
        raise Usage("not a Grafana notification: no JSON object with alerts", hint=hint)
    events = labelled.events(inbound, document, "Grafana")
    return [_seen(inbound, event, alert) for event, alert in zip(events, document["alerts"], strict=True)]


def _seen(inbound: Inbound, event: Event, alert: dict[str, Any]) -> Event:
    values = alert.get("values") or alert.get("valueString")
    told = (
        ", ".join(f"{name} = {line(value, 60)}" for name, value in values.items()) if isinstance(values, dict) else ""
    )
    event = replace(event, text=prose("\n".join(filter(None, [event.text, told or line(values, 1_000)]))))
    blind = _BLIND.get(event.labels.get("alertname", ""))
    if blind is None:
        return event
    rule = event.labels.get("rulename") or event.title
    return replace(
        event,
        title=line(f"monitoring is blind: the rule “{rule}” {blind}"),
        severity=event.severity or "warning",
        group_key=key(inbound.source, "blind"),
        group_reason="what Grafana can not see",
    )


_SETUP = (
    "Alerting, Contact points, Webhook: URL `$URL/in/$NAME`, authorization scheme Bearer, credentials TOKEN.",
    "Or set its HMAC secret to secret of this source. Leave resolved messages on.",
)
source = Source(
    "grafana",
    "Grafana alerting webhook",
    parse,
    check,
    signed=True,
    methods=frozenset({"POST", "PUT"}),
    options=Options,
    setup=_SETUP,
)

"""Alertmanager's webhook, version 4: each alert of a notification is read by its own status."""

from __future__ import annotations

from fireline.detect import labelled
from fireline.detect.source import Event, Inbound, Source, line
from fireline.errors import Usage

_HINT = 'Send Alertmanager\'s own webhook body, or give the source the format "generic".'


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
    return labelled.events(inbound, document, "Alertmanager")


_SETUP = (
    'In alertmanager.yml, give a receiver `webhook_configs: [{url: "$URL/in/$NAME", http_config: {authorization: {credentials: "TOKEN"}}}]`.',
    "Leave send_resolved as it is, so that what is over resolves here.",
)
source = Source("alertmanager", "Alertmanager webhook, version 4", parse, setup=_SETUP)

"""GoAlert's generic API: a summary with details as JSON, as a form or in the query; answered as GoAlert does."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs

from fireline.detect.source import Answer, Event, Inbound, Kept, Knock, Route, Source, as_text, key, labels, line, prose
from fireline.errors import FirelineError, Unauthenticated, Usage

MOST_META = 100
_TOKENS = ("token", "integrationKey", "integration_key")


def presented(knock: Knock) -> list[str]:
    """The integration key, which may stand in a form as well as in the query."""
    document = knock.document if isinstance(knock.document, dict) else {}
    return [as_text(given.get(name)) for given in (knock.query, document) for name in _TOKENS]


def parse(inbound: Inbound) -> list[Event]:
    """One event; what stands in the body goes before the query. The same summary and details are the same alert."""
    document = inbound.document
    if not isinstance(document, dict):
        raise Usage("the body is neither a JSON object nor a form")
    told = {**inbound.query, **{name: value for name, value in document.items() if value is not None}}
    summary, details, dedup = line(told.get("summary")), prose(told.get("details")), line(told.get("dedup"), 2_000)
    closes = told.get("action") == "close"
    if not summary and not (closes and dedup):
        raise Usage("summary is required", hint="Send summary, and dedup to close it by.")
    meta = _meta(inbound, told.get("meta"))
    whole = hashlib.sha256(f"{summary}\n{details}".encode()).hexdigest()
    return [
        Event(
            key=key(inbound.source, dedup) if dedup else key(inbound.source, "auto", whole),
            key_reason="the sender's dedup" if dedup else "summary and details",
            title=summary or dedup,
            status="resolved" if closes else "firing",
            text=details,
            severity=meta.get("severity"),
            target=line(meta.get("fireline_target"), 100) or None,
            labels=meta,
            once=None if closes else str(inbound.uid),  # it has no name for an occurrence: after a close it opens anew
        )
    ]


def _meta(inbound: Inbound, given: object) -> dict[str, str]:
    """An object in JSON; in a form, or in the query, `name=value` as often as there are some."""
    if isinstance(given, dict):
        return labels(given)
    several: list[Any] = [given]
    if "x-www-form-urlencoded" in inbound.content_type.lower():
        several += parse_qs(inbound.body.decode("utf-8", errors="replace")).get("meta", [])[:MOST_META]
    pairs = (as_text(one).partition("=") for one in several if isinstance(one, str))
    return labels({name: value for name, between, value in pairs if name and between})


def answer(inbound: Inbound, signal: Kept) -> Answer:
    """204, or JSON for who asks for it: as the alert is made later, AlertID is the number of the signal it came in."""
    if inbound.headers.get("accept") != "application/json":
        return Answer(204, None)
    [event] = parse(inbound)
    return Answer(
        200,
        {
            "AlertID": signal if isinstance(signal, int) else 0,
            "ServiceID": inbound.source,
            "IsNew": event.status == "firing",
        },
    )


def refuse(wrong: FirelineError, status: int) -> Answer:
    """Plain text, as GoAlert refuses."""
    if isinstance(wrong, Unauthenticated):
        return Answer(status, "Unauthorized\n")
    return Answer(status, f"{wrong.message}\n")


_SETUP = ("Use `$URL/api/v2/generic/incoming?token=TOKEN` where GoAlert’s integration key URL stood.",)
source = Source(
    "goalert",
    "GoAlert's generic API: summary, details, action, dedup, meta",
    parse,
    routes=(Route("/api/v2/generic/incoming"),),
    presented=presented,
    answer=answer,
    refuse=refuse,
    setup=_SETUP,
)

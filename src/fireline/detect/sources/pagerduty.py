"""PagerDuty's Events API v2: alerts that are triggered, acknowledged and resolved, and changes; answered as PagerDuty does."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from fireline.detect.source import (
    LONGEST_TITLE,
    Answer,
    Event,
    Inbound,
    Kept,
    Knock,
    Route,
    Source,
    Status,
    as_text,
    key,
    labels,
    line,
    moment_said,
    prose,
)
from fireline.errors import FirelineError, NotFound, Unauthenticated, Usage

LARGEST = 512 * 1024
LONGEST_SUMMARY, LONGEST_DEDUP, KEY = 1024, 255, 32  # characters
MOST_LINKS = 10

_ACTIONS: dict[str, Status] = {"trigger": "firing", "acknowledge": "acknowledged", "resolve": "resolved"}
_SEVERITIES = ("critical", "warning", "error", "info")
_PLACES = ("source", "component", "group", "class")
_KINDS = (("migration", re.compile(r"(?i)migrat|schema change")), ("setting", re.compile(r"(?i)config|setting|flag")))
_DEPLOY = re.compile(r"(?i)deploy|release|roll(ed)?.?(out|back)|build|ship|version|merge")
_BY = ("by", "user", "author", "deployer", "actor", "deployed_by", "triggered_by")


class Invalid(Usage):
    """the event is invalid"""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors


def presented(knock: Knock) -> list[str]:
    """The integration key, which stands in the body; in some old clients in a header."""
    if knock.place.get("kind", "change") != "change":
        raise NotFound(hint="Events go to /v2/enqueue, changes to /v2/change/enqueue.")
    document = _object(knock.document)
    given = document.get("routing_key") or knock.headers.get("x-routing-key")
    if not given:
        if "authorization" in knock.headers or "token" in knock.query:
            return []
        raise Invalid([_missing("routing_key")])
    text = as_text(given)
    errors = [f"Length of 'routing_key' is incorrect (should be {KEY} characters)"] if len(text) != KEY else []
    if not (text.isascii() and text.isalnum()):
        errors.append("'routing_key' cannot contain non-alphanumeric characters.")
    if errors:
        raise Invalid(errors)
    return [text]


def parse(inbound: Inbound) -> list[Event]:
    """One event: an alert by its dedup_key, or a change at the path of changes."""
    document = _object(inbound.document)
    if _is_change(inbound):
        return [_change(inbound.source, document)]
    errors = _faults(document)
    if errors:
        raise Invalid(errors)
    return [_alert(inbound, document)]


def _object(document: object) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise Usage("the event is no JSON object")
    return document


def _is_change(inbound: Inbound) -> bool:
    return inbound.place.get("kind") == "change"


def _missing(name: str) -> str:
    return f"'{name}' is missing or blank"


def _faults(document: dict[str, Any]) -> list[str]:
    """Everything that is wrong with an event, in PagerDuty's words."""
    action = document.get("event_action")
    if _blank(action):
        return [_missing("event_action")]
    if not isinstance(action, str) or action not in _ACTIONS:
        return ["'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"]
    errors = []
    if action != "trigger" and _blank(document.get("dedup_key")):
        errors.append(_missing("dedup_key"))
    if len(as_text(document.get("dedup_key"))) > LONGEST_DEDUP:
        errors.append(f"'dedup_key' is too long (maximum is {LONGEST_DEDUP} characters)")
    return errors + (_faults_of_payload(document.get("payload"), _SEVERITIES) if action == "trigger" else [])


def _faults_of_payload(payload: object, severities: tuple[str, ...]) -> list[str]:
    """severities: those that an alert may have; a change has none, and needs no source."""
    if not isinstance(payload, dict) or not payload:
        return [_missing("payload")]
    errors = [
        _missing(f"payload.{name}")
        for name in ("summary", "source")[: 2 if severities else 1]
        if _blank(payload.get(name))
    ]
    if len(as_text(payload.get("summary"))) > LONGEST_SUMMARY:
        errors.append(f"'summary' is too long (maiximum is {LONGEST_SUMMARY} characters)")  # as PagerDuty spells it
    if severities and _blank(payload.get("severity")):
        errors.append(_missing("payload.severity"))
    elif severities and payload["severity"] not in severities:
        allowed = "'critical', 'warning', 'error' or 'info'"
        errors.append(f"'payload.severity' is invalid (must be one of the following: {allowed})")
    return errors


def _blank(value: object) -> bool:
    return not line(value, 10)


def _alert(inbound: Inbound, document: dict[str, Any]) -> Event:
    """Without a timestamp each trigger is an occurrence of its own, as it is for PagerDuty: after a resolve it opens anew."""
    payload = document.get("payload")
    payload = payload if isinstance(payload, dict) else {}
    dedup, at, status = _dedup(document), payload.get("timestamp"), _ACTIONS[document["event_action"]]
    summary = as_text(payload.get("summary"))
    own = {name: payload[name] for name in _PLACES if not _blank(payload.get(name))}
    details = payload.get("custom_details")
    return Event(
        key=key(inbound.source, dedup),
        key_reason="the sender's dedup_key" if document.get("dedup_key") else "all that was sent but its timestamp",
        title=line(summary) or dedup,
        status=status,
        text=prose("\n".join(filter(None, [summary if len(summary) > LONGEST_TITLE else "", _told(details)]))),
        severity=line(payload.get("severity"), 60) or None,
        labels=labels({**own, **{name: value for name, value in _named(details).items() if name not in own}}),
        annotations=_around(document),
        starts_at=moment_said(at),
        once=key(dedup, line(at, 60)) if at else str(inbound.uid) if status == "firing" else None,
    )


def _change(source: str, document: dict[str, Any]) -> Event:
    payload = document.get("payload")
    errors = _faults_of_payload(payload, ())
    if errors or not isinstance(payload, dict):
        raise Invalid(errors)
    digest, at, details = _digest(payload), payload.get("timestamp"), _named(payload.get("custom_details"))
    summary, around = as_text(payload["summary"]), _around(document)
    links = [value for name, value in around.items() if name.startswith("link")]
    return Event(
        kind="change",
        key=key(source, digest),
        key_reason="what was told of the change",
        title=line(summary),
        text=prose("\n".join(filter(None, [summary if len(summary) > LONGEST_TITLE else "", _told(details), *links]))),
        labels=labels({"kind": _kind(summary), "source": payload.get("source"), **details}),
        annotations=around | ({"url": links[0].rpartition(" ")[2]} if links else {}),
        by=next((line(details[name], 80) for name in _BY if not _blank(details.get(name))), ""),
        starts_at=moment_said(at),
        once=digest if at else None,
    )


def _kind(summary: str) -> str:
    named = next((kind for kind, words in _KINDS if words.search(summary)), None)
    return named or ("deploy" if _DEPLOY.search(summary) else "other")


def _dedup(document: dict[str, Any]) -> str:
    """The sender's key, or one made of what it sent, so that a delivery that comes twice has the same."""
    given = as_text(document.get("dedup_key"))
    if given.strip():
        return given
    payload = document.get("payload")
    kept = {name: value for name, value in payload.items() if name != "timestamp"} if isinstance(payload, dict) else {}
    return _digest(kept)[:KEY]


def _digest(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _named(details: object) -> dict[str, Any]:
    """custom_details as an object; some senders put a text or a list there."""
    if isinstance(details, dict):
        return details
    return {"details": details} if details else {}


def _told(details: object) -> str:
    return "\n".join(f"{name}: {as_text(value)}" for name, value in _named(details).items() if value is not None)


def _around(document: dict[str, Any]) -> dict[str, str]:
    """What stands beside the payload: the client, links, images."""
    found: dict[str, Any] = {name: document.get(name) for name in ("client", "client_url")}
    for what, words, place in (("link", "text", "href"), ("image", "alt", "src")):
        several = document.get(f"{what}s")
        given = [one for one in several if isinstance(one, dict)] if isinstance(several, list) else []
        for number, one in enumerate(given[:MOST_LINKS], 1):
            found[f"{what} {number}"] = line(f"{line(one.get(words), 200)} {line(one.get(place), 700)}", 1_000).strip()
    return labels({name: value for name, value in found.items() if not _blank(value)})


def answer(inbound: Inbound, signal: Kept) -> Answer:
    """202 in PagerDuty's words."""
    if _is_change(inbound):
        return Answer(202, {"status": "success", "message": "Change event processed"})
    dedup = _dedup(_object(inbound.document))
    return Answer(202, {"status": "success", "message": "Event processed", "dedup_key": dedup})


def refuse(wrong: FirelineError, status: int) -> Answer:
    """400 for whatever is wrong with an event or its key, so that no sender tries it again; its errors by name."""
    if isinstance(wrong, Unauthenticated):
        return Answer(400, "Invalid routing key")
    if isinstance(wrong, Invalid):
        return Answer(400, _fault("invalid event", "Event object is invalid", wrong.errors))
    if isinstance(wrong, Usage):
        errors = ["JSON parse error", wrong.message]
        return Answer(400, _fault("Unrecognized object", "Event object format is unrecognized", errors))
    return Answer(status, _fault("error", wrong.message, [wrong.hint] if wrong.hint else []))


def _fault(status: str, message: str, errors: list[str]) -> dict[str, Any]:
    return {"status": status, "message": message, "errors": errors}


_SETUP = (
    "Set the events URL of the integration to `$URL/v2/enqueue` and its integration key (routing_key) to TOKEN.",
    "Clients of PagerDuty want a key of 32 letters and digits: `openssl rand -hex 16` makes one.",
)
source = Source(
    "pagerduty",
    "PagerDuty Events API v2: triggers, acknowledgements, resolves, and changes",
    parse,
    routes=(Route("/v2/enqueue"), Route("/v2/{kind}/enqueue")),
    presented=presented,
    answer=answer,
    refuse=refuse,
    largest=LARGEST,
    setup=_SETUP,
)

"""Opsgenie's Alert API: alerts are created, closed, acknowledged and noted by id, alias or tiny id; answered as Opsgenie does."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

from fireline.detect.opsgenie_alerts import USUAL, Unprocessable, answered, ask, fields, kind_of, number_of
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
    prose,
)
from fireline.errors import FirelineError, NotFound, Unauthenticated, Usage

_PRIORITIES = {"P1": "P0", "P2": "P1", "P3": "P2", "P4": "P3", "P5": "P3"}

# The last part of the path, what it means of the alert, Opsgenie's name of it, and what stands on the timeline of it.
_DEEDS: dict[str, tuple[Status, str, str]] = {
    "close": ("resolved", "Close", ""),
    "acknowledge": ("acknowledged", "Acknowledge", ""),
    "unacknowledge": ("noted", "UnAcknowledge", "took the acknowledgement back"),
    "notes": ("noted", "AddNote", ""),
    "snooze": ("noted", "Snooze", "snoozed until {endTime}"),
    "escalate": ("noted", "EscalateToNext", "escalated to {escalation}"),
    "assign": ("noted", "AssignOwnership", "assigned to {owner}"),
    "responders": ("noted", "AddResponder", "added the responder {responder}"),
    "teams": ("noted", "AddTeam", "added the team {team}"),
    "tags": ("noted", "AddTags", "added tags: {tags}"),
    "details": ("noted", "AddDetails", "added details: {details}"),
    "message": ("noted", "UpdateMessage", "changed the message: {message}"),
    "description": ("noted", "UpdateDescription", "changed the description: {description}"),
    "priority": ("noted", "UpdatePriority", "changed the priority to {priority}"),
}
_DELETED: dict[str, tuple[Status, str, str]] = {
    "": ("resolved", "Delete", ""),
    "tags": ("noted", "RemoveTags", "removed tags"),
    "details": ("noted", "RemoveDetails", "removed details"),
}


def presented(knock: Knock) -> list[str]:
    """The key behind GenieKey, which the official clients send; very old ones put it in the query."""
    scheme, _, value = knock.headers.get("authorization", "").partition(" ")
    return [value.strip() if scheme.casefold() == "geniekey" else "", knock.query.get("apiKey", "")]


def parse(inbound: Inbound) -> list[Event]:
    """One event: an alert that is created, or what was done to one that is named in the path."""
    document = inbound.document
    if not isinstance(document, dict):
        raise Usage("the body is no JSON object")
    if "identifier" in inbound.place:
        return [_done(inbound, document)]
    return [_created(inbound, document)]


def _created(inbound: Inbound, document: dict[str, Any]) -> Event:
    """Each is an occurrence of its own, as it is for Opsgenie: once the alert is closed it opens another."""
    message, priority = line(document.get("message"), 1_000), document.get("priority") or USUAL
    faults = {} if message else {"message": "can not be empty"}
    if not isinstance(priority, str) or priority not in _PRIORITIES:
        faults["priority"] = f"should be one of [ {', '.join(_PRIORITIES)} ]"
    if faults:
        raise Unprocessable(faults)
    alias, details = _alias(document), document.get("details")
    own = {name: document[name] for name in ("entity", "source") if line(document.get(name), 10)} | {
        "priority": priority
    }
    texts = [message if len(message) > LONGEST_TITLE else "", as_text(document.get("description"))]
    note = as_text(document.get("note"))
    return Event(
        key=key(inbound.source, alias),
        key_reason="the sender's alias" if line(document.get("alias"), 10) else "all that was sent, as it had no alias",
        title=line(message),
        text=prose("\n".join(filter(None, [*texts, *_pairs(details), note]))),
        severity=_PRIORITIES[str(priority)],
        labels=labels({**own, **_tags(document.get("tags")), **fields(details), **own}),
        annotations=labels({"alias": alias, "responders": _people(document.get("responders")), "action": "Create"}),
        by=line(document.get("user"), 80),
        once=str(inbound.uid),
    )


def _done(inbound: Inbound, document: dict[str, Any]) -> Event:
    """What was done to an alert that exists; where it does not, nothing comes of it."""
    kind, alias = kind_of(inbound), inbound.place["identifier"]
    status, action, told = _deed(inbound)
    words = told.format_map(_Words({**inbound.query, **document, **inbound.place}))
    note = as_text(document.get("note") or inbound.query.get("note"))
    if action == "AddNote" and not note.strip():
        raise Unprocessable({"note": "can not be empty"})
    number = None if kind == "alias" else number_of(inbound.source, alias, kind)
    return Event(
        key=key(inbound.source, alias) if number is None else "",
        number=number,
        key_reason=f"the sender's {'alias' if kind == 'alias' else 'id of the alert'}",
        title=line(f"{action} at the sender"),
        status=status,
        text=prose("\n".join(filter(None, [words, note]))),
        annotations=labels({"action": action}),
        by=line(document.get("user") or inbound.query.get("user"), 80),
        once=action if action.startswith("Update") else None,  # some senders say the same at every repetition
    )


def _deed(inbound: Inbound) -> tuple[Status, str, str]:
    name = inbound.place.get("deed", "")
    if inbound.place.get("action"):
        return "noted", "ExecuteAction", "asked for the action {action}"
    found = (_DELETED if inbound.method == "DELETE" else _DEEDS).get(name)
    if found is None:
        raise NotFound("Could not find the resource", hint=f"Known are: {', '.join(_DEEDS)}.")
    return found


class _Words(dict[str, Any]):
    """The fields of a body as the words of a sentence."""

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if isinstance(value, dict):
            value = value.get("username") or value.get("name") or value.get("id") or value
        return line(value, 1_000) or "nothing"


def _alias(document: dict[str, Any]) -> str:
    """The sender's alias, or one made of what it sent, so that a delivery that comes twice has the same."""
    given = as_text(document.get("alias"))
    if given.strip():
        return given
    return str(UUID(hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:32]))


def _tags(tags: object) -> dict[str, str]:
    """Tags as labels: env:prod has a name and a value, and any other one is there."""
    pairs = (line(tag, 200).partition(":") for tag in tags) if isinstance(tags, list) else ()
    return {name.strip(): value.strip() or "yes" for name, _, value in pairs if name.strip()}


def _pairs(details: object) -> list[str]:
    return [f"{name}: {as_text(value)}" for name, value in fields(details).items() if value is not None]


def _people(responders: object) -> str | None:
    given = [one for one in responders if isinstance(one, dict)] if isinstance(responders, list) else []
    return ", ".join(line(one.get("username") or one.get("name") or one.get("id"), 100) for one in given) or None


def answer(inbound: Inbound, signal: Kept) -> Answer:
    """202, and the id by which the request can be asked after."""
    return answered(202, {"result": "Request will be processed"}, inbound, str(inbound.uid))


def refuse(wrong: FirelineError, status: int) -> Answer:
    """In Opsgenie's words: 422 and the faults by field for what is wrong with a body that could be read."""
    told: dict[str, Any] = {"message": wrong.message}
    if isinstance(wrong, Unprocessable):
        status = 422
        told = {"message": "Request body is not processable. Please check the errors.", "errors": wrong.errors}
    elif isinstance(wrong, Unauthenticated):
        told = {"message": "Could not authenticate"}
    return answered(status, told, None, str(uuid4()))


_ON_ONE = frozenset({"POST", "PUT", "DELETE"})

_SETUP = ("Set the API URL of the integration to `$URL` and its API key to TOKEN; everything else stays.",)
source = Source(
    "opsgenie",
    "Opsgenie Alert API, version 2: create, close, acknowledge, note",
    parse,
    routes=(
        Route("/v2/alerts"),
        Route("/v2/alerts/requests/{request}", frozenset({"GET"})),
        Route("/v2/alerts/{identifier}", frozenset({"GET", "DELETE"})),
        Route("/v2/alerts/{identifier}/{deed}", _ON_ONE),
        Route("/v2/alerts/{identifier}/actions/{action}"),
    ),
    presented=presented,
    ask=ask,
    answer=answer,
    refuse=refuse,
    setup=_SETUP,
)

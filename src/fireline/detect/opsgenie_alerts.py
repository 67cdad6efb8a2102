"""Alerts as Opsgenie's clients name them and read them back: by id, alias or tiny id, and what became of a request."""

from __future__ import annotations

import hashlib
import time
from typing import Any
from uuid import UUID, uuid4

from psycopg.rows import DictRow

from fireline.detect.source import Answer, Inbound, key, line
from fireline.errors import NotFound, Usage
from fireline.store.connect import Connection, one, queries

Q = queries("fireline.detect")

USUAL = "P3"  # Opsgenie's priority of what names none
LARGEST_NUMBER, MOST_DIGITS = 2**63, 19

_KINDS = ("id", "alias", "tiny")
_DONE = {
    "Create": "Created alert",
    "Close": "Closed alert",
    "Acknowledge": "Acknowledged alert",
    "AddNote": "Added note",
}


class Unprocessable(Usage):
    """request body is not processable"""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {fault}" for name, fault in errors.items()))
        self.errors = errors


def kind_of(inbound: Inbound) -> str:
    """What the identifier in the path is."""
    kind = inbound.query.get("identifierType", "id").casefold()
    if kind not in _KINDS:
        raise Unprocessable({"identifierType": f"should be one of [ {', '.join(_KINDS)} ]"})
    return kind


def id_of(source: str, number: int) -> str:
    """The number of an alert as an id; its first half tells whether we gave it out, and of which source."""
    mark = hashlib.sha256(f"alert {number} {source}".encode()).digest()[:8]
    return str(UUID(bytes=mark + number.to_bytes(8, "big")))


def number_of(source: str, text: str, kind: str) -> int:
    """The number that an id of ours stands for; 0, which no alert has, when it is none."""
    if kind == "tiny":
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0
        return number if number < LARGEST_NUMBER else 0
    given = _uid(text)
    number = int.from_bytes(given.bytes[8:], "big") if given else 0
    return number if 0 < number < LARGEST_NUMBER and id_of(source, number) == str(given) else 0


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def ask(conn: Connection, inbound: Inbound) -> Answer:
    """What became of a request, or an alert as it stands."""
    if "request" in inbound.place:
        return _ask_request(conn, inbound, inbound.place["request"])
    if "deed" in inbound.place:
        raise NotFound("Could not find the resource")
    kind, wanted = kind_of(inbound), inbound.place.get("identifier", "")
    number: int | None = number_of(inbound.source, wanted, kind)
    if kind == "alias":
        keys = [key(inbound.source, wanted)] if "\0" not in wanted else []
        newest = one(conn, Q["newest_alerts"], keys=keys)
        number = newest["id"] if newest else None
    row = one(conn, Q["alert_of_source"], source=inbound.source, alert=number)
    if row is None:
        raise NotFound(f"Alert with {kind} [{line(wanted, 100)}] does not exist")
    return answered(200, {"data": _shown(inbound.source, row)}, inbound, str(uuid4()))


def _ask_request(conn: Connection, inbound: Inbound, request: str) -> Answer:
    row = one(conn, Q["signal_of_source"], source=inbound.source, uid=_uid(request))
    if row is None or row["taken_at"] is None:
        raise NotFound("Request not found. It might not be processed, yet.")
    event = row["events"][0] if row["events"] else {}
    action = fields(event.get("annotations")).get("action", "Create")
    found = bool(row["alert"])
    data = {
        "success": found,
        "action": action,
        "processedAt": _time(row["taken_at"]),
        "integrationId": inbound.source,
        "isSuccess": found,
        "status": _DONE.get(action, action) if found else "Alert does not exist",
        "alertId": id_of(inbound.source, row["alert"]) if found else "",
        "alias": fields(row["annotations"]).get("alias", "") if found else "",
    }
    return answered(200, {"data": data}, inbound, request)


def _shown(source: str, row: DictRow) -> dict[str, Any]:
    """An alert with the fields that Opsgenie's clients look at."""
    kept, named = fields(row["annotations"]), fields(row["labels"])
    times = {
        "createdAt": row["first_at"],
        "lastOccurredAt": row["last_at"],
        "updatedAt": row["resolved_at"] or row["last_at"],
    }
    return {
        "id": id_of(source, row["id"]),
        "tinyId": str(row["id"]),
        "alias": kept.get("alias", ""),
        "message": row["title"],
        "status": "closed" if row["status"] == "resolved" else "open",
        "acknowledged": row["acknowledged_at"] is not None,
        "isSeen": row["acknowledged_at"] is not None,
        "count": row["count"],
        **{name: _time(at) for name, at in times.items()},
        "source": named.get("source", ""),
        "entity": named.get("entity", ""),
        "priority": named.get("priority", USUAL),
        "owner": row["acknowledged_by"] or "",
        "integration": {"id": source, "name": source, "type": "API"},
        "details": {name: value for name, value in named.items() if name not in ("source", "entity", "priority")},
    }


def _time(at: Any) -> str:
    return str(at.isoformat(timespec="milliseconds").replace("+00:00", "Z"))


def answered(status: int, body: dict[str, Any], inbound: Inbound | None, request: str) -> Answer:
    """An answer with what each has: how long it took, and the id of the request."""
    took = round(time.perf_counter() - inbound.began, 3) if inbound else 0.0
    headers = {"X-Request-ID": request, "X-Response-Time": str(took)}
    return Answer(status, {**body, "took": took, "requestId": request}, headers)


def fields(value: object) -> dict[str, Any]:
    """A JSON object, or nothing."""
    return value if isinstance(value, dict) else {}

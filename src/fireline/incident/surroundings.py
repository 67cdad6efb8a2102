"""What was seen beside the database of an incident, kept as rows: the newest answer of each source; the story tells of changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import redact
from fireline.incident import timeline
from fireline.incident.people import FIRELINE
from fireline.incident.row import Q, clean, lock
from fireline.store.chain import plain
from fireline.store.connect import Connection, all_rows

LONGEST = 300
_ORDER = {"ailing": 0, "unknown": 1, "well": 2}


@dataclass(frozen=True)
class Answer:
    """What one source says about one thing. state: well, ailing, unknown; None: nothing new, what was said stands.

    news: told in the timeline when it changes.
    """

    source: str
    name: str
    state: str | None
    title: str = ""
    detail: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    news: str = ""
    ms: int = 0


def keep(conn: Connection, incident: int, answers: Sequence[Answer], taken_at: datetime) -> bool:
    """Keep the answers of one look around; True when there was news. What nobody asks after any more is forgotten.

    An older look that comes late changes nothing. That something can not be seen for a while is shown but is no news.
    """
    row = lock(conn, incident)
    if row["looked_around_at"] is not None and row["looked_around_at"] > taken_at:
        return False
    before = {(kept["source"], kept["name"]): kept for kept in of(conn, incident)}
    changes = []
    for one in answers:
        kept = before.pop((one.source, one.name), None)
        if one.state is not None and _write(conn, incident, one, kept, taken_at):
            changes.append(_told(one, again=kept is not None))
    for gone in before.values():
        conn.execute(Q["forget_surrounding"], {"id": gone["id"]})
    conn.execute(Q["set_looked_around"], {"incident": incident, "taken_at": taken_at})
    if changes:
        timeline.tell(conn, incident, "surroundings", FIRELINE, changes=changes)
    return bool(changes)


def _write(conn: Connection, incident: int, one: Answer, kept: DictRow | None, taken_at: datetime) -> bool:
    """Write it down; whether it is news."""
    told = f"{one.state}: {clean(one.news or one.title, one_line=True)}"
    if one.state == "unknown" and kept is not None:
        told = kept["told"]
    values = {
        "incident": incident,
        "source": one.source,
        "name": one.name,
        "state": one.state,
        "title": _line(one.title),
        "detail": _line(one.detail),
        "facts": Jsonb(redact.tree(plain(one.facts))),
        "told": told,
        "since": kept["since"] if kept and kept["state"] == one.state else taken_at,
        "seen_at": taken_at,
        "ms": one.ms,
    }
    conn.execute(Q["keep_surrounding"], values)
    return kept is None or kept["told"] != told


def _line(text: str) -> str:
    line = clean(text, one_line=True)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _told(one: Answer, *, again: bool) -> dict[str, Any]:
    same = {"source": one.source, "name": one.name, "state": one.state, "title": _line(one.title), "again": again}
    return same | ({"estimate": one.facts["estimate"]} if "estimate" in one.facts else {})


def of(conn: Connection, incident: int) -> list[DictRow]:
    """The newest answers, in no order."""
    return all_rows(conn, Q["surroundings_of"], incident=incident)


def view(rows: Sequence[DictRow]) -> list[dict[str, Any]]:
    """As people see them: what ails first, then what could not be seen, then what is well."""
    same = ("source", "name", "state", "title", "detail", "facts", "since", "seen_at", "ms")
    shown = sorted(rows, key=lambda row: (_ORDER[row["state"]], row["source"], row["name"]))
    return [{key: row[key] for key in same} for row in shown if "estimate" not in row["facts"]]


def estimate(rows: Sequence[DictRow]) -> dict[str, Any] | None:
    """How many users are thought to be affected, and what that rests on: a proposal, never set by itself."""
    row = next((row for row in rows if "estimate" in row["facts"]), None)
    if row is None:
        return None
    facts = row["facts"]
    return {
        "number": facts["estimate"],
        "unit": facts["unit"],
        "at_least": facts["at_least"],
        "text": row["title"],
        "because": row["detail"],
        "seen_at": row["seen_at"],
    }

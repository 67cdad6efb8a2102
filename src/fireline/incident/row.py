"""The incident's own row: its name, its lock, the order of its states; what is done with them is in `transitions`."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from psycopg.rows import DictRow

from fireline import redact
from fireline.errors import NotFound, Refused, Usage
from fireline.store.connect import Connection, one, queries

Q = queries("fireline.incident")

ACTIVE = ("detected", "assessing", "containing", "resolving")
ENDED = ("resolved", "reviewed", "dismissed")
TOP_RANK = 1  # the two highest severities need a post-mortem

_NUMBER = re.compile(r"\s*(?:inc-|#)?0*([0-9]{1,19})\s*", re.IGNORECASE)
_LARGEST = 2**63 - 1
TITLE = 200  # characters
REASON = 500
TEXT = 10_000
_KEPT = "\n\t\u200d"  # the last one joins the parts of an emoji


def name(number: int) -> str:
    """How people call an incident: INC-7."""
    return f"INC-{number}"


def number(incident: str | int) -> int:
    """The number in `INC-7`, `inc-7`, `#7`, `7` or 7; Usage when it is none."""
    match = _NUMBER.fullmatch(str(incident)) if not isinstance(incident, bool) else None
    if not match:
        said = redact.text(str(incident))[:40]
        raise Usage(f"{said!r} is not an incident", hint="Name it as INC-7 or 7; `fireline incident list` lists them.")
    return int(match[1])


def get(conn: Connection, incident: str | int) -> DictRow:
    """The row as it is now; NotFound when there is none."""
    return _found(conn, "incident", incident)


def lock(conn: Connection, incident: str | int) -> DictRow:
    """The row, held until the transaction ends, so that two people who act at once act one after the other.

    Everything that changes an incident or what hangs on it (clocks, timeline) takes this lock first.
    """
    return _found(conn, "lock_row", incident)


def _found(conn: Connection, query: str, incident: str | int) -> DictRow:
    wanted = number(incident)
    row = one(conn, Q[query], incident=wanted) if wanted <= _LARGEST else None
    if row is None:
        raise NotFound(f"there is no incident {name(wanted)}", hint="`fireline incident list` lists those there are.")
    return row


def must_be_open(row: DictRow) -> None:
    """Refused when the incident is resolved, reviewed or dismissed."""
    if row["status"] in ENDED:
        called = name(row["id"])
        raise Refused(
            f"{called} is {row['status']}", hint=f'Open it again: `fireline incident reopen {called} --reason "why"`.'
        )


def clean(value: str, *, one_line: bool = False) -> str:
    """Any text, ready for a row: secrets, control characters and what turns the direction of writing are out."""
    kept = "".join(c for c in redact.text(value) if c in _KEPT or unicodedata.category(c)[0] != "C")
    return " ".join(kept.split()) if one_line else kept.strip()


def words(value: str, what: str, *, limit: int = TEXT, required: bool = True, one_line: bool = False) -> str:
    """What a person wrote, ready for a row; Usage when it is empty or too long."""
    kept = clean(value, one_line=one_line)
    if required and not kept:
        raise Usage(f"{what} is empty", hint="Write at least a few words.")
    if len(kept) > limit:
        raise Usage(f"{what} has {len(kept)} characters, more than {limit}", hint="Shorten it.")
    return kept


def answer(row: DictRow, text: str, *, changed: bool = True, **more: Any) -> dict[str, Any]:
    """What an operation on an incident gives back; `changed` is False when there was nothing left to do."""
    return {"incident": name(row["id"]), "number": row["id"], "changed": changed, "text": text, **more}

"""Who was shut out by pg_hba.conf, in whoever's words. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from fireline.assess.checks.log import Log
from fireline.assess.refused import NAME, door
from fireline.assess.snapshot import Snapshot

_WORDS = re.compile(
    rf"(?:no pg_hba\.conf entry|pg_hba\.conf rejects (?:replication )?connection) for (?:host {NAME}, )?user {NAME}(?:, database {NAME})?"
    r"(?:, (?P<how>SSL \w+|no encryption|GSS encryption))?",
    re.IGNORECASE,
)
_EACH = 4  # groups in NAME, of which one is the name


@dataclass(frozen=True)
class Out:
    """Somebody who was shut out."""

    source: str
    text: str
    user: str
    database: str
    host: str
    encrypted: bool | None
    last: datetime | None = None


def shut_out(snapshot: Snapshot) -> tuple[Out, ...]:
    """Each once: the nearest word counts, with the time of the last."""
    merged: dict[tuple[str, str, str], Out] = {}
    for out in _told(snapshot):
        first = merged.setdefault((out.user, out.database, out.host), out)
        if out.last and not (first.last and first.last > out.last):
            merged[out.user, out.database, out.host] = replace(first, last=out.last)
    return tuple(merged.values())


def _told(snapshot: Snapshot) -> list[Out]:
    """Who says so: the server to us, the complaint, the log."""
    at, log = door(snapshot), snapshot.last("log", Log)
    said: list[tuple[str, str, datetime | None]] = [("server's refusal", at.said, None)] if at.refused("hba") else []
    said.append(("complaint", snapshot.complaint.text, None))
    for entry in log.like("pg_hba") if log else ():
        said += [("server log", message, entry.last) for message in entry.messages]
    return [_out(source, found, last) for source, text, last in said if (found := _WORDS.search(text))]


def _out(source: str, found: re.Match[str], last: datetime | None) -> Out:
    how, parts = (found["how"] or "").lower(), found.groups()
    host, user, base = (next((one for one in parts[n : n + _EACH] if one), "") for n in (0, _EACH, 2 * _EACH))
    return Out(source, found[0].strip(), user, base, host or "[local]", how.endswith(" on") if how else None, last)

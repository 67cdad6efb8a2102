"""What the causes of a shut door have in common: who was refused with which words, and how that is told. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from fireline.assess.checks.door import Door
from fireline.assess.checks.log import Log
from fireline.assess.snapshot import Session, Snapshot
from fireline.assess.verdict import Cure, Evidence, Probe, Rejected, Severity, Verdict

FAMILY = "connections"
NAME = r"(?:\"([^\"]+)\"|«([^»]+)»|'([^']+)'|([^\s\"«»',]+))"  # as the server quotes it, as people write it
LETS_IN = Probe("SELECT 1 AS answers", "answers = 1")  # can only be asked once the door is open
EVERYBODY = 10_000  # hurt, when the target itself is refused: that counts before whomever else the log tells of
RESERVED = (
    "The reserved slots would have let us in: give the target a role with pg_use_reserved_connections (from version 16 on)"
    " or a superuser."
)


@dataclass(frozen=True)
class Heard:
    """Somebody's words about a refusal: the server's own to us, the complaint's, or the log's."""

    source: str
    text: str
    parts: tuple[str, ...]  # the names in it
    count: int = 1
    last: datetime | None = None

    @property
    def evidence(self) -> Evidence:
        """As a fact. What the log counts is not told, as it grows."""
        return Evidence(self.source, self.text)


def door(snapshot: Snapshot) -> Door:
    """What happened at the door; open, when nobody looked."""
    return snapshot.last("door", Door) or Door("open")


def heard(snapshot: Snapshot, words: str) -> tuple[Heard, ...]:
    """Everybody who says these words, a regular expression whose groups are names."""
    return tuple(_heard(snapshot, re.compile(words, re.IGNORECASE)))


def _heard(snapshot: Snapshot, words: re.Pattern[str]) -> Iterator[Heard]:
    at = door(snapshot)
    if at.category != "open" and (found := words.search(at.said)):
        yield Heard("server's refusal", at.said, _names(found))
    if found := words.search(snapshot.complaint.text):
        yield Heard("complaint", found[0], _names(found))
    log = snapshot.last("log", Log)
    for entry in log.entries if log else ():
        for message in entry.messages or (entry.message,):
            if entry.severity in ("FATAL", "PANIC", "ERROR") and (found := words.search(message)):
                yield Heard("server log", message, _names(found), entry.count, entry.last)


def _names(found: re.Match[str]) -> tuple[str, ...]:
    return tuple(one for one in found.groups() if one is not None)


def named(found: Iterable[Heard]) -> tuple[str, ...]:
    """The names in what was heard, each once."""
    return tuple(dict.fromkeys(name for one in found for name in one.parts))


def evidence_of(found: Iterable[Heard], name: str = "", most: int = 3) -> tuple[Evidence, ...]:
    """What was heard of a name, each source once."""
    by_source = {one.source: one.evidence for one in found if not name or name in one.parts}
    return tuple(by_source.values())[:most]


def sessions(snapshot: Snapshot) -> tuple[Session, ...]:
    """The clients' sessions in the newest sample, ours not among them."""
    if not snapshot.locks:
        return ()
    return tuple(
        one for one in snapshot.locks[-1].sessions.values() if one.kind in ("client backend", None) and one.user
    )


def verdict(
    cause: str,
    title: str,
    *,
    objects: Iterable[str],
    evidence: Iterable[Evidence],
    rejected: dict[str, str],
    remedy: Cure,
    probe: Probe = LETS_IN,
    severity: Severity = "critical",
    confidence: float = 0.95,
    explains: tuple[str, ...] = ("the application can not connect",),
    hurt: int = 0,
) -> Verdict:
    """A verdict of this family."""
    return Verdict(
        cause, title, severity, confidence, tuple(objects), tuple(evidence), explains,
        tuple(Rejected(twin, because) for twin, because in rejected.items()), remedy, probe, hurt=hurt,
    )  # fmt: skip

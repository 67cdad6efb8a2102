"""What the server's log says since a while: its messages by shape, and who tried to log in with what result.

Where the log is found, and in what order, is told in `assess/log_sources.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fireline import clock, redact
from fireline.assess import log_search, log_sources
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres import log_tail
from fireline.postgres.connect import Connection, Target
from fireline.postgres.log_lines import Said
from fireline.postgres.log_tail import Tail

MOST_SHAPES, MOST_KEPT, MOST_FOUND = 200, 300, 25
BEFORE = timedelta(minutes=15)  # the incident's start, for its errors to be compared with
_LAST_WORDS = timedelta(days=30)  # of a server that is down, however long ago it said them
_WORTH = ("PANIC", "FATAL", "ERROR", "WARNING", "LOG")
_KNOWN_CODES = (
    ("28P01", re.compile(r"password authentication failed")),
    ("28000", re.compile(r"pg_hba\.conf|not permitted to log in|authentication failed|role \".*\" does not exist")),
    ("53300", re.compile(r"too many (?:clients|connections)|connection slots are reserved")),
    ("55000", re.compile(r"not currently accepting connections|cannot connect to invalid database")),
    ("57P03", re.compile(r"starting up|shutting down|recovery mode|not (?:yet )?accepting connections")),
    ("3D000", re.compile(r"database \".*\" does not exist")),
    ("53100", re.compile(r"No space left on device")),
    ("40P01", re.compile(r"deadlock detected")),
    ("40001", re.compile(r"could not serialize")),
    ("57014", re.compile(r"canceling statement due to")),
    ("23505", re.compile(r"duplicate key value")),
    ("42501", re.compile(r"permission denied")),
    ("42P01", re.compile(r"relation \".*\" does not exist")),
    ("25006", re.compile(r"in a read-only transaction")),
)  # fmt: skip
_FAILED = re.compile(
    r"(?:password|SCRAM|Peer|Ident|PAM|LDAP|certificate|GSSAPI|RADIUS|OAuth)?.*authentication failed for user \"([^\"]*)\""
)
_MATCHED = "Connection matched"  # which rule of pg_hba.conf let it come that far
NO_MATCH = "the log gives no further reason, as it does when the password does not match"
_AUTHORIZED = re.compile(r"connection authorized: user=(\S+)(?: database=(\S+))?")
_RECEIVED = re.compile(r"connection received: host=(\S+)")
_REFUSED = re.compile(
    r"(?P<why>no pg_hba\.conf entry|pg_hba\.conf rejects connection) for host \"(?P<host>[^\"]*)\", user \"(?P<user>[^\"]*)\", database \"(?P<database>[^\"]*)\""
)


@dataclass(frozen=True)
class Entry:
    """What the log says again and again, but for names and numbers. The message and its parts are the newest, redacted."""

    severity: str
    shape: str
    message: str
    count: int = 1
    first: datetime | None = None
    last: datetime | None = None
    code: str = ""  # SQLSTATE, where the log or the message tells it
    detail: str = ""
    hint: str = ""
    statement: str = ""
    context: str = ""
    users: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()  # the different ones, the newest last
    times: tuple[datetime, ...] = field(default=(), repr=False)  # of each, as far as they are told


@dataclass(frozen=True)
class Login:
    """One attempt to log in. failed: why the server refused, in its words for the log; empty when it did not."""

    at: datetime | None
    user: str
    host: str  # empty: not told
    database: str = ""
    failed: str = ""


@dataclass(frozen=True)
class Log:
    """What was read. whole: everything since the moment. complete logins only where log_connections is on."""

    source: str  # the file, or where else it was read
    since: datetime
    entries: tuple[Entry, ...] = ()  # the most serious first, then the newest
    logins: tuple[Login, ...] = ()  # oldest first
    whole: bool = True
    tail: tuple[Said, ...] = field(default=(), repr=False)  # the last things said, whatever they were, redacted
    counted: tuple[Entry, ...] = field(default=(), repr=False)  # as `entries`, from before the incident's start on
    counted_from: datetime | None = None  # where that begins, as far as it was read
    found: tuple[Said, ...] = ()  # the newest that match the search, the newest first, redacted
    found_times: int = 0

    def like(self, words: str, *severities: str) -> tuple[Entry, ...]:
        """The entries whose message has these words, a regular expression."""
        wanted = re.compile(words)
        return tuple(
            one for one in self.entries if (not severities or one.severity in severities) and wanted.search(one.message)
        )

    def failed(self, user: str) -> tuple[Login, ...]:
        """The logins of a role that were refused."""
        return tuple(one for one in self.logins if one.failed and one.user == user)


def read(conn: Connection, sofar: Snapshot) -> Log:
    """The log of the server that answers: from this machine where it runs here, else through the connection, or its provider."""
    since = clock.now() - sofar.asked.since
    return _looked(sofar, log_sources.connected(conn, sofar, _reach(sofar, since)), since)


def away(target: Target, sofar: Snapshot) -> Log | None:
    """The log on this machine or at its provider, when there is no connection; of a server that is down its last words."""
    since, kind = clock.now() - sofar.asked.since, sofar.away.kind if sofar.away else "other"
    if kind in ("refused", "lost"):
        since -= _LAST_WORDS
    tail = log_sources.alone(target, sofar, _reach(sofar, since))
    return _looked(sofar, tail, since) if tail else None


def _reach(sofar: Snapshot, since: datetime) -> datetime:
    """How far back is read: what was asked, and some time before the incident's start, to count by."""
    return min(since, sofar.asked.start - BEFORE) if sofar.asked.start else since


def _looked(sofar: Snapshot, tail: Tail, since: datetime) -> Log:
    """What was asked for of a tail: what came since, what is around the start, what is searched."""
    log = gathered(replace(tail, said=tuple(one for one in tail.said if one.at is None or one.at >= since)), since)
    reach = _reach(sofar, since)
    counted = log.entries if reach == since else _entries(tail.said)
    if not tail.whole:
        reach = max(reach, min((one.at for one in tail.said if one.at), default=reach))
    found, times = _searched(sofar.asked.search, tail.said) if sofar.asked.search else ((), 0)
    return replace(log, counted=counted, counted_from=reach, found=found, found_times=times)


def _searched(pattern: str, said: Sequence[Said]) -> tuple[tuple[Said, ...], int]:
    """The newest that have it, the newest first, and how many there are. Searched is what would be shown, without secrets."""
    shown = [
        redact.text("\n".join((one.message, one.detail, one.hint, one.statement, one.user, one.database, one.code)))
        for one in said
    ]
    numbers = log_search.matching(pattern, shown)
    return tuple(_redacted(said[number]) for number in reversed(numbers[-MOST_FOUND:])), len(numbers)


def gathered(tail: Tail, since: datetime) -> Log:
    """A piece of log by shape of its messages, without secrets."""
    last = tuple(_redacted(one) for one in tail.said[-MOST_KEPT:])
    entries = _entries(tail.said)
    return Log(tail.path, since, entries, tuple(_logins(tail.said)), tail.whole, last, entries, since)


def _entries(said: Iterable[Said]) -> tuple[Entry, ...]:
    groups: dict[tuple[str, str], list[Said]] = {}
    for one in said:
        if one.severity in _WORTH:
            groups.setdefault((one.severity, log_tail.shape(one.message)), []).append(one)
    entries = [_entry(severity, shape, alike) for (severity, shape), alike in groups.items()]
    order = {severity: number for number, severity in enumerate(_WORTH)}
    entries.sort(key=lambda one: (order[one.severity], -(one.last.timestamp() if one.last else 0)))
    return tuple(entries[:MOST_SHAPES])


def _redacted(one: Said) -> Said:
    return Said(
        one.severity, redact.text(one.message), one.at, one.code or code_of(one.message), one.pid, one.user, one.database, one.host,
        redact.text(one.detail), redact.text(one.hint), redact.text(one.statement[:1000]), redact.text(one.context[:1000]),
    )  # fmt: skip


def _entry(severity: str, shape: str, said: list[Said]) -> Entry:
    newest = _redacted(said[-1])
    times = [one.at for one in said if one.at]
    different = list(dict.fromkeys(one.message for one in reversed(said)))[:10]
    return Entry(
        severity, redact.text(shape), newest.message, len(said), min(times, default=None), max(times, default=None), newest.code,
        newest.detail, newest.hint, newest.statement, newest.context,
        users=tuple(sorted({one.user for one in said if one.user}))[:20],
        databases=tuple(sorted({one.database for one in said if one.database}))[:20],
        messages=tuple(redact.text(one) for one in reversed(different)),
        times=tuple(times),
    )  # fmt: skip


def code_of(message: str) -> str:
    """The SQLSTATE of a message that is known by its words."""
    return next((code for code, words in _KNOWN_CODES if words.search(message)), "")


def _logins(said: Iterable[Said]) -> Iterable[Login]:
    """Attempts to log in; the address is that of the line before of the same process, where the log has such lines."""
    hosts: dict[int, str] = {}
    for one in said:
        if one.severity not in ("LOG", "FATAL"):
            continue
        if found := _RECEIVED.match(one.message):
            if one.pid:
                hosts[one.pid] = found[1]
            continue
        host = one.host or (hosts.get(one.pid, "") if one.pid else "")
        if found := _FAILED.match(one.message):
            why = next((line for line in one.detail.splitlines() if not line.startswith(_MATCHED)), "") or NO_MATCH
            yield Login(one.at, found[1], host, one.database, redact.text(why))
        elif found := _REFUSED.match(one.message):
            yield Login(one.at, found["user"], found["host"], found["database"], found["why"])
        elif found := _AUTHORIZED.match(one.message):
            yield Login(one.at, found[1], host, found[2] or "")


check = Check("log", read, away=away)

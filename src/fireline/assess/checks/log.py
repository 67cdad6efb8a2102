"""What the server's log says since a while: its messages by shape, and who tried to log in with what result."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from fireline import clock, redact
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres import log_tail, machine
from fireline.postgres.connect import Connection, Target
from fireline.postgres.log_lines import Said
from fireline.postgres.log_tail import Tail

MOST_SHAPES, MOST_KEPT = 200, 300
_LAST_WORDS = timedelta(days=30)  # of a server that is down, however long ago it said them
_WHERE = """
SELECT has_function_privilege('pg_current_logfile()', 'EXECUTE') AS may_ask,
    CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END AS folder,
    has_function_privilege('pg_read_binary_file(text,bigint,bigint)', 'EXECUTE') AS may_read,
    pg_postmaster_start_time() AS started
"""
_FILE = "SELECT pg_current_logfile() AS file"
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

    source: str  # the file
    since: datetime
    entries: tuple[Entry, ...] = ()  # the most serious first, then the newest
    logins: tuple[Login, ...] = ()  # oldest first
    whole: bool = True
    tail: tuple[Said, ...] = field(default=(), repr=False)  # the last things said, whatever they were, redacted

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
    """The log of the server that answers: from this machine where it runs here, else through the connection."""
    since = clock.now() - sofar.asked.since
    if sofar.asked.log_file is not None:
        return gathered(log_tail.of_file(sofar.asked.log_file, since), since)
    row = conn.execute(_WHERE).fetchone()
    assert row is not None
    named = conn.execute(_FILE).fetchone() if row["may_ask"] else None
    file = named["file"] if named else None
    here = machine.serving({"host": conn.info.host, "port": conn.info.port}, row["started"], row["folder"])
    for path in _paths(row["folder"], file, here.log):
        try:
            return gathered(log_tail.of_file(path, since), since)
        except OSError:
            continue
    if not file:
        raise OSError("the log of this server was not found; give it with --log-file")
    if not row["may_read"]:
        raise OSError(f"the role may not read the log {file}; grant it pg_read_server_files, or give --log-file")
    tail = log_tail.of_server(conn, file, since)
    if tail is None:
        raise OSError(f"the log {file} is not there")
    return gathered(tail, since)


def _paths(folder: str | None, file: str | None, found: Path | None) -> Iterable[Path]:
    """Where the file may lie here: a server on this machine wrote it, if it is that server's."""
    if found is not None and folder and file:
        yield Path(folder) / file
    if found is not None:
        yield found


def away(target: Target, sofar: Snapshot) -> Log | None:
    """The log on this machine, when there is no connection; of a server that is down its last words, however old."""
    since, kind = clock.now() - sofar.asked.since, sofar.away.kind if sofar.away else "other"
    if kind in ("refused", "lost"):
        since -= _LAST_WORDS
    path = sofar.asked.log_file
    if path is None and kind != "dsn":
        path = machine.find(dict(conninfo_to_dict(target.dsn.reveal()))).log
    return gathered(log_tail.of_file(path, since), since) if path else None


def gathered(tail: Tail, since: datetime) -> Log:
    """A piece of log by shape of its messages, without secrets."""
    groups: dict[tuple[str, str], list[Said]] = {}
    for one in tail.said:
        if one.severity in _WORTH:
            groups.setdefault((one.severity, log_tail.shape(one.message)), []).append(one)
    entries = [_entry(severity, shape, said) for (severity, shape), said in groups.items()]
    order = {severity: number for number, severity in enumerate(_WORTH)}
    entries.sort(key=lambda one: (order[one.severity], -(one.last.timestamp() if one.last else 0)))
    last = tuple(_redacted(one) for one in tail.said[-MOST_KEPT:])
    return Log(tail.path, since, tuple(entries[:MOST_SHAPES]), tuple(_logins(tail.said)), tail.whole, last)


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

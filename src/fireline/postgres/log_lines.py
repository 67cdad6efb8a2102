"""What PostgreSQL wrote to its log, in any of its three formats and with any prefix, as entries with their parts. Pure.

Lines that come in an envelope each, from syslog or the journal, are taken out of it in `log_envelopes`.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

Format = Literal["stderr", "csvlog", "jsonlog", "syslog"]
SEVERITIES = ("PANIC", "FATAL", "ERROR", "WARNING", "LOG", "NOTICE", "INFO")
_PARTS = {"DETAIL": "detail", "HINT": "hint", "STATEMENT": "statement", "CONTEXT": "context", "QUERY": "query"}
_HEAD = re.compile(rf"\b({'|'.join((*SEVERITIES, *_PARTS, 'LOCATION'))}|DEBUG\d?): {{1,2}}(?=\S)")
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d{1,6})?(?: ([A-Z]{2,5}|[+-]\d\d(?::?\d\d)?)\b)?|\b(1\d{9})\.\d{3}\b"
)
_PID = re.compile(r"\[(\d{1,8})(?:-\d+)?\]|\bpid[=:](\d+)|(?<=[\s:])(\d{2,8})(?=[\s:]|$)")
_WHO = (
    re.compile(r"user[=:](?P<user>[^,\s]*)[,\s]+(?:db|database)[=:](?P<database>[^,\s]*)"),
    re.compile(r"(?P<user>[\w.$-]+|\[unknown\])@(?P<database>[\w.$-]+|\[unknown\])"),
)
_HOST = re.compile(r"(?:client|host|remote)[=:](?P<host>[^,\s(]+)|(?P<address>\b\d{1,3}(?:\.\d{1,3}){3})\(\d+\)")
_CODE = re.compile(r"\b([0-5][0-9A-Z]{4}|XX[0-9A-Z]{3}|P0[0-9A-Z]{3}|F0[0-9A-Z]{3})\b")
_CURSOR = re.compile(r" at character \d+$")
_BARE = ("postgres: could not", "postgres: invalid", "postgres does not know")  # said before there is a prefix
_LEFT_OUT = ("location", "query")
_SYSLOG = re.compile(
    r"(?:<\d+>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]+\S*) (?:\S+ )?[^\s\[]+(?:\[\d+\])?: "
)
_LONGEST = 4000  # of one part
_QUARTER, _MOST_OFFSET = 900, 14 * 3600
_CSV = (
    "log_time", "user_name", "database_name", "process_id", "connection_from", "session_id", "session_line_num", "command_tag",
    "session_start_time", "virtual_transaction_id", "transaction_id", "error_severity", "sql_state_code", "message", "detail", "hint",
    "internal_query", "internal_query_pos", "context", "query", "query_pos", "location", "application_name", "backend_type",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that the server said, with what belongs to it. Empty or None: the log does not tell."""

    severity: str
    message: str
    at: datetime | None = None
    code: str = ""  # SQLSTATE
    pid: int | None = None
    user: str = ""
    database: str = ""
    host: str = ""
    detail: str = ""
    hint: str = ""
    statement: str = ""
    context: str = ""


def format_of(text: str, name: str = "") -> Format:
    """Which of the formats a log is in."""
    if name.endswith(".csv"):
        return "csvlog"
    if name.endswith(".json"):
        return "jsonlog"
    lines = [line for line in text.splitlines()[:40] if line.strip()]
    if any(line.startswith('{"') and '"error_severity"' in line for line in lines):
        return "jsonlog"
    if any(re.match(r'\d{4}-\d\d-\d\d [\d:.]+ \S+,("|,)', line) for line in lines):
        return "csvlog"
    if any(_SYSLOG.match(line) for line in lines[1:] or lines):  # the first may be half a line
        return "syslog"
    return "stderr"


def begins(line: str) -> bool:
    """Whether a line of the plain format begins an entry: neither a part of one nor a further line."""
    head = _head(line)
    return line.startswith(_BARE) or (
        head is not None and head[1] not in _PARTS and head[1] != "LOCATION" and line[:1] not in ("\t", " ")
    )


def _head(line: str) -> re.Match[str] | None:
    return _HEAD.search(line, 0, 300) if ": " in line[:300] else None


def parse(text: str, form: Format, written: datetime | None = None) -> Iterator[Said]:
    """The entries of a piece of a log, oldest first; half an entry at its beginning is left out.

    written: when the piece was last written to, by which a time zone that is only an abbreviation is known.
    """
    lines = text.splitlines()
    entries = _stderr(lines) if form == "stderr" else _csv(text) if form == "csvlog" else _json(lines)
    found = list(entries)
    zone = ahead(next((moment for _, moment, _ in reversed(found) if moment), None), written)
    for one, moment, named in found:
        yield Said(**one, at=_utc(moment, named, zone))


_Raw = tuple[dict[str, Any], datetime | None, str | None]  # the fields, the time as written, its zone


def _stderr(lines: list[str]) -> Iterator[_Raw]:
    """Each entry begins with a severity behind the prefix; its parts and further lines follow it."""
    current: dict[str, Any] | None = None
    part = "message"
    for line in lines:
        if line.startswith(_BARE):
            if current is not None:
                yield _entry(current)
            current, part = {"severity": "FATAL", "message": line.partition(": ")[2] or line, "prefix": ""}, "message"
            continue
        head = _head(line)
        prefix = line[: head.start()] if head else ""
        if head is None or (line[:1] in ("\t", " ") and current):
            if current is not None and len(current.get(part, "")) < _LONGEST:
                current[part] = f"{current.get(part, '')}\n{line.strip()}"
            continue
        word, rest = head[1], line[head.end() :]
        if word in _PARTS or word == "LOCATION":
            part = _PARTS.get(word, "location")
            if current is not None:
                current[part] = rest
            continue
        if current is not None:
            yield _entry(current)
        current, part = {"severity": word, "message": rest, "prefix": prefix}, "message"
    if current is not None:
        yield _entry(current)


def _entry(parts: dict[str, Any]) -> _Raw:
    prefix = parts.pop("prefix")
    when = _TIME.search(prefix)
    left = prefix if when is None else prefix[: when.start()] + " " + prefix[when.end() :]
    moment, zone = _moment(when)
    pid = _PID.search(left)
    rest = left if pid is None else left[: pid.start()] + " " + left[pid.end() :]
    told = {name: value[:_LONGEST] for name, value in parts.items() if name not in _LEFT_OUT}
    told["message"] = _CURSOR.sub("", told["message"])
    number = {"pid": int(pid[1] or pid[2] or pid[3])} if pid else {}
    return {**told, **number, **_who(rest)}, moment, zone


@lru_cache(maxsize=4096)  # a session says many things behind the same prefix
def _who(left: str) -> dict[str, str]:
    """Whom a prefix without its time and process tells of."""
    who = next((found for shape in _WHO if (found := shape.search(left))), None)
    host, code = _HOST.search(left), _CODE.search(left)
    known = {name: value for name, value in (who.groupdict() if who else {}).items() if value != "[unknown]"}
    if host:
        known["host"] = host["host"] or host["address"]
    if code:
        known["code"] = code[1]
    return known


def _moment(when: re.Match[str] | None) -> tuple[datetime | None, str | None]:
    if when is None:
        return None, None
    if when[4]:
        return datetime.fromtimestamp(int(when[4]), UTC).replace(tzinfo=None), "UTC"
    try:
        return datetime.fromisoformat(when[1] + (when[2] or "")), when[3]
    except ValueError:
        return None, None


def _csv(text: str) -> Iterator[_Raw]:
    csv.field_size_limit(10_000_000)
    begun = re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text, re.MULTILINE)
    lines = text[begun.start() :].splitlines(keepends=True) if begun else []
    try:
        for row in csv.reader(lines):
            if len(row) > _CSV.index("message"):
                yield _fields(dict(zip(_CSV, row, strict=False)))
    except csv.Error:  # the end of the piece is in the middle of an entry
        return


def _json(lines: list[str]) -> Iterator[_Raw]:
    names = {
        "user": "user_name",
        "dbname": "database_name",
        "pid": "process_id",
        "state_code": "sql_state_code",
        "timestamp": "log_time",
    }
    for line in lines:
        try:
            row = json.loads(line) if line.startswith("{") else None
        except ValueError:
            continue
        if isinstance(row, dict) and "error_severity" in row:
            known: dict[str, str] = {names.get(name, str(name)): str(value) for name, value in row.items()}
            yield _fields(
                {**known, "connection_from": str(row.get("remote_host", "")), "query": str(row.get("statement", ""))}
            )


def _fields(row: dict[str, str]) -> _Raw:
    when = _TIME.search(row.get("log_time", ""))
    moment, zone = _moment(when)
    host = row.get("connection_from", "")
    pid = row.get("process_id", "")
    told = {
        "severity": row.get("error_severity", ""), "message": row.get("message", ""), "code": row.get("sql_state_code", "").replace("00000", ""),
        "user": row.get("user_name", ""), "database": row.get("database_name", ""), "host": host.rpartition(":")[0] or host,
        "detail": row.get("detail", ""), "hint": row.get("hint", ""), "statement": row.get("query", ""), "context": row.get("context", ""),
    }  # fmt: skip
    kept = {name: value[:_LONGEST] for name, value in told.items()}
    return {**kept, "pid": int(pid) if pid.isdigit() else None}, moment, zone


def ahead(last: datetime | None, written: datetime | None) -> timedelta:
    """How far local times are ahead of UTC, where the zone is only an abbreviation: the last one was written just then."""
    if last is None:
        return timedelta()
    machine = last.astimezone().utcoffset() or timedelta()
    if written is None:
        return machine
    seconds = (last - written.astimezone(UTC).replace(tzinfo=None)).total_seconds()
    whole = round(seconds / _QUARTER) * _QUARTER
    if abs(whole) <= _MOST_OFFSET and abs(seconds - whole) < _QUARTER / 3:
        return timedelta(seconds=whole)
    return machine


def _utc(moment: datetime | None, named: str | None, zone: timedelta) -> datetime | None:
    if moment is None:
        return None
    if named in ("UTC", "GMT", "Z"):
        return moment.replace(tzinfo=UTC)
    if named and named[0] in "+-":
        digits = named[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
        return (moment - (offset if named[0] == "+" else -offset)).replace(tzinfo=UTC)
    return (moment - zone).replace(tzinfo=UTC)

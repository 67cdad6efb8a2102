"""The log of a server that Supabase runs, asked of Supabase's Management API: reading only, bounded in rows, bytes and time."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fireline import redact
from fireline.postgres.log_lines import Said
from fireline.postgres.log_tail import Tail
from fireline.settings import SupabaseSettings
from fireline.systems import http_get

SECONDS = 5.0  # for all of it
MOST_ROWS = 1000  # what the API gives for one question
MOST_BYTES = 8 * 2**20
FARTHEST = timedelta(hours=23, minutes=50)  # the API looks back a day for one question
_MINUTE = timedelta(minutes=1)
_PARTS = {
    "severity": "error_severity", "code": "sql_state_code", "pid": "process_id", "user": "user_name",
    "dbname": "database_name", "host": "connection_from", "detail": "detail", "hint": "hint", "statement": "query",
    "context": "context",
}  # fmt: skip
_COLUMNS = ", ".join(f"log_attributes['parsed.{there}'] AS {here}" for here, there in _PARTS.items())
# One table of all logs, in ClickHouse's SQL. The window is given beside it; the API does not take it from here.
_NEWEST = f"SELECT id, timestamp, event_message, {_COLUMNS} FROM logs WHERE source = 'postgres_logs'"  # noqa: S608 - our own words
_GRAVE = " AND log_attributes['parsed.error_severity'] IN ('PANIC', 'FATAL', 'ERROR', 'WARNING')"
_ORDER = f" ORDER BY timestamp DESC LIMIT {MOST_ROWS}"
_BLIND = "Supabase's logs can not be read"
_WHY = {
    401: "it does not accept the token; make a new one and set it",
    402: "it wants the project's plan paid",
    403: "the token may not read logs; it needs analytics_logs_read",
    404: "it knows no such project, or not this address",
    429: "it was asked too often; it will answer again in a minute",
}


def read(project: SupabaseSettings, since: datetime, now: datetime) -> Tail:
    """What the project's server said, at most a day back; when it is too much, the grave things at least. Raises OSError."""
    begin, end = max(since, now - FARTHEST), time.monotonic() + SECONDS
    rows = _asked(project, _NEWEST + _ORDER, begin, now, end)
    whole = len(rows) < MOST_ROWS
    if not whole:
        known = {row.get("id") for row in rows}
        more = _asked(project, _NEWEST + _GRAVE + _ORDER, begin, now, end)
        rows = [*rows, *(row for row in more if row.get("id") not in known)]
    said = sorted((one for row in rows if (one := _said(row)) and one.at and one.at >= since), key=_when)
    return Tail(f"Supabase's logs of {project.project}", "supabase", tuple(said), whole and begin == since)


def _asked(project: SupabaseSettings, sql: str, begin: datetime, now: datetime, end: float) -> list[dict[str, Any]]:
    """One question. The API rounds the window to minutes, so it is asked for a little more."""
    asked = urlencode({"sql": sql, "iso_timestamp_start": _iso(begin), "iso_timestamp_end": _iso(now + _MINUTE)})
    left = timedelta(seconds=max(end - time.monotonic(), 0.1))
    try:
        answer = http_get.get(
            f"{project.api}/v1/projects/{project.project}/analytics/endpoints/logs?{asked}",
            limit=left,
            headers={"Authorization": f"Bearer {project.token.reveal()}"},
            most=MOST_BYTES,
            redirects=0,
        )
        if answer.status != HTTPStatus.OK:
            raise OSError(f"{_BLIND}: {_WHY.get(answer.status, 'it answers')} ({answer.status})")
        return _rows(answer.json())
    except http_get.NoAnswer as away:
        raise OSError(f"{_BLIND}: {away.message}") from None


def _rows(told: Any) -> list[dict[str, Any]]:
    """The rows of an answer, which may hold an error although its status is good."""
    error = told.get("error") if isinstance(told, dict) else "its answer is not what was expected"
    rows = told.get("result") if isinstance(told, dict) else None
    if error or not isinstance(rows, list):
        words = error.get("message", "") if isinstance(error, dict) else error
        raise OSError(f"{_BLIND}: {_line(words) or 'its answer holds no result'}")
    return [row for row in rows if isinstance(row, dict)]


def _said(row: dict[str, Any]) -> Said | None:
    severity, message = _field(row, "severity"), _field(row, "event_message")
    if not severity or not message:
        return None
    host, pid = _field(row, "host"), _field(row, "pid")
    return Said(
        severity, message, _moment(row.get("timestamp")), _field(row, "code").replace("00000", ""),
        int(pid) if pid.isdigit() else None, _field(row, "user"), _field(row, "dbname"),
        host.rpartition(":")[0] if host.count(":") == 1 else host, _field(row, "detail"), _field(row, "hint"),
        _field(row, "statement"), _field(row, "context"),
    )  # fmt: skip


def _field(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)[:4000]


def _moment(value: Any) -> datetime | None:
    """A time as text, in UTC without saying so; or as a number of microseconds."""
    with suppress(ValueError, OverflowError, OSError):
        if isinstance(value, int | float) or (isinstance(value, str) and value.isdigit()):
            return datetime.fromtimestamp(int(value) / 1_000_000, UTC)
        moment = datetime.fromisoformat(str(value))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _when(one: Said) -> datetime:
    assert one.at is not None
    return one.at


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _line(words: object) -> str:
    return redact.text(" ".join(str(words or "").split()))[:300]

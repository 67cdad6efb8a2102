"""The log of a server that Supabase runs, asked of Supabase's Management API: reading only, bounded in rows, bytes and time."""

from __future__ import annotations

import json
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Timer
from typing import TYPE_CHECKING, Any

from fireline import redact
from fireline.postgres.log_lines import Said
from fireline.postgres.log_tail import Tail
from fireline.settings import SupabaseSettings

if TYPE_CHECKING:
    import httpx

SECONDS = 5.0  # for all of it
MOST_ROWS = 1000  # what the API gives for one question
MOST_BYTES = 8 * 2**20
FARTHEST = timedelta(hours=24)  # that the API looks back for one question
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
_WHY = {
    401: "it does not accept the token; make a new one and set it",
    402: "it wants the project's plan paid",
    403: "the token may not read logs; it needs analytics_logs_read",
    404: "it knows no such project, or not this address",
    429: "it was asked too often; it will answer again in a minute",
}


def read(project: SupabaseSettings, since: datetime, now: datetime) -> Tail:
    """What the project's server said, at most a day back; when it is too much, the grave things at least. Raises OSError."""
    import httpx

    begin = max(since, now - FARTHEST + _MINUTE)
    # Plain, not async, and cut off by the timer: the timeout of the client is that of one step.
    client = httpx.Client(
        verify=_certificates() if project.api.startswith("https:") else False, timeout=SECONDS, follow_redirects=False
    )
    enough = Timer(SECONDS, client.close)
    enough.start()
    try:
        rows = _asked(client, project, _NEWEST + _ORDER, begin, now)
        if len(rows) >= MOST_ROWS:
            known = {row.get("id") for row in rows}
            more = _asked(client, project, _NEWEST + _GRAVE + _ORDER, begin, now)
            rows = [*rows, *(row for row in more if row.get("id") not in known)]
        whole = len(rows) < MOST_ROWS
    except (
        httpx.HTTPError,
        httpx.InvalidURL,
        ssl.SSLError,
        RuntimeError,
    ) as away:  # RuntimeError: cut off by the timer
        raise OSError(f"Supabase's logs can not be read: {_words(away)}") from None
    finally:
        enough.cancel()
        client.close()
    said = sorted((one for row in rows if (one := _said(row)) and one.at and one.at >= since), key=_when)
    return Tail(f"Supabase's logs of {project.project}", "supabase", tuple(said), whole and begin == since)


@cache
def _certificates() -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context()


def _asked(
    client: httpx.Client, project: SupabaseSettings, sql: str, begin: datetime, end: datetime
) -> Sequence[dict[str, Any]]:
    """One question. The API rounds the window to minutes, so it is asked for a little more."""
    window = {"iso_timestamp_start": _iso(begin), "iso_timestamp_end": _iso(end + _MINUTE)}
    with client.stream(
        "GET",
        f"{project.api}/v1/projects/{project.project}/analytics/endpoints/logs",
        params={"sql": sql, **window},
        headers={"Authorization": f"Bearer {project.token.reveal()}", "User-Agent": "fireline"},
    ) as answer:
        if answer.status_code != 200:  # noqa: PLR2004 - what HTTP calls good
            raise OSError(
                f"Supabase's logs can not be read: {_WHY.get(answer.status_code, 'it answered')} ({answer.status_code})"
            )
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                raise OSError("Supabase's logs can not be read: its answer is too long")
    return _rows(bytes(body))


def _rows(body: bytes) -> list[dict[str, Any]]:
    """The rows of an answer, which may hold an error although it was answered well."""
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise OSError("Supabase's logs can not be read: its answer is not what was expected")
    error = told.get("error")
    rows = told.get("result")
    if error or not isinstance(rows, list):
        words = error.get("message", "") if isinstance(error, dict) else error
        raise OSError(f"Supabase's logs can not be read: {_line(words) or 'its answer holds no result'}")
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


def _words(away: Exception) -> str:
    import httpx

    if isinstance(away, httpx.TimeoutException | RuntimeError):
        return f"it does not answer within {SECONDS:g} s"
    return _line(away) or type(away).__name__


def _line(words: object) -> str:
    return redact.text(" ".join(str(words or "").split()))[:300]

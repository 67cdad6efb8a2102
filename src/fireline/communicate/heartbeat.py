"""A sign of life to a watcher outside, so that somebody notices when Fireline itself is gone.

It leaves only while the store answers and no work lies about: a Fireline that has stopped working must fall silent.
"""

from __future__ import annotations

from datetime import timedelta

import httpx
import structlog
from psycopg.rows import DictRow

from fireline import clock, redact
from fireline.settings import Settings
from fireline.store.connect import Store, one, queries

Q = queries("fireline.communicate")

PATIENCE = timedelta(minutes=1)  # signals and messages that wait longer mean that nobody works
TIMEOUT_SECONDS = 5.0

log = structlog.get_logger(__name__)


def beat(store: Store, settings: Settings) -> bool:
    """Ask the watcher's URL, when a beat is due; True when it took it. Failures are logged, and counted in the store."""
    if settings.heartbeat.url is None:
        return False
    now = clock.now()
    with store.transaction() as conn:
        if one(conn, Q["take_beat"], now=now, every=settings.heartbeat.every) is None:
            return False
        overdue = one(conn, Q["overdue"], since=now - PATIENCE)
    error = _lies_about(overdue) if overdue else ""
    error = error or _ask(settings.heartbeat.url.reveal())
    with store.transaction() as conn:
        conn.execute(Q["record_beat"], {"error": error or None, "beaten_at": None if error else now})
    if error:
        log.error("no sign of life was sent to the watcher", error=error)
    return not error


def _lies_about(overdue: DictRow) -> str:
    signals, messages = overdue["signals"], overdue["messages"]
    if not signals and not messages:
        return ""
    return f"work lies about: {signals} signals and {messages} messages have waited for more than a minute"


def _ask(url: str) -> str:
    """The request; what went wrong, without the URL, which is a secret."""
    try:
        answer = httpx.get(url, timeout=TIMEOUT_SECONDS, follow_redirects=True, headers={"User-Agent": "fireline"})
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as away:
        return redact.text(" ".join(str(away).split())) or type(away).__name__
    return "" if answer.is_success else f"the watcher answered {answer.status_code}"

"""A connection as the application makes it: a fence is proved by the server turning it away, for the right reason."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from fireline import redact
from fireline.postgres.connect import Target
from fireline.postgres.unreachable import told
from fireline.recovery.fence.rows import Level

NAME = "fireline canary"
_SECONDS = 3
# What a fence makes a server or a pooler say. A wrong password says nothing about a fence.
_RIGHT = {"database_limit", "database_closed", "connect_denied", "login_forbidden"}
_POOLER = ("is disabled", "database is disabled", "is paused")


def send(target: Target, level: Level) -> dict[str, Any]:
    """Try to connect as the application: {tried, right, kind, says}. It never writes, and leaves at once."""
    if target.application_dsn is None:
        return _answer(False, None, "", f"not tried: set targets.{target.name}.application_dsn")
    try:
        parts: dict[str, Any] = conninfo_to_dict(target.application_dsn.reveal())
    except psycopg.Error:  # its words hold a part of the DSN
        return _answer(False, None, "dsn", f"not tried: targets.{target.name}.application_dsn can not be read")
    parts |= {"application_name": NAME, "connect_timeout": _SECONDS}
    try:
        with psycopg.connect(**parts, autocommit=True, prepare_threshold=None) as conn:
            row = conn.execute("SHOW transaction_read_only").fetchone()
            return _got_in(level, row is not None and row[0] == "on")
    except psycopg.Error as refused:
        return _turned_away(target, parts, level, refused)


def _answer(tried: bool, right: bool | None, kind: str, says: str) -> dict[str, Any]:
    return {"tried": tried, "right": right, "kind": kind, "says": says}


def _got_in(level: Level, read_only: bool) -> dict[str, Any]:
    if level == "read-only":
        how = "came in and may only read" if read_only else "came in and may write"
        return _answer(True, read_only, "in", f"a connection as the application {how}")
    return _answer(True, False, "in", "a connection as the application was let in")


def _turned_away(target: Target, parts: dict[str, Any], level: Level, refused: psycopg.Error) -> dict[str, Any]:
    said = str(refused)
    away = told(target.name, parts, refused)
    kind = "pooler_disabled" if any(words in said for words in _POOLER) else away.kind
    line = redact.text(away.message.partition(": ")[2] or away.message)
    if level == "read-only":
        return _answer(True, False, kind, f"a connection as the application was turned away: {line}")
    if kind in _RIGHT or kind == "pooler_disabled":
        return _answer(True, True, kind, f"a connection as the application was turned away: {line}")
    return _answer(
        True, False, kind, f"a connection as the application failed for another reason, which proves nothing: {line}"
    )

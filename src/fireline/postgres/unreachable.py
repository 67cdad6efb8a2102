"""What to tell a person when a server can not be reached: one line in plain words, and what to do about it."""

from __future__ import annotations

import re
from typing import Any

import psycopg

from fireline.errors import TargetUnavailable
from fireline.redact import text

_PREFIX = re.compile(
    r"^(?:- )?(?:connection failed: )*(?:(?:connection to|connection is|host:).*? failed: )*(?:FATAL:|ERROR:)?\s*"
)


def told(name: str, parts: dict[str, Any], error: psycopg.Error) -> TargetUnavailable:
    """The error to raise for a failed connection to the target `name`, whose DSN has these parts."""
    said = str(error)
    dsn = "store.url" if name == "store" else f"targets.{name}.dsn"
    place = _place(parts)
    hints = {
        "password authentication failed": f"Check user and password in {dsn}: is the secret rotated?",
        "no password supplied": f"Put the password into {dsn}.",
        "does not exist": f"Check database and user in {dsn}.",
        "no pg_hba.conf entry": "The server's pg_hba.conf does not let this address, user or database in.",
        "pg_hba.conf rejects": "The server's pg_hba.conf shuts this address, user or database out.",
        "too many clients": "All connection slots are taken; a superuser's reserved slot may still answer.",
        "connection slots are reserved": "All ordinary slots are taken; a superuser's reserved slot may still answer.",
        "starting up": "It is starting or recovering; look at its log and try again soon.",
        "shutting down": "It is being stopped; find out by whom.",
        "not yet accepting connections": "It is starting or recovering; look at its log and try again soon.",
        "certificate": f"Check sslmode and sslrootcert in {dsn}.",
        "SSL": f"Check sslmode in {dsn}.",
    }
    if "Connection refused" in said or "No such file or directory" in said:
        reason, hint = f"nothing listens at {place}", "Is PostgreSQL running there? Look at its log."
    elif "resolve" in said or "translate host name" in said or "Name or service not known" in said:
        reason, hint = f"the host name {parts.get('host')} is not known", f"Check the host in {dsn}, or your DNS."
    elif "timeout expired" in said or "timed out" in said:
        reason, hint = (
            f"no answer from {place} in time",
            "A firewall, a dead host or a network fault swallows the call.",
        )
    else:
        reason = _line(said)
        hint = next(
            (hint for words, hint in hints.items() if words in said),
            f"Try `fireline doctor`, or `psql` with {dsn}.",
        )
    return TargetUnavailable(f"target {name} does not answer: {text(reason)}", hint=hint)


def _place(parts: dict[str, Any]) -> str:
    """Host and port as the DSN has them."""
    host = parts.get("host") or parts.get("hostaddr") or "the local socket"
    return f"{host} port {parts.get('port') or 5432}"


def _line(said: str) -> str:
    """The server's own words: the line with FATAL when there is one, without what libpq puts before it."""
    lines = [line.strip() for line in said.strip().splitlines() if line.strip()] or ["it said nothing"]
    fatal = [line for line in lines if "FATAL:" in line]
    line = (fatal or lines)[-1]
    return line.partition("FATAL:")[2].strip() if fatal else _PREFIX.sub("", line) or line

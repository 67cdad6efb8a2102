"""What to tell a person when a server can not be reached: which kind of refusal it is, one line in plain words, what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import psycopg

from fireline.errors import TargetUnavailable
from fireline.redact import text

_PREFIX = re.compile(
    r"^(?:- )?(?:connection failed: )*(?:(?:connection to|connection is|host:).*? failed: )*(?:FATAL:|ERROR:)?\s*"
)


@dataclass(frozen=True)
class Refusal:
    """One kind of refusal: the words by which it is known, and what to do, where {dsn} is the name of the setting."""

    kind: str
    words: re.Pattern[str]
    hint: str


def _refusal(kind: str, words: str, hint: str) -> Refusal:
    return Refusal(kind, re.compile(words), hint)


_SUPERUSER = "a superuser, or from version 16 on a role with pg_use_reserved_connections, still gets in."

# The first that fits counts: what libpq says of its own files stands before what a server says of a database.
REFUSALS = (
    _refusal("tls", r"certificate (?:file|verify|for )|server certificate|certificate has expired|SSL error|SSL SYSCALL|does not support SSL|SSL was required"
             r"|\bssl\w* (?:value|mode)|GSSAPI encryption", "Check sslmode and sslrootcert in {dsn}."),
    _refusal("hba", r"no pg_hba\.conf entry", "The server's pg_hba.conf does not let this address, user or database in."),
    _refusal("hba", r"pg_hba\.conf rejects", "The server's pg_hba.conf shuts this address, user or database out."),
    _refusal("authentication", r"no password supplied", "Put the password into {dsn}."),
    _refusal("authentication", r"authentication failed|Tenant or user not found|no such user", "Check user and password in {dsn}: is the secret rotated?"),
    _refusal("login_forbidden", r"is not permitted to log in", "The role has NOLOGIN; ALTER ROLE … LOGIN lets it in."),
    _refusal("role_limit", r"too many connections for role", "The role has no more connections; another role may still get in."),
    _refusal("database_limit", r"too many connections for database", "The database has no more connections; a superuser still gets in."),
    _refusal("slots", r"too many clients|connection slots are reserved|no more connections allowed|[Mm]ax ?[Cc]lient",
             f"All ordinary slots are taken; {_SUPERUSER}"),
    _refusal("database_closed", r"not currently accepting connections", "Somebody has closed the database: ALTER DATABASE … ALLOW_CONNECTIONS true opens it."),
    _refusal("database_invalid", r"cannot connect to invalid database", "A DROP DATABASE was broken off; it can only be dropped and restored."),
    _refusal("connect_denied", r"permission denied for database", "The role lacks CONNECT on the database."),
    _refusal("no_such_database", r"database \"?.*\"? does not exist|no such database", "Check the database in {dsn}."),
    _refusal("no_such_role", r"role \"?.*\"? does not exist", "Check the user in {dsn}."),
    _refusal("recovery", r"in recovery mode", "A server process crashed and it recovers; look at its log and try again soon."),
    _refusal("starting", r"starting up|not yet accepting connections|is not accepting connections", "It is starting or recovering; look at its log and try again soon."),
    _refusal("shutting_down", r"shutting down", "It is being stopped; find out by whom."),
    _refusal("pooler", r"query_wait_timeout|pgbouncer cannot connect|server login failed|server_login_retry|connection to server .* failed in pool", "The pooler answers, and the server behind it does not: look at that."),
    _refusal("lost", r"server closed the connection|[Cc]onnection reset|terminated abnormally", "It took the call and hung up: look at its log."),
)  # fmt: skip


def kind_of_loss(said: str) -> str:
    """What became of a connection that was had and is lost, by the last words on it."""
    found = next((one.kind for one in REFUSALS if one.words.search(said)), "lost")
    return found if found in ("pooler", "shutting_down", "recovery") else "lost"


def told(name: str, parts: dict[str, Any], error: psycopg.Error) -> TargetUnavailable:
    """The error to raise for a failed connection to the target `name`, whose DSN has these parts."""
    said = str(error)
    dsn = "store.url" if name == "store" else f"targets.{name}.dsn"
    place = place_of(parts)
    if "Connection refused" in said or "No such file or directory" in said:
        kind, reason, hint = "refused", f"nothing listens at {place}", "Is PostgreSQL running there? Look at its log."
    elif "resolve" in said or "translate host name" in said or "Name or service not known" in said:
        kind, reason = "dns", f"the host name {parts.get('host')} is not known"
        hint = f"Check the host in {dsn}, or your DNS."
    elif "timeout expired" in said or "timed out" in said or "No route to host" in said or "unreachable" in said:
        kind, reason = "timeout", f"no answer from {place} in time"
        hint = "A firewall, a dead host or a network fault swallows the call."
    else:
        reason = _line(said)
        found = next((one for one in REFUSALS if one.words.search(reason)), None)
        found = found or next((one for one in REFUSALS if one.words.search(said)), None)
        kind = found.kind if found else "other"
        hint = found.hint.format(dsn=dsn) if found else f"Try `fireline doctor`, or `psql` with {dsn}."
    return TargetUnavailable(f"target {name} does not answer: {text(reason)}", hint=hint, kind=kind)


def place_of(parts: dict[str, Any]) -> str:
    """Host and port as the DSN has them."""
    host = parts.get("host") or parts.get("hostaddr") or "the local socket"
    return f"{host} port {parts.get('port') or 5432}"


def _line(said: str) -> str:
    """The server's own words: the line with FATAL when there is one, without what libpq puts before it."""
    lines = [line.strip() for line in said.strip().splitlines() if line.strip()] or ["it said nothing"]
    fatal = [line for line in lines if "FATAL:" in line]
    line = (fatal or lines)[-1]
    return line.partition("FATAL:")[2].strip() if fatal else _PREFIX.sub("", line) or line

"""Connections to a target: timeouts on each, read-only unless a change was approved, its identity checked."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.abc import Buffer, PQGen
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row

from fireline.errors import Refused, TargetUnavailable
from fireline.postgres.unreachable import kind_of_loss, told
from fireline.redact import Secret, text
from fireline.settings import PgBouncerSettings, RestartSettings, SupabaseSettings

Connection = psycopg.Connection[DictRow]

APPLICATION = "fireline"  # how our sessions name themselves at the server
PATIENCE_SECONDS = 5  # for a server to answer, unless the DSN says otherwise
_OUTSIDE = ("postgres", "template1")  # where to act from on a database that is closed to us
_OTHER_DATABASE = ("database_closed", "database_limit", "connect_denied", "no_such_database", "database_invalid")
_MS = timedelta(milliseconds=1)
_MARK = "fireline.limits"  # a setting of our own, to see whether our settings arrived
# Whether they did; then the session is ours alone, and what would end it while it waits is taken off, where it exists.
# Every name is PostgreSQL's own, whatever stands before it in the role's path.
_ARRIVED = f"""
SELECT pg_catalog.current_setting('{_MARK}', true), pg_catalog.count(pg_catalog.set_config(name, '0', false))
    FILTER (WHERE pg_catalog.current_setting('{_MARK}', true) OPERATOR(pg_catalog.=) '1')
FROM pg_catalog.unnest(ARRAY['idle_session_timeout', 'transaction_timeout']) AS name
WHERE pg_catalog.current_setting(name, true) IS NOT NULL
""".encode()  # noqa: S608 - our own word


@dataclass(frozen=True)
class Target:
    """A PostgreSQL in our care."""

    name: str
    dsn: Secret
    read_dsn: Secret | None = None
    labels: dict[str, str] = field(default_factory=dict)
    lock_timeout: timedelta = timedelta(seconds=1)
    supabase: SupabaseSettings | None = None  # where its log is, if Supabase runs it
    application_dsn: Secret | None = None  # as the application connects: the canary that a fence must turn away
    application_roles: tuple[str, ...] = ()  # whose sessions are the application's; empty: everybody's but ours
    maintenance: str | None = None  # a database of the same server to act from while this one is closed
    pgbouncer: PgBouncerSettings | None = None  # the pooler in front, with an admin console
    restart: RestartSettings | None = None  # how its server is restarted


@dataclass(frozen=True)
class Identity:
    """Which server this is, so that nothing is written to another one: a copy shares the system identifier."""

    system_identifier: str  # empty when the role may not see it
    data_directory: str | None  # None when the role may not see it
    postmaster_start: str  # ISO, UTC
    timeline: int | None = None  # another one after a failover or a recovery to a point in time

    def json(self) -> dict[str, Any]:
        """As stored with an attempt."""
        return {
            "system_identifier": self.system_identifier,
            "data_directory": self.data_directory,
            "postmaster_start": self.postmaster_start,
            "timeline": self.timeline,
        }


def same_server(one: Identity, other: Identity) -> bool:
    """Whether both are one running server; what either may not see is not compared."""
    return _same_data(one, other) and one.postmaster_start == other.postmaster_start


def same_history(one: Identity, other: Identity) -> bool:
    """Whether a transaction id of one means the same at the other: the same data, perhaps restarted, never replaced."""
    known = one.timeline is not None and one.timeline == other.timeline
    return bool(one.system_identifier) and known and _same_data(one, other)


def _same_data(one: Identity, other: Identity) -> bool:
    pairs = ((one.system_identifier, other.system_identifier), (one.data_directory, other.data_directory))
    return all(not mine or not theirs or mine == theirs for mine, theirs in pairs)


class _Pooled(psycopg.Connection[DictRow]):
    """A connection through a pooler that takes no settings at the start: they go into each transaction instead.

    Never into the session, which the pooler would hand to the application afterwards.
    """

    limits: tuple[bytes, ...] = ()

    def _exec_command(self, command: Any, *arguments: Any, **named: Any) -> PQGen[Any]:
        result = yield from super()._exec_command(command, *arguments, **named)
        if isinstance(command, bytes) and command.startswith(b"BEGIN"):
            for limit in self.limits:
                yield from super()._exec_command(limit)
        return result


@contextmanager
def connect(
    target: Target,
    *,
    write: bool = False,
    acting: bool = False,
    statement_timeout: timedelta = timedelta(seconds=30),
    lock_timeout: timedelta | None = None,
    autocommit: bool = False,
    jit: bool = True,
    database: str | None = None,
) -> Iterator[Connection]:
    """One connection; read-only and as the reading role where there is one, unless `write`.

    acting: as the role that changes things also when nothing is written, to see what it may do.
    database: another one of the same server than the DSN names.
    jit: False for many short statements, which a server that compiles everything would take minutes for.
    Raises TargetUnavailable when it can not be had or is lost, with the server's own words, redacted.
    """
    secret = target.dsn if write or acting or target.read_dsn is None else target.read_dsn
    lock = target.lock_timeout if lock_timeout is None else lock_timeout
    limits = {
        "statement_timeout": str(int(statement_timeout / _MS)),
        "lock_timeout": str(int(lock / _MS)),
        "idle_in_transaction_session_timeout": str(int((statement_timeout + timedelta(seconds=30)) / _MS)),
        "default_transaction_read_only": "off" if write else "on",
        "standard_conforming_strings": "on",  # so that the server reads a text as our parser did
    }
    if not jit:
        limits["jit"] = "off"
    conn = _open(target.name, secret, limits, autocommit=autocommit, database=database)
    try:
        yield conn
    except psycopg.OperationalError as error:
        if not conn.closed:
            raise
        said = text(str(error).strip().splitlines()[0])
        raise TargetUnavailable(
            f"the connection to target {target.name} was lost: {said}", kind=kind_of_loss(said)
        ) from None
    finally:
        conn.close()


def database_of(target: Target) -> str:
    """The name of the database that the target's DSN leads to, as libpq reads it."""
    parts = _parts(target.name, target.dsn)
    return str(parts.get("dbname") or parts.get("user") or os.environ.get("PGDATABASE") or getpass.getuser())


@contextmanager
def beside(target: Target, *, write: bool = False, autocommit: bool = True) -> Iterator[Connection]:
    """A connection to the target's server that is not in its database: from there it is closed, renamed and opened again.

    Raises TargetUnavailable, Refused when the server has no other database that lets us in.
    """
    own, last = database_of(target), None
    with ExitStack() as stack:
        for name in [target.maintenance] if target.maintenance else _OUTSIDE:
            if name == own:
                continue
            try:
                conn = stack.enter_context(
                    connect(target, write=write, acting=True, autocommit=autocommit, database=name)
                )
            except TargetUnavailable as away:
                if away.kind not in _OTHER_DATABASE or target.maintenance:
                    raise
                last = away
            else:
                yield conn
                return
    raise Refused(
        f"target {target.name} has no other database from which {own} could be closed or renamed",
        hint=f"Name one with targets.{target.name}.maintenance." + (f" ({last.message})" if last else ""),
    )


@contextmanager
def reach(target: Target) -> Iterator[Connection]:
    """A connection to the target's server to see who it is: in its database, or beside it when that is closed."""
    with ExitStack() as stack:
        try:
            conn = stack.enter_context(connect(target))
        except TargetUnavailable as away:
            if away.kind not in _OTHER_DATABASE:
                raise
            conn = stack.enter_context(beside(target))
        yield conn


def _parts(name: str, secret: Secret) -> dict[str, Any]:
    """The parts of a DSN."""
    try:
        return conninfo_to_dict(secret.reveal())
    except psycopg.Error:  # its words hold a part of the DSN
        raise TargetUnavailable(
            f"the DSN of target {name} can not be read",
            hint=f"Write targets.{name}.dsn as postgresql://user:password@host:port/database.",
            kind="dsn",
        ) from None


def _open(
    name: str, secret: Secret, limits: dict[str, str], *, autocommit: bool, database: str | None = None
) -> Connection:
    """Connect with the limits as start-up options, behind those of the DSN; a pooler may refuse them."""
    parts = _parts(name, secret)
    if database is not None:
        parts["dbname"] = database
    arguments: dict[str, Any] = {
        **parts,
        "application_name": APPLICATION,
        "connect_timeout": parts.get("connect_timeout") or PATIENCE_SECONDS,
        "keepalives_idle": parts.get("keepalives_idle") or 10,
        "keepalives_interval": parts.get("keepalives_interval") or 5,
        "keepalives_count": parts.get("keepalives_count") or 3,
        "client_encoding": "UTF8",  # the text that was proved is the text that is sent
        "autocommit": autocommit,
        "row_factory": dict_row,
        "prepare_threshold": None,
    }
    own = str(arguments.pop("options", None) or "")
    options = " ".join([own, *(f"-c {key}={value}" for key, value in limits.items()), f"-c {_MARK}=1"]).strip()
    try:
        direct = psycopg.Connection[DictRow].connect(**arguments, options=options)
        if direct.pgconn.exec_(_ARRIVED).get_value(0, 0):
            return _forgiving(direct)
        direct.close()  # a pooler took the options and forgot them
    except psycopg.Error as refused:
        if "unsupported startup parameter" not in str(refused):
            raise told(name, parts, refused) from None
    try:
        pooled = _Pooled.connect(**{**arguments, **({"options": own} if own else {})})
    except psycopg.Error as refused:
        raise told(name, parts, refused) from None
    pooled.limits = _as_statements(limits)
    return _forgiving(pooled)


class _Forgiving(Loader):
    """Text as it comes: the statements of a database in another encoding may hold bytes that are none in ours."""

    def load(self, data: Buffer) -> str:
        return bytes(data).decode(errors="replace")


def _forgiving(conn: Connection) -> Connection:
    for name in ("text", "varchar", "bpchar", "name"):
        conn.adapters.register_loader(name, _Forgiving)
    return conn


def _as_statements(limits: dict[str, str]) -> tuple[bytes, ...]:
    """The limits for one transaction; whether it is read-only is set for it alone, too."""
    read_only = limits["default_transaction_read_only"]
    local = {key: value for key, value in limits.items() if key != "default_transaction_read_only"}
    local["transaction_read_only"] = read_only
    return tuple(f"SET LOCAL {key} = {value}".encode() for key, value in local.items())


def identity(conn: Connection) -> Identity:
    """Who the server at the other end is; any role may ask, and so may one on a standby."""
    row = conn.execute(
        "SELECT has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS control,"
        " pg_catalog.pg_is_in_recovery() AS standby,"
        " CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END AS folder,"
        " to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS started"
    ).fetchone()
    assert row is not None
    number = "SELECT system_identifier::text AS number FROM pg_control_system()"
    known = conn.execute(number).fetchone() if row["control"] else None
    return Identity(known["number"] if known else "", row["folder"], row["started"], _timeline(conn, row["standby"]))


def _timeline(conn: Connection, standby: bool) -> int | None:
    """The timeline that is written to now; None on a standby, which has no transactions of its own."""
    if standby:
        return None
    row = conn.execute(
        "SELECT ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int AS timeline"
    ).fetchone()
    return int(row["timeline"]) if row else None


def identity_of_dsn(dsn: Secret, *, name: str = "store") -> Identity:
    """Who the server behind a DSN is. Raises TargetUnavailable."""
    with connect(Target(name, dsn), statement_timeout=timedelta(seconds=5)) as conn:
        return identity(conn)

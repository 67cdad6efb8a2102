"""Where we stand before a fence: what our role may do, whose database it is, which roles are the application's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from fireline.errors import Refused, TargetUnavailable
from fireline.postgres.connect import Connection, Target, beside, connect, database_of

GONE = "gone"  # what a way reads of a thing that is not there any more
PER_ROLE_ADMIN = 160000  # from 16 on a role changes those that it has the admin option of
INVALID = -2  # the connection limit of a database whose DROP was broken off

_DATABASE = """
SELECT d.datconnlimit AS connection_limit, d.datallowconn AS allowed, pg_get_userbyid(d.datdba) AS owner,
    pg_has_role(d.datdba, 'USAGE') AS owns, session_user::text AS role, r.rolsuper AS superuser, r.rolcreaterole AS makes_roles,
    current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby
FROM pg_database d, pg_roles r WHERE d.datname = %(database)s AND r.rolname = session_user
"""
_ROLES = """
SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolcanlogin AS login, pg_has_role(r.oid, d.datdba, 'USAGE') AS owns,
    pg_has_role(session_user, r.oid, 'MEMBER WITH ADMIN OPTION') AS administered
FROM pg_roles r, pg_database d WHERE d.datname = %(database)s AND r.rolname = ANY(%(roles)s) ORDER BY r.rolname
"""


@dataclass(frozen=True)
class Role:
    """One of the application's roles."""

    name: str
    superuser: bool
    login: bool
    owns: bool  # the database, itself or by membership
    alterable: bool  # by us


@dataclass(frozen=True)
class Ground:
    """What is known before anything is done. conn is kept open all the while: it is the way back.

    outside: conn is not in the database that is fenced.
    """

    target: Target
    conn: Connection
    database: str
    outside: bool
    version: int
    role: str
    superuser: bool
    makes_roles: bool
    owner: str
    owns: bool
    connection_limit: int
    allowed: bool
    roles: tuple[Role, ...]

    @contextmanager
    def at(self, database: str) -> Iterator[Connection]:
        """A connection to a database of this server: the kept one when that is there."""
        if self.conn.info.dbname == database:
            yield self.conn
            return
        with connect(self.target, write=True, autocommit=True, database=database) as conn:
            yield conn

    def may_alter(self, name: str) -> bool:
        """Whether our role may change another one's settings and login."""
        found = self.conn.execute(_ROLES, {"database": self.database, "roles": [name]}).fetchone()
        return found is not None and _alterable(found, self.superuser, self.makes_roles, self.version)


@contextmanager
def stand(target: Target) -> Iterator[Ground]:
    """Look at the target from beside its database, or from inside it where there is no other way.

    Raises TargetUnavailable; Refused when it is a standby, where nothing can be changed.
    """
    with ExitStack() as stack:
        conn, outside = _kept(stack, target)
        database = database_of(target)
        row = conn.execute(_DATABASE, {"database": database}).fetchone()
        if row is None:
            raise Refused(f"target {target.name} has no database {database}")
        if row["standby"]:
            raise Refused(
                f"target {target.name} is a standby: nobody writes to it, and nothing about it can be changed",
                hint="Fence the primary.",
            )
        if row["connection_limit"] == INVALID:
            raise Refused(f"{database} is what a DROP DATABASE that was broken off has left; nobody gets in")
        yield Ground(
            target, conn, database, outside, row["version"], row["role"], row["superuser"], row["makes_roles"],
            row["owner"], row["owns"], row["connection_limit"], row["allowed"],
            _roles(conn, target, database, row),
        )  # fmt: skip


def _kept(stack: ExitStack, target: Target) -> tuple[Connection, bool]:
    try:
        return stack.enter_context(beside(target, write=True)), True
    except Refused:  # a managed service with one database, perhaps
        return stack.enter_context(connect(target, write=True, autocommit=True)), False


def application_roles(target: Target) -> tuple[str, ...]:
    """The application's roles that the settings name, or that its connection names."""
    if target.application_roles:
        return target.application_roles
    if target.application_dsn is None:
        return ()
    try:
        user = conninfo_to_dict(target.application_dsn.reveal()).get("user")
    except psycopg.Error:  # its words hold a part of the DSN
        raise TargetUnavailable(f"targets.{target.name}.application_dsn can not be read", kind="dsn") from None
    return (str(user),) if user else ()


def _roles(conn: Connection, target: Target, database: str, here: dict[str, Any]) -> tuple[Role, ...]:
    names = list(application_roles(target))
    found = conn.execute(_ROLES, {"database": database, "roles": names}).fetchall()
    return tuple(
        Role(
            row["name"],
            row["superuser"],
            row["login"],
            row["owns"],
            _alterable(row, here["superuser"], here["makes_roles"], here["version"]),
        )
        for row in found
    )


def _alterable(row: dict[str, Any], superuser: bool, makes_roles: bool, version: int) -> bool:
    if superuser:
        return True
    return bool(makes_roles and not row["superuser"] and (row["administered"] or version < PER_ROLE_ADMIN))

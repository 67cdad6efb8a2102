"""Every role: who may log in, until when, how often, what it may go past, and how many sessions it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MOST = 2000

# Login roles and roles with powers come first where there are more than can be read. A limit counts sessions of
# databases alone, so the sender of a replication stream does not.
_ROLES = """
WITH had AS (
    SELECT usesysid AS oid, count(*) FILTER (WHERE datname IS NOT NULL AND backend_type IN ('client backend', 'parallel worker')) AS sessions,
        min(backend_start) AS oldest, max(backend_start) FILTER (WHERE pid <> pg_backend_pid()) AS newest
    FROM pg_stat_activity WHERE usesysid IS NOT NULL GROUP BY 1)
SELECT r.oid::bigint AS oid, r.rolname AS name, r.rolcanlogin AS login, r.rolsuper AS superuser, r.rolbypassrls AS bypasses_rls, r.rolreplication AS replication,
    r.rolcreaterole AS creates_roles, r.rolinherit AS inherits, r.rolconnlimit AS "limit",
    CASE WHEN isfinite(r.rolvaliduntil) THEN r.rolvaliduntil WHEN r.rolvaliduntil = '-infinity' THEN '1970-01-01 00:00:00+00' END AS valid_until,
    coalesce(had.sessions, 0) AS sessions, had.oldest, had.newest,
    ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid ORDER BY 1 LIMIT 20) AS member_of
FROM pg_roles r LEFT JOIN had ON had.oid = r.oid
WHERE r.rolname !~ '^pg_' OR r.rolcanlogin
ORDER BY r.rolcanlogin DESC, r.rolsuper DESC, coalesce(had.sessions, 0) DESC, r.oid LIMIT %(most)s
"""
_MOMENT = """
SELECT clock_timestamp() AS at, current_setting('max_connections')::int AS slots,
    current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS taken
"""


@dataclass(frozen=True)
class Role:
    """One role. limit: -1 is none. oldest, newest: when its sessions began, ours not counted for the newest."""

    name: str
    oid: int = 0
    login: bool = True
    superuser: bool = False
    bypasses_rls: bool = False
    replication: bool = False
    creates_roles: bool = False
    inherits: bool = True
    limit: int = -1
    valid_until: datetime | None = None  # None: for ever
    sessions: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    member_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Roles:
    """All roles at one moment, by name; and how many of the server's slots are taken, ours with them."""

    at: datetime
    all: dict[str, Role] = field(default_factory=dict)
    slots: int = 100  # max_connections
    reserved: int = 3  # of them, for superusers and roles with pg_use_reserved_connections
    taken: int = 0  # by clients

    @property
    def full(self) -> bool:
        """Whether an ordinary role gets no slot any more."""
        return self.taken >= self.slots - self.reserved

    def named(self, *names: str | None) -> tuple[Role, ...]:
        """Those of these names that are roles."""
        return tuple(self.all[name] for name in dict.fromkeys(names) if name in self.all)


def read(conn: Connection, sofar: Snapshot) -> Roles:
    """The roles now."""
    del sofar
    moment = conn.execute(_MOMENT).fetchone()
    assert moment is not None
    found = {}
    for row in conn.execute(_ROLES, {"most": MOST}).fetchall():
        times = {name: _utc(row[name]) for name in ("valid_until", "oldest", "newest")}
        found[row["name"]] = Role(**{**row, **times, "member_of": tuple(row["member_of"])})
    return Roles(moment["at"].astimezone(UTC), found, moment["slots"], moment["reserved"], moment["taken"])


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None


check = Check("roles", read)

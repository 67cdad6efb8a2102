"""What the names in a complaint stand for in this database: in which schema, of what kind, whose, granted to whom."""

from __future__ import annotations

from dataclasses import dataclass, field

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

_RELATIONS = """
SELECT c.oid::int8 AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, pg_get_userbyid(c.relowner)::text AS owner,
    greatest(c.reltuples, 0)::float8 AS rows,
    ARRAY(SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END || ' ' || a.privilege_type
        FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner) AS grants
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = ANY (%(names)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.oid >= 16384
  AND n.nspname !~ '^pg_(toast|temp)' ORDER BY c.oid DESC LIMIT 200
"""
_FUNCTIONS = """
SELECT p.oid::int8 AS oid, n.nspname::text AS schema, p.proname::text AS name, 'function' AS kind, pg_get_userbyid(p.proowner)::text AS owner,
    0::float8 AS rows, ARRAY[]::text[] AS grants
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.proname = ANY (%(names)s) AND p.oid >= 16384 ORDER BY p.oid DESC LIMIT 50
"""


@dataclass(frozen=True)
class Thing:
    """One relation, sequence or function of that name. grants: privileges by role or PUBLIC, without the owner."""

    oid: int
    schema: str
    name: str
    kind: str  # r table, p partitioned, v view, m materialised view, f foreign table, S sequence, function
    owner: str = ""
    rows: float = 0.0
    grants: dict[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Meant:
    """Everything that a name of the complaint may mean, the newest first."""

    things: tuple[Thing, ...] = ()

    def called(self, name: str) -> tuple[Thing, ...]:
        """What a name may mean, with or without a schema."""
        schema, _, bare = name.rpartition(".")
        return tuple(one for one in self.things if one.name == bare and schema in ("", one.schema))


def granted(pairs: list[str]) -> dict[str, frozenset[str]]:
    """Privileges by role, from texts such as `web SELECT`."""
    found: dict[str, set[str]] = {}
    for pair in pairs:
        role, _, privilege = pair.rpartition(" ")
        found.setdefault(role, set()).add(privilege)
    return {role: frozenset(privileges) for role, privileges in found.items()}


def read(conn: Connection, sofar: Snapshot) -> Meant:
    """Look the names up."""
    asked = {"names": [name.rpartition(".")[2] for name in sofar.complaint.names]}
    rows = [*conn.execute(_RELATIONS, asked).fetchall(), *conn.execute(_FUNCTIONS, asked).fetchall()]
    return Meant(tuple(Thing(**{**row, "grants": granted(row["grants"])}) for row in rows))


check = Check("meant", read, wanted=lambda sofar: bool(sofar.complaint.names))

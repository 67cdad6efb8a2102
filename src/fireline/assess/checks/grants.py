"""Which tables and views of a schema are granted to whom alike, and which sequences their inserting roles may not use."""

from __future__ import annotations

from dataclasses import dataclass, field

from fireline.assess.checks.meant import granted
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

NEWEST = 30  # names of a group that are read
MOST_SEQUENCES = 1000  # the newest, and those that the complaint names

_GROUPS = """
SELECT n.nspname::text AS schema, pg_get_userbyid(g.relowner)::text AS owner, g.number, g.newest, g.names::text[] AS names,
    ARRAY(SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END || ' ' || a.privilege_type
        FROM aclexplode(g.acl::aclitem[]) a WHERE a.grantee <> g.relowner) AS grants
FROM (SELECT relnamespace, relowner, relacl::text AS acl, count(*) AS number, max(oid::int8) AS newest,
        (array_agg(relname::text ORDER BY oid DESC))[1:%(newest)s] AS names
    FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition AND oid >= 16384 AND relpersistence <> 't'
    GROUP BY relnamespace, relowner, relacl::text ORDER BY count(*) DESC LIMIT 500) g
JOIN pg_namespace n ON n.oid = g.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY g.number DESC
"""
# A serial column's sequence, or one that a default calls; an identity column needs no grant.
_SEQUENCES = """
WITH chosen AS MATERIALIZED (
    SELECT oid FROM pg_class WHERE relkind = 'S' AND oid >= 16384 ORDER BY relname = ANY (%(names)s) DESC, oid DESC LIMIT %(most)s),
taken AS MATERIALIZED (
    SELECT d.objid AS sequence, d.refobjid AS relation FROM chosen
    JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = chosen.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a'
    UNION
    SELECT d.refobjid, f.adrelid FROM chosen
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = chosen.oid AND d.classid = 'pg_attrdef'::regclass
    JOIN pg_attrdef f ON f.oid = d.objid)
SELECT n.nspname::text AS schema, s.relname::text AS name, tn.nspname::text AS table_schema, t.relname::text AS table_name,
    pg_get_userbyid(a.grantee)::text AS role, has_sequence_privilege(a.grantee, s.oid, 'USAGE') OR has_sequence_privilege(a.grantee, s.oid, 'UPDATE') AS usable
FROM taken JOIN pg_class s ON s.oid = taken.sequence JOIN pg_namespace n ON n.oid = s.relnamespace
JOIN pg_class t ON t.oid = taken.relation JOIN pg_namespace tn ON tn.oid = t.relnamespace
CROSS JOIN LATERAL (SELECT x.grantee FROM aclexplode(t.relacl) x WHERE x.privilege_type = 'INSERT'
    UNION SELECT c.oid FROM pg_attribute f CROSS JOIN LATERAL aclexplode(f.attacl) x JOIN pg_roles c ON c.oid = x.grantee
        WHERE f.attrelid = t.oid AND x.privilege_type = 'INSERT') a
WHERE a.grantee NOT IN (0, t.relowner)
ORDER BY 6, s.oid DESC LIMIT 2000
"""


@dataclass(frozen=True)
class Alike:
    """Tables and views of one schema and owner with the same grants. names: the newest of them. newest: its number."""

    schema: str
    owner: str
    number: int
    newest: int
    names: tuple[str, ...]
    grants: dict[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class SequenceUse:
    """A role that may insert into a table whose column takes numbers from a sequence; usable: it may take them."""

    schema: str
    name: str
    table_schema: str
    table_name: str
    role: str
    usable: bool


@dataclass(frozen=True)
class Grants:
    """Grants by groups that are alike, the largest first; sequences that can not be used first."""

    groups: tuple[Alike, ...] = ()
    sequences: tuple[SequenceUse, ...] = ()


def read(conn: Connection, sofar: Snapshot) -> Grants:
    """Two questions to the catalogs."""
    names = [name.rpartition(".")[2] for name in sofar.complaint.names]
    groups = conn.execute(_GROUPS, {"newest": NEWEST}).fetchall()
    sequences = conn.execute(_SEQUENCES, {"names": names, "most": MOST_SEQUENCES}).fetchall()
    return Grants(
        tuple(Alike(**{**row, "names": tuple(row["names"]), "grants": granted(row["grants"])}) for row in groups),
        tuple(SequenceUse(**row) for row in sequences),
    )


check = Check("grants", read)

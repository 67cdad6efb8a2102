"""Who may see which rows: roles, grants, row security and its policies, views and functions that act for their owner.

Raw catalogs only: pg_policies, pg_get_expr and the like would wait behind a lock on the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from psycopg.rows import DictRow

from fireline.assess.always_true import holds
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MOST = {"roles": 3000, "members": 10_000, "secured": 2000, "granted": 3000, "policies": 3000, "reads": 10_000}
MOST_FUNCTIONS = 500
_LONGEST = 100_000  # of an expression's tree
_RELATION = re.compile(r":relid (\d+)")  # in such a tree

_ROLES = """
SELECT r.oid::int8 AS oid, r.rolname::text AS name, r.rolcanlogin AS login, r.rolinherit AS inherits, r.rolsuper AS superuser,
    r.rolbypassrls AS bypasses, r.oid < 16384 AND r.rolname LIKE 'pg\\_%%' AS predefined
FROM pg_roles r ORDER BY r.oid LIMIT %(roles)s
"""
_MEMBERS = """
SELECT m.member::int8 AS member, m.roleid::int8 AS role, coalesce((to_jsonb(m) ->> 'inherit_option')::bool, r.rolinherit) AS inherits
FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member LIMIT %(members)s
"""
_SCHEMAS = """
SELECT n.nspname::text AS name, pg_get_userbyid(n.nspowner)::text AS owner,
    ARRAY(SELECT a.grantee::int8 FROM aclexplode(n.nspacl) a WHERE a.privilege_type = 'USAGE') AS users
FROM pg_namespace n WHERE n.oid >= 16384 OR n.nspname = 'public' LIMIT 2000
"""
# Those with row security or policies first; of the others those that somebody else than the owner may use.
_RELATIONS = """
WITH own AS MATERIALIZED (
    SELECT c.oid, c.relname, c.relnamespace, c.relkind, c.relowner, c.relacl, c.reloptions, c.relrowsecurity, c.relforcerowsecurity,
        c.reltuples, c.relispartition, c.relrowsecurity OR p.policed AS secured, c.relacl IS NOT NULL AND c.relpersistence <> 't' AS granted
    FROM pg_class c CROSS JOIN LATERAL (SELECT c.oid IN (SELECT polrelid FROM pg_policy) AS policed) p
    WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND (c.relrowsecurity OR c.relacl IS NOT NULL OR p.policed)),
chosen AS (
    (SELECT * FROM own WHERE secured AND relkind IN ('r', 'p') ORDER BY oid LIMIT %(secured)s)
    UNION ALL
    (SELECT * FROM own WHERE granted AND NOT secured ORDER BY relkind = 'v' DESC, oid LIMIT %(granted)s))
SELECT c.oid::int8 AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, pg_get_userbyid(c.relowner)::text AS owner,
    c.relrowsecurity AS secured, c.relforcerowsecurity AS forced, c.reltuples::float8 AS rows, c.relispartition AS partition,
    ARRAY(SELECT a.grantee::int8 || ' ' || a.privilege_type FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner) AS grants,
    coalesce(lower(substring(array_to_string(c.reloptions, ',') FROM 'security_invoker=(\\w+)')) IN ('true', 'on', 'yes', '1'), false) AS invoker
FROM chosen c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""
_READS = """
SELECT DISTINCT w.ev_class::int8 AS view, d.refobjid::int8 AS relation, v.relname::text AS name, n.nspname::text AS schema,
    pg_get_userbyid(v.relowner)::text AS owner
FROM pg_rewrite w JOIN pg_class v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm') JOIN pg_namespace n ON n.oid = v.relnamespace
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> w.ev_class
WHERE w.ev_type = '1' AND w.ev_class >= 16384 LIMIT %(reads)s
"""
_POLICIES = """
SELECT p.oid::int8 AS oid, p.polrelid::int8 AS relation, p.polname::text AS name, p.polcmd::text AS command, p.polpermissive AS permissive, p.polroles::int8[] AS roles,
    md5(coalesce(p.polqual::text, '') || coalesce(p.polwithcheck::text, '')) AS print, left(p.polqual::text, %(longest)s) AS "using", left(p.polwithcheck::text, %(longest)s) AS "check"
FROM pg_policy p ORDER BY p.polrelid, p.polname LIMIT %(policies)s
"""
_FUNCTIONS = """
SELECT p.oid::int8 AS oid, n.nspname::text AS schema, p.proname::text AS name, pg_get_function_identity_arguments(p.oid) AS arguments,
    pg_get_userbyid(p.proowner)::text AS owner, l.lanname::text AS language, p.prokind::text AS kind,
    p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype) AS trigger,
    (SELECT substr(s, 13) FROM unnest(p.proconfig) s WHERE s LIKE 'search\\_path=%%') AS search_path,
    CASE WHEN p.proacl IS NULL THEN ARRAY[0::int8] ELSE ARRAY(SELECT a.grantee::int8 FROM aclexplode(p.proacl) a
        WHERE a.grantee <> p.proowner AND a.privilege_type = 'EXECUTE') END AS callers
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE p.prosecdef AND p.oid >= 16384
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY p.oid LIMIT %(most)s
"""

PUBLIC = "PUBLIC"


@dataclass(frozen=True)
class Role:
    """One role; `member_of` are the roles it is directly a member of, `has` those of them whose rights it has at once."""

    name: str
    login: bool = False
    superuser: bool = False
    bypasses: bool = False  # row security
    inherits: bool = True
    predefined: bool = False  # PostgreSQL's own
    member_of: tuple[str, ...] = ()
    has: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schema:
    """One schema and who may use it."""

    name: str
    owner: str
    users: tuple[str, ...] = ()  # names of roles, or PUBLIC


@dataclass(frozen=True)
class Policy:
    """One policy. always: its expression holds for every row, whoever asks."""

    name: str
    command: str  # r SELECT, a INSERT, w UPDATE, d DELETE, * ALL
    permissive: bool = True
    roles: tuple[str, ...] = (PUBLIC,)
    using: bool = True  # there is one
    check: bool = False
    using_always: bool = False
    check_always: bool = False
    reads: tuple[int, ...] = ()  # relations that its expressions read
    print: str = ""  # md5 of its expressions, to see that they were changed
    oid: int = 0


@dataclass(frozen=True)
class Relation:
    """One table, view, materialised view or foreign table. grants: by role or PUBLIC, without the owner."""

    oid: int
    schema: str
    name: str
    kind: str = "r"
    owner: str = ""
    secured: bool = False  # row security on
    forced: bool = False  # for its owner too
    rows: float = -1.0  # -1: never counted
    partition: bool = False
    grants: dict[str, tuple[str, ...]] = field(default_factory=dict)
    invoker: bool = False  # a view that reads with the rights of who asks
    reads: tuple[int, ...] = ()  # what a view reads
    policies: tuple[Policy, ...] = ()

    @property
    def path(self) -> str:
        """Schema and name, without quotes."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Function:
    """A function that runs with the rights of its owner. search_path: None when it takes the caller's."""

    oid: int
    schema: str
    name: str
    arguments: str
    owner: str
    language: str = "plpgsql"
    kind: str = "f"
    trigger: bool = False
    search_path: str | None = None
    callers: tuple[str, ...] = (PUBLIC,)


@dataclass(frozen=True, eq=False)  # one is itself alone, so that what is worked out of it can be kept
class Policies:
    """Everything that decides who sees which rows of the database."""

    roles: dict[str, Role] = field(default_factory=dict)
    schemas: dict[str, Schema] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    functions: tuple[Function, ...] = ()
    whole: bool = True  # False: there is more than was read

    @cached_property
    def by_oid(self) -> dict[int, Relation]:
        """Relations by number."""
        return {one.oid: one for one in self.relations}


def read(conn: Connection, sofar: Snapshot) -> Policies:
    """Six short questions to the catalogs; what views read only where there is row security to get around."""
    del sofar
    numbers, roles = _roles(conn)
    schemas = {
        row["name"]: Schema(row["name"], row["owner"], _named(row["users"], numbers)) for row in _rows(conn, _SCHEMAS)
    }
    policies: dict[int, list[Policy]] = {}
    found = _rows(conn, _POLICIES, longest=_LONGEST)
    for row in found:
        policies.setdefault(row["relation"], []).append(_policy(row, numbers))
    relations = _rows(conn, _RELATIONS)
    secured = bool(found) or any(row["secured"] for row in relations)
    views = _rows(conn, _READS) if secured else []
    functions = _rows(conn, _FUNCTIONS, most=MOST_FUNCTIONS)
    reads: dict[int, list[int]] = {}
    for row in views:
        reads.setdefault(row["view"], []).append(row["relation"])
    made = [_relation(row, numbers, reads, policies) for row in relations]
    seen = {one.oid for one in made}
    passed = {
        row["view"]: row for row in views if row["view"] not in seen
    }  # nobody was granted them, other views read them
    made += [
        Relation(oid, row["schema"], row["name"], "v", row["owner"], reads=tuple(reads[oid]))
        for oid, row in passed.items()
    ]
    granted = sum(not row["secured"] for row in relations)
    whole = granted < MOST["granted"] and len(found) < MOST["policies"] and len(relations) - granted < MOST["secured"]
    return Policies(roles, schemas, tuple(made), tuple(_function(row, numbers) for row in functions), whole)


def _rows(conn: Connection, query: str, **more: Any) -> list[DictRow]:
    return conn.execute(query.encode(), {**MOST, **more}).fetchall()


def _roles(conn: Connection) -> tuple[dict[int, str], dict[str, Role]]:
    rows, members = _rows(conn, _ROLES), _rows(conn, _MEMBERS)
    numbers = {0: PUBLIC} | {row["oid"]: row["name"] for row in rows}
    of: dict[int, list[DictRow]] = {}
    for row in members:
        of.setdefault(row["member"], []).append(row)
    made = {}
    for row in rows:
        mine = of.get(row.pop("oid"), [])
        groups = _named((one["role"] for one in mine), numbers)
        has = _named((one["role"] for one in mine if one["inherits"]), numbers)
        made[row["name"]] = Role(**row, member_of=groups, has=has)
    return numbers, made


def _named(oids: Iterable[int], numbers: dict[int, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(numbers[oid] for oid in oids if oid in numbers))


def _policy(row: DictRow, numbers: dict[int, str]) -> Policy:
    using, check = row["using"], row["check"]
    return Policy(
        row["name"],
        row["command"],
        row["permissive"],
        _named(row["roles"], numbers),
        using is not None,
        check is not None,
        using is not None and holds(using),
        check is not None and holds(check),
        tuple(sorted({int(oid) for oid in _RELATION.findall(f"{using} {check}")})),
        row["print"],
        row["oid"],
    )


def _relation(
    row: DictRow, numbers: dict[int, str], reads: dict[int, list[int]], policies: dict[int, list[Policy]]
) -> Relation:
    grants: dict[str, tuple[str, ...]] = {}
    for one in row.pop("grants"):
        number, _, privilege = one.partition(" ")
        for name in _named([int(number)], numbers):
            grants[name] = (*grants.get(name, ()), privilege)
    oid = row["oid"]
    return Relation(**row, grants=grants, reads=tuple(reads.get(oid, ())), policies=tuple(policies.get(oid, ())))


def _function(row: DictRow, numbers: dict[int, str]) -> Function:
    return Function(**{**row, "callers": _named(row["callers"], numbers)})


check = Check("policies", read)

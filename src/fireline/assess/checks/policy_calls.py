"""The functions that row security calls anew for every row, since no subselect keeps their result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from psycopg.rows import DictRow

from fireline.assess.always_true import parsed
from fireline.assess.checks.policies import Policies
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

_POLICIES = """
SELECT p.oid::int8 AS oid, p.polrelid::int8 AS "table", n.nspname::text AS schema, c.relname::text AS table_name, p.polname::text AS name,
    p.polcmd::text AS command, left(p.polqual::text, 20000) AS tree, md5(p.polqual::text) AS digest
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE p.polqual IS NOT NULL AND c.relrowsecurity AND p.polcmd IN ('r', '*', 'w', 'd') ORDER BY p.oid DESC LIMIT 300
"""
# The expression in words would wait behind a lock on its table, so it is not asked for while one is held.
_EXPRESSIONS = """
SELECT p.oid::int8 AS oid, pg_get_expr(p.polqual, p.polrelid) AS expression FROM pg_policy p
WHERE p.oid = ANY (%(oids)s::oid[]) AND p.polrelid NOT IN (
    SELECT l.relation FROM pg_locks l WHERE l.relation IS NOT NULL AND l.mode = 'AccessExclusiveLock')
"""
_FUNCTIONS = """
SELECT p.oid::int8 AS oid, n.nspname::text AS schema, p.proname::text AS name, l.lanname::text AS language, p.provolatile::text AS volatility,
    l.lanname = 'sql' AND NOT p.prosecdef AND p.proconfig IS NULL AND p.provolatile <> 'v' AS inlined,
    coalesce(pg_stat_get_function_calls(p.oid), 0) AS calls, coalesce(pg_stat_get_function_total_time(p.oid), 0)::float8 AS total_ms
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE p.oid = ANY (%(oids)s::oid[])
"""
_FIRST_OWN = 16384


@dataclass(frozen=True)
class Call:
    """One function of the team's that a policy calls for each row. bare: no column is given to it, so once would do."""

    oid: int
    schema: str
    name: str
    bare: bool = True
    language: str = "plpgsql"
    volatility: str = "s"
    inlined: bool = False  # the planner puts its text in place, so that a call costs little
    calls: int = 0  # 0 when they are not counted
    total_ms: float = 0.0


@dataclass(frozen=True)
class PolicyCalls:
    """One policy with the functions it calls for each row. expression: None while its table is locked."""

    oid: int
    table: int
    schema: str
    table_name: str
    name: str
    command: str
    digest: str
    expression: str | None
    calls: tuple[Call, ...]


def read(conn: Connection, sofar: Snapshot) -> tuple[PolicyCalls, ...]:
    """The policies that call something for each row."""
    del sofar
    rows = conn.execute(_POLICIES).fetchall()
    found = {row["oid"]: dict(_called(parsed(row.pop("tree")))) for row in rows}
    functions = {
        row["oid"]: row for row in _asked(conn, _FUNCTIONS, {oid for calls in found.values() for oid in calls})
    }
    calls = {
        policy: tuple(Call(**functions[oid], bare=bare) for oid, bare in called.items() if oid in functions)
        for policy, called in found.items()
    }
    words = {row["oid"]: row["expression"] for row in _asked(conn, _EXPRESSIONS, {oid for oid in calls if calls[oid]})}
    return tuple(
        PolicyCalls(**row, expression=words.get(row["oid"]), calls=calls[row["oid"]])
        for row in rows
        if calls[row["oid"]]
    )


def _asked(conn: Connection, question: str, oids: set[int]) -> list[DictRow]:
    return conn.execute(question.encode(), {"oids": sorted(oids)}).fetchall() if oids else []


def _called(node: Any) -> Iterator[tuple[int, bool]]:
    """The functions called outside of any subselect, and whether no column is given to them."""
    if isinstance(node, list):
        for part in node:
            yield from _called(part)
    if not isinstance(node, dict) or node.get("") == "SUBLINK":
        return
    if node.get("") == "FUNCEXPR" and int(node.get("funcid", 0)) >= _FIRST_OWN:
        yield int(node["funcid"]), not _has_column(node.get("args"))
    for part in node.values():
        yield from _called(part)


def _has_column(node: Any) -> bool:
    if isinstance(node, list):
        return any(map(_has_column, node))
    if not isinstance(node, dict):
        return False
    return node.get("") == "VAR" or any(map(_has_column, node.values()))


def wanted(sofar: Snapshot) -> bool:
    """Where there is any policy."""
    policies = sofar.last("policies", Policies)
    return policies is None or any(one.policies and one.secured for one in policies.relations)


check = Check("policy_calls", read, wanted=wanted)

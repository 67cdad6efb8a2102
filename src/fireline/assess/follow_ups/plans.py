"""What the planner says of the slowest reads: the plan alone, never carried out, and with the index that is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from fireline.assess.checks.tables import Tables
from fireline.assess.quoting import ident, qualified
from fireline.assess.scans import Scan, placed_at, scans
from fireline.assess.snapshot import Check, Snapshot
from fireline.assess.verdict import Evidence
from fireline.postgres.connect import Connection
from fireline.postgres.proof import prove

MOST = 5
_HARDLY = 0.8  # of the cost without it
GENERIC = 160000  # the version from which EXPLAIN takes parameters without values
_PARAMETER = re.compile(r"\$(\d+)")
_HYPOPG = "SELECT n.nspname AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'hypopg'"


@dataclass(frozen=True)
class Node:
    """One access to a table in a plan."""

    table: str
    kind: str  # Seq Scan, Index Scan …
    index: str | None
    rows: float  # that the planner expects


@dataclass(frozen=True)
class Plan:
    """A plan as our own role would get it now; `spared` is its cost with the index that is missing, where that was tried."""

    text: str
    cost: float
    rows: float
    nodes: tuple[Node, ...] = ()
    spared: float | None = None


@dataclass(frozen=True)
class Plans:
    """The plans of the statements that were proved to only read. refused: of those that could not be asked, why."""

    plans: tuple[Plan, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()

    def of(self, text: str) -> Plan | None:
        """The plan of a statement."""
        return next((one for one in self.plans if one.text == text), None)

    def useless(self, text: str) -> bool:
        """Whether the planner would hardly use the index that is missing, as far as was tried."""
        plan = self.of(text)
        return plan is not None and plan.spared is not None and plan.spared > _HARDLY * plan.cost

    def facts(self, text: str) -> tuple[Evidence, ...]:
        """What the plan of a statement shows."""
        plan = self.of(text)
        if plan is None:
            return ()
        read = [f"{one.kind} on {one.table}" for one in plan.nodes if "Seq" in one.kind]
        found = [Evidence("EXPLAIN", f"{', '.join(read)}; cost {plan.cost:,.0f}")] if read else []
        if plan.spared is not None:
            found.append(
                Evidence("hypopg", f"with the index the cost would be {plan.spared:,.0f} instead of {plan.cost:,.0f}")
            )
        return tuple(found)


def wanted(sofar: Snapshot) -> bool:
    """Whether a slow statement reads through a table."""
    return bool(scans(sofar))


def read(conn: Connection, sofar: Snapshot) -> Plans:
    """Ask for the plans of the slowest, each in a transaction of its own; what is refused is left out."""
    hypopg = conn.execute(_HYPOPG).fetchone()
    plans: list[Plan] = []
    refused: list[tuple[str, str]] = []
    for scan in _chosen(sofar):
        text = scan.slow.text
        try:
            with conn.transaction(force_rollback=True):
                plan = _plan(conn, scan, sofar, hypopg["schema"] if hypopg else None)
        except psycopg.Error as fault:
            refused.append((text, str(fault.diag.message_primary or fault).splitlines()[0]))
        else:
            plans.append(plan) if isinstance(plan, Plan) else refused.append((text, plan))
    return Plans(tuple(plans), tuple(refused))


def _chosen(sofar: Snapshot) -> list[Scan]:
    found: dict[str, Scan] = {}
    for scan in scans(sofar):
        if scan.slow.shape.kind == "select" and not scan.slow.shape.locks_rows:
            found.setdefault(scan.slow.text, scan)
    return list(found.values())[:MOST]


def _plan(conn: Connection, scan: Scan, sofar: Snapshot, hypopg: str | None) -> Plan | str:
    generic = sofar.server is not None and sofar.server.number >= GENERIC
    text = scan.slow.text if generic else _filled(scan, sofar)
    proof = prove(conn, text)
    if proof.level != "read":
        return proof.reason
    question = f"EXPLAIN (FORMAT JSON{', GENERIC_PLAN' if generic else ''}) {text}".encode()
    first = _explained(conn, question)
    nodes = tuple(_nodes(first))
    if not nodes:
        return "without the values of its parameters its plan tells nothing"
    spared = _spared(conn, question, scan, hypopg) if hypopg and not scan.served else None
    return Plan(scan.slow.text, first["Total Cost"], first["Plan Rows"], nodes, spared)


def _filled(scan: Scan, sofar: Snapshot) -> str:
    """The statement with a value that the planner does not know in place of each parameter, of its column's type."""
    tables = sofar.last("tables", Tables)
    types: dict[int, str] = {}
    for one in scan.slow.shape.predicates:
        place = placed_at(one, tables) if tables and not one.wraps else None
        types |= {number: place[1].type for number in one.parameters if place}

    def value(found: re.Match[str]) -> str:
        kind = types.get(int(found[1]))
        return f"(SELECT NULL::{kind})" if kind else "NULL"

    return _PARAMETER.sub(value, scan.slow.text)


def _explained(conn: Connection, question: bytes) -> dict[str, Any]:
    row = conn.execute(question, prepare=False).fetchone()
    assert row is not None
    plan: dict[str, Any] = row["QUERY PLAN"][0]["Plan"]
    return plan


def _spared(conn: Connection, question: bytes, scan: Scan, schema: str) -> float | None:
    """The cost with the index: hypopg keeps it in our session alone, and forgets it with the next statement."""
    column = scan.chief.wrap.text if scan.chief.wrap else ident(scan.chief.column.name)
    wish = f"CREATE INDEX ON {qualified(scan.table.schema, scan.table.name)} ({column})"
    conn.execute(sql.SQL("SELECT {}.hypopg_create_index(%s)").format(sql.Identifier(schema)), [wish])
    try:
        cost = float(_explained(conn, question)["Total Cost"])
    finally:
        conn.execute(sql.SQL("SELECT {}.hypopg_reset()").format(sql.Identifier(schema)))
    return cost


def _nodes(plan: dict[str, Any]) -> Iterator[Node]:
    if "Relation Name" in plan:
        yield Node(plan["Relation Name"], plan["Node Type"], plan.get("Index Name"), float(plan["Plan Rows"]))
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


check = Check("plans", read, wanted=wanted)

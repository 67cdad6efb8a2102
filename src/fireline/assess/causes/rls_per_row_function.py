"""Reading a table is slow for whoever row security applies to, as its policy calls a function anew for every row."""

# ruff: noqa: S608 - a number and a digest go into the text
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from fireline.assess.checks.policy_calls import Call, PolicyCalls
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.policy_cost import as_owner, slowed
from fireline.assess.quoting import ident, literal, qualified
from fireline.assess.slow import Slow, every
from fireline.assess.slowness import COMPLAINTS, EXPLAINS, FAMILY, seen, severity, weight
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "rls_per_row_function"


@dataclass(frozen=True)
class Policed:
    """A policy, and the statements that it slows."""

    policy: PolicyCalls
    table: Table
    slows: tuple[Slow, ...]


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Statements of a role that a policy applies to, which take more time or blocks than reading their table does."""
    found: tuple[PolicyCalls, ...] = next(iter(snapshot.all("policy_calls", tuple)[-1:]), ())
    tables = snapshot.last("tables", Tables)
    verdicts = []
    for policy in found:
        table = tables.by_oid.get(policy.table) if tables else None
        calls = tuple(one for one in policy.calls if not one.inlined)
        slows = tuple(one for one in every(snapshot) if table and calls and slowed(snapshot, one, table, calls))
        if table and slows:
            verdicts.append(_verdict(snapshot, Policed(policy, table, slows)))
    return tuple(verdicts)


def _verdict(snapshot: Snapshot, one: Policed) -> Verdict:
    policy, calls = one.policy, [call for call in one.policy.calls if not call.inlined]
    name = qualified(policy.schema, policy.table_name)
    functions = [f"{qualified(call.schema, call.name)}()" for call in calls]
    first = one.slows[0]
    return Verdict(
        cause=LABEL,
        title=f"The policy {policy.name} of {name} calls {listed(functions)} for every row.",
        severity=severity(snapshot, one.slows),
        confidence=0.93 if any(call.calls for call in calls) else 0.8,
        objects=(f"{name} policy {policy.name}", *functions),
        evidence=(
            Evidence(
                "pg_policy", f"{policy.name} on {name}: {policy.expression or 'calls it outside of any subselect'}"
            ),
            *(seen(slow) for slow in one.slows[:2]),
            *(_counted(call) for call in calls if call.calls),
            *_by_owner(snapshot, one),
        ),
        explains=("slow through the API only, quick as the owner", *EXPLAINS),
        rejected=(
            Rejected(
                "missing_index",
                f"{first.user} takes {first.mean_ms:,.0f} ms for {one.table.blocks:,} pages; the time goes into the policy's function",
            ),
            Rejected("stale_statistics", "whatever the plan, the policy is asked for every row it reads"),
            Rejected("planner_guc_disabled", "the owner, under the same settings, is not slowed by the policy"),
        ),
        remedy=_cure(policy, calls, name),
        probe=Probe(
            f"SELECT polname FROM pg_policy WHERE oid = {policy.oid} AND md5(polqual::text) = {literal(policy.digest)}",
            "rows = 0",
        ),
        hurt=weight(one.slows),
    )


def _counted(call: Call) -> Evidence:
    return Evidence(
        "pg_stat_user_functions",
        f"{call.name}() was called {call.calls:,} times and took {call.total_ms / max(call.calls, 1):.3f} ms each",
    )


def _by_owner(snapshot: Snapshot, one: Policed) -> tuple[Evidence, ...]:
    same = as_owner(snapshot, one.slows[0], one.table)
    fact = f"the owner {same.user} takes {same.mean_ms:,.1f} ms for the same statement" if same else ""
    return (Evidence("pg_stat_statements", fact),) if fact else ()


def _cure(policy: PolicyCalls, calls: list[Call], name: str) -> Cure:
    old = policy.expression
    new = old
    for call in calls:
        new = wrapped(new, call.name) if new and call.bare else new
    if old is None or new == old:
        return Cure(
            "Write the policy so that the function is called once: compare the column with what a function returns for the"
            " session, as in team_id IN (SELECT my_teams()), instead of giving the column to a function.",
            level="reversible",
        )
    change = f"ALTER POLICY {ident(policy.name)} ON {name} USING"
    return Cure(
        "Put the call into a subselect, so that it is carried out once for a statement and not for each row. The same rows are"
        " seen as before, as long as the function answers the same throughout a statement. The change waits for a short lock.",
        (f"{change} ({new})",),
        "reversible",
        (f"{change} ({old})",),
    )


def wrapped(expression: str, function: str) -> str:
    """An expression with each call of a function in a subselect of its own."""
    call: Any = re.compile(rf'(?<![\w".])(?:(?:"[^"]+"|\w+)\.)?"?{re.escape(function)}"?\(')
    done, rest = "", expression
    while found := call.search(rest):
        end, depth = found.end(), 1
        while end < len(rest) and depth:
            depth += {"(": 1, ")": -1}.get(rest[end], 0)
            end += 1
        inside = done.rstrip() + rest[: found.start()].rstrip()
        text = rest[found.start() : end]
        done += rest[: found.start()] + (text if inside.upper().endswith("SELECT") else f"(SELECT {text})")
        rest = rest[end:]
    return done + rest


cause = Cause(LABEL, FAMILY, judge, ("statements", "tables", "policies", "policy_calls"), (*COMPLAINTS, "exposed"))

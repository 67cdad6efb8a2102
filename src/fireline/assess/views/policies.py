"""Row security: which tables have it, their policies, whom the others are open to, and what acts with its owner's rights."""

from __future__ import annotations

from typing import Any

from fireline.assess.access import Opening
from fireline.assess.checks.policies import Policies, Relation
from fireline.assess.passing import leaking_views
from fireline.assess.rights import READS, WRITES, strangers
from fireline.assess.snapshot import Snapshot
from fireline.assess.view import Section, Shown, View

_MOST = 100
_COMMANDS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "*": "ALL"}


def show(snapshot: Snapshot) -> Shown:
    """Tables that are guarded or granted to somebody, policies, roles and functions that pass by."""
    reading = snapshot.last("policies", Policies)
    assert reading is not None
    tables = [one for one in reading.relations if one.kind in ("r", "p") and not one.partition]
    guarded = [one for one in tables if one.secured]
    leaks = leaking_views(reading)
    bypass = [one for one in reading.roles.values() if one.bypasses and not one.superuser]
    return Shown(
        (
            f"{len(guarded)} tables have row security, {len(tables) - len(guarded)} others are granted to somebody",
            f"{sum(len(one.policies) for one in tables)} policies",
        ),
        (
            Section("Tables", tuple(_table(reading, one, leaks) for one in tables[:_MOST])),
            Section("Policies", tuple(row for one in tables for row in _policies(one))[:_MOST]),
            Section("Roles that bypass row security", tuple({"role": one.name, "login": one.login} for one in bypass)),
            Section("Views that show guarded tables with their owner's rights", _views(leaks)),
            Section("Functions with their owner's rights", _functions(reading)),
        ),
    )


def _table(reading: Policies, relation: Relation, leaks: list[Opening]) -> dict[str, Any]:
    around = {one.view.path for one in leaks if one.view and one.relation.oid == relation.oid}
    open_to = [] if relation.secured else sorted(strangers(reading, relation, READS + WRITES))
    granted = "; ".join(f"{role}: {', '.join(rights)}" for role, rights in sorted(relation.grants.items()))
    return {
        "table": relation.path,
        "owner": relation.owner,
        "row_security": relation.secured,
        "for_owner_too": relation.forced,
        "policies": len(relation.policies),
        "granted": granted or None,
        "open_to_strangers": ", ".join(open_to) or None,
        "views_around_it": ", ".join(sorted(around)) or None,
    }


def _policies(relation: Relation) -> list[dict[str, Any]]:
    return [
        {
            "table": relation.path,
            "policy": one.name,
            "command": _COMMANDS.get(one.command, one.command),
            "permissive": one.permissive,
            "roles": ", ".join(one.roles),
            "lets_all_through": one.using_always or one.check_always,
        }
        for one in relation.policies
    ]


def _views(leaks: list[Opening]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "view": one.view.path,
            "owner": one.view.owner,
            "table": one.relation.path,
            "roles": ", ".join(sorted(one.roles)),
        }
        for one in leaks[:_MOST]
        if one.view
    )


def _functions(reading: Policies) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "function": f"{one.schema}.{one.name}({one.arguments})",
            "owner": one.owner,
            "search_path": one.search_path,
            "callers": ", ".join(one.callers) or None,
        }
        for one in reading.functions[:_MOST]
    )


view = View("policies", "Row security, policies, grants, what passes them by", ("policies",), show)

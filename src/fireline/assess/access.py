"""Ways around row security, found in the reading of `policies`, and the report on who may see what. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fireline.assess.checks.policies import PUBLIC, Function, Policies, Policy, Relation
from fireline.assess.rights import READS, WRITES, becomes, bound, may, others, outsiders, secured, shares, strangers

TABLES = ("r", "p", "f")
_COMMANDS = {"r": ("SELECT",), "a": ("INSERT",), "w": ("UPDATE",), "d": ("DELETE",), "*": ("SELECT", "INSERT", "UPDATE", "DELETE")}  # fmt: skip
_DEEPEST = 20  # views on views


@dataclass(frozen=True)
class Opening:
    """A way past row security. roles: who can go it, with what they may do there."""

    relation: Relation
    roles: dict[str, tuple[str, ...]]
    policy: Policy | None = None
    view: Relation | None = None
    outside: bool = True  # strangers can go it, not only ordinary roles


def commands(policy: Policy) -> tuple[str, ...]:
    """What a policy is about."""
    return _COMMANDS.get(policy.command, ())


def open_tables(seen: Policies, *, doubtful: bool = False) -> list[Opening]:
    """Tables without row security that strangers may read or change. doubtful: that any role beside the owner may."""
    found = []
    for one in seen.relations:
        if one.kind not in TABLES or one.secured or one.policies:
            continue
        roles = strangers(seen, one, READS + WRITES)
        if roles:
            found.append(Opening(one, roles))
        elif doubtful and (roles := others(seen, one, READS + WRITES)):
            found.append(Opening(one, roles, outside=False))
    return found


def ignored_policies(seen: Policies) -> list[Opening]:
    """Tables with policies that do nothing, as row security is off."""
    found = []
    for one in seen.relations:
        if one.kind in TABLES and one.policies and not one.secured:
            outside = strangers(seen, one, READS + WRITES)
            found.append(Opening(one, outside or others(seen, one, READS + WRITES), outside=bool(outside)))
    return found


def open_policies(seen: Policies) -> list[Opening]:
    """Policies that let every row through, for strangers or for everybody; what they are allowed by it is in `roles`."""
    found = []
    for one in seen.relations:
        if not one.secured or any(not policy.permissive for policy in one.policies):
            continue
        for policy in one.policies:
            roles = _let_in(seen, one, policy)
            if roles:
                found.append(Opening(one, roles, policy))
    return found


def let_through(policy: Policy) -> tuple[str, ...]:
    """The commands for which a policy lets every row through."""
    read = tuple(one for one in commands(policy) if one != "INSERT") if policy.using_always else ()
    checked = policy.check_always or (policy.using_always and not policy.check)
    return (*read, "INSERT") if checked and "INSERT" in commands(policy) else read


def _let_in(seen: Policies, relation: Relation, policy: Policy) -> dict[str, tuple[str, ...]]:
    """Those whom an always true policy lets in. One that names a role that logs in was made for that role on purpose."""
    freely = let_through(policy)
    if not freely:
        return {}
    roles = {**others(seen, relation, freely), **strangers(seen, relation, freely)}
    outside = outsiders(seen)
    about = {
        name: had for name, had in roles.items()
        if (PUBLIC in policy.roles or name in outside) and (PUBLIC in policy.roles or not shares(seen, name).isdisjoint(set(policy.roles) - {PUBLIC}))
    }  # fmt: skip
    return {name: had for name, had in about.items() if name == PUBLIC or bound(seen, name, relation)}


def leaking_views(seen: Policies) -> list[Opening]:
    """Views that show a table with row security with the rights of somebody it does not bind."""
    outside = {PUBLIC, *outsiders(seen)}
    found: dict[tuple[int, int], Opening] = {}
    for view in seen.relations:
        if view.kind not in ("v", "m") or not view.grants:
            continue
        readers = {**others(seen, view, READS), **strangers(seen, view, READS)}
        for name, had in readers.items():
            for table in reached(seen, view, name):
                kept_out = name in outside or may(seen, name, table, READS)
                if kept_out and (name == PUBLIC or bound(seen, name, table)):
                    opening = found.setdefault((view.oid, table.oid), Opening(table, {}, view=view, outside=False))
                    roles = {**opening.roles, name: had}
                    found[view.oid, table.oid] = Opening(table, roles, view=view, outside=not outside.isdisjoint(roles))
    return list(found.values())


def reached(seen: Policies, view: Relation, name: str) -> Iterator[Relation]:
    """The tables with row security that a role sees through a view with the rights of somebody whom it does not bind."""
    waiting: list[tuple[Relation, str, int]] = [(view, name, 0)]
    while waiting:
        one, acting, depth = waiting.pop()
        rights = acting if one.invoker else one.owner
        for oid in one.reads:
            read = seen.by_oid.get(oid)
            if read is None or not may(seen, rights, read, READS):
                continue
            if read.kind in ("v", "m") and depth < _DEEPEST:
                waiting.append((read, rights, depth + 1))
            elif read.secured and rights != name and not bound(seen, rights, read):
                yield read


def bindable(seen: Policies, relation: Relation) -> set[str]:
    """Whom the policies of a table hold for: roles with rights on it that are bound, or PUBLIC."""
    names = {PUBLIC} if relation.grants.get(PUBLIC) else set()
    given = {**others(seen, relation, READS + WRITES), **strangers(seen, relation, READS + WRITES)}
    return names | {name for name in given if name != PUBLIC and bound(seen, name, relation)}


def passing_roles(seen: Policies, here: frozenset[str]) -> dict[str, list[Relation]]:
    """Roles that bypass row security though policies are meant for them, with the tables they see whole.

    Meant for them: a policy names them, or there is nobody else whom the policies of a table could hold for.
    here: roles that count also without that, such as those that a complaint is about.
    """
    found: dict[str, list[Relation]] = {}
    free = [name for name, role in seen.roles.items() if role.bypasses and not role.superuser]
    for one in (one for one in seen.relations if free and one.secured and one.policies):
        named = {role for policy in one.policies for role in policy.roles}
        alone = not bindable(seen, one)
        for name in free:
            if one.owner in shares(seen, name) or not may(seen, name, one, READS):
                continue
            given = any(who in one.grants for who in shares(seen, name) - {PUBLIC})
            if name in named or name in ("anon", "authenticated") or name in here or (alone and given):
                found.setdefault(name, []).append(one)
    return found


def passing_owners(seen: Policies, here: frozenset[str], *, asked: bool) -> list[Relation]:
    """Tables with policies whose owner logs in and is not bound by them, while the application is that owner.

    It is, when there is nobody else whom the policies could hold for, or nobody of these is connected and the owner is.
    """
    found = []
    for one in seen.relations:
        owner = seen.roles.get(one.owner)
        if not one.secured or one.forced or not one.policies or one.kind not in TABLES or one.partition:
            continue
        if owner is None or not owner.login or owner.superuser or owner.bypasses:
            continue
        meant = bindable(seen, one)
        absent = not any(meant & (becomes(seen, name) | {PUBLIC} if name != one.owner else set()) for name in here)
        named = any(one.owner in policy.roles for policy in one.policies)
        if not meant or named or (one.owner in here and (absent or asked)):
            found.append(one)
    return found


def shut_tables(seen: Policies) -> list[Opening]:
    """Tables with row security where no policy lets a role read that was given the right to."""
    found = []
    for one in seen.relations:
        if one.kind not in TABLES or not one.secured or one.rows == 0:
            continue
        given = {**others(seen, one, READS), **strangers(seen, one, READS)}
        owner = seen.roles.get(one.owner)
        if one.forced and owner and owner.login:
            given[one.owner] = READS
        roles = {name: had for name, had in given.items() if name != PUBLIC and _shut_out(seen, name, one)}
        if roles:
            found.append(Opening(one, roles))
    return found


def _shut_out(seen: Policies, name: str, relation: Relation) -> bool:
    mine = shares(seen, name)
    lets = any(
        policy.permissive and "SELECT" in commands(policy) and not mine.isdisjoint(policy.roles)
        for policy in relation.policies
    )
    return bound(seen, name, relation) and not lets


def unpinned(seen: Policies) -> list[Function]:
    """Functions that act with more rights than their caller has, and look names up where the caller says."""
    found = []
    for one in seen.functions:
        owner = seen.roles.get(one.owner)
        if one.search_path is None and not one.trigger and owner is not None and callers(seen, one):
            found.append(one)
    return found


def callers(seen: Policies, function: Function) -> list[str]:
    """Roles that log in or are switched into, can call a function, and have not its owner's rights."""
    found = []
    for name, role in seen.roles.items():
        if role.superuser or role.predefined or not (role.login or name in outsiders(seen)):
            continue
        mine = shares(seen, name)
        watches = bool(role.has) and all((group := seen.roles.get(one)) and group.predefined for one in role.has)
        if (
            not watches
            and function.owner not in mine
            and not mine.isdisjoint(function.callers)
            and uses_schema(seen, name, function)
        ):
            found.append(name)
    return found


def uses_schema(seen: Policies, name: str, function: Function) -> bool:
    """Whether a role gets at the schema that a function is in."""
    there = seen.schemas.get(function.schema)
    return there is None or there.owner in shares(seen, name) or not shares(seen, name).isdisjoint(there.users)


def recursive(seen: Policies) -> list[Opening]:
    """Tables whose policies read the table itself, directly or round about: every read of them fails."""
    edges = {one.oid: {oid for policy in one.policies for oid in policy.reads} for one in seen.relations if one.secured}
    found = []
    for one in seen.relations:
        if one.secured and one.oid in _onwards(edges, one.oid):
            policy = next((each for each in one.policies if _onwards(edges, one.oid, set(each.reads))), one.policies[0])
            found.append(Opening(one, {**others(seen, one, READS), **strangers(seen, one, READS)}, policy))
    return found


def _onwards(edges: dict[int, set[int]], start: int, first: set[int] | None = None) -> set[int]:
    """What is read in the end, when the policies of each table on the way are followed."""
    found, waiting = set(), list(edges.get(start, set()) if first is None else first)
    while waiting:
        oid = waiting.pop()
        if oid not in found:
            found.add(oid)
            waiting += edges.get(oid, ())
    return found if first is None or start in found else set()


def report(seen: Policies) -> dict[str, Any]:
    """Who may see what, as plain data: per table its security, policies, grants, and the ways around them."""
    leaks = leaking_views(seen)
    return {
        "row_security_in_use": secured(seen),
        "complete": seen.whole,
        "outsiders": list(outsiders(seen)),
        "bypassing_roles": sorted(name for name, role in seen.roles.items() if role.bypasses and not role.superuser),
        "tables": [_table(seen, one, leaks) for one in seen.relations if one.kind in TABLES],
        "definer_views": [
            {"view": leak.view.path, "owner": leak.view.owner, "reads": leak.relation.path, "roles": sorted(leak.roles)}
            for leak in leaks if leak.view
        ],
        "definer_functions": [
            {"function": f"{one.schema}.{one.name}({one.arguments})", "owner": one.owner, "search_path": one.search_path,
             "callers": sorted(one.callers), "trigger": one.trigger}
            for one in seen.functions
        ],
    }  # fmt: skip


def _table(seen: Policies, one: Relation, leaks: list[Opening]) -> dict[str, Any]:
    return {
        "table": one.path,
        "owner": one.owner,
        "row_security": one.secured,
        "forced": one.forced,
        "rows": None if one.rows < 0 else int(one.rows),
        "grants": {name: sorted(given) for name, given in sorted(one.grants.items())},
        "policies": [
            {"policy": each.name, "commands": list(commands(each)), "roles": list(each.roles), "permissive": each.permissive,
             "always_true": list(let_through(each))}
            for each in one.policies
        ],
        "open_to": sorted(strangers(seen, one, READS + WRITES)) if not one.secured else [],
        "views_around_it": sorted({leak.view.path for leak in leaks if leak.view and leak.relation.oid == one.oid}),
    }  # fmt: skip

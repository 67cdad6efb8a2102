"""Who gets past row security that is meant for him: by a view, by his role, as the owner. Found in the reading of `policies`. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.assess.access import TABLES, Opening
from fireline.assess.checks.policies import PUBLIC, Policies, Relation
from fireline.assess.rights import READS, WRITES, becomes, bound, may, others, outsiders, shares, strangers

_DEEPEST = 20  # views on views


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

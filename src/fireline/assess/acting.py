"""Functions that act with their owner's rights, and who may call them. Found in the reading of `policies`. Pure."""

from __future__ import annotations

from fireline.assess.checks.policies import Function, Policies
from fireline.assess.rights import outsiders, shares


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
            and _uses_schema(seen, name, function)
        ):
            found.append(name)
    return found


def _uses_schema(seen: Policies, name: str, function: Function) -> bool:
    there = seen.schemas.get(function.schema)
    return there is None or there.owner in shares(seen, name) or not shares(seen, name).isdisjoint(there.users)

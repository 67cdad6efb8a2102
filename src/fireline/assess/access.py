"""Tables that row security leaves open or shuts, found in the reading of `policies`. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from fireline.assess.checks.policies import PUBLIC, Policies, Policy, Relation
from fireline.assess.rights import READS, WRITES, bound, others, outsiders, shares, strangers

TABLES = ("r", "p", "f")
_COMMANDS = {"r": ("SELECT",), "a": ("INSERT",), "w": ("UPDATE",), "d": ("DELETE",), "*": ("SELECT", "INSERT", "UPDATE", "DELETE")}  # fmt: skip


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


def let_through(policy: Policy) -> tuple[str, ...]:
    """The commands for which a policy lets every row through."""
    read = tuple(one for one in commands(policy) if one != "INSERT") if policy.using_always else ()
    checked = policy.check_always or (policy.using_always and not policy.check)
    return (*read, "INSERT") if checked and "INSERT" in commands(policy) else read


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

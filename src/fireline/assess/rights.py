"""What a role may do and see, worked out from the reading of `policies`: its rights, whether policies bind it, who is an outsider. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from fireline.assess.checks.policies import PUBLIC, Policies, Relation, Role
from fireline.assess.snapshot import Snapshot
from fireline.postgres.connect import APPLICATION

READS, WRITES = ("SELECT",), ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
_ALL_DATA = {"SELECT": "pg_read_all_data", "INSERT": "pg_write_all_data", "UPDATE": "pg_write_all_data", "DELETE": "pg_write_all_data"}  # fmt: skip
_VISITORS = ("anon", "authenticated")  # what PostgREST and Supabase call those who come through their API


@lru_cache(maxsize=8192)
def shares(seen: Policies, name: str) -> frozenset[str]:
    """Everybody whose rights a role has at once: itself, its groups and theirs, and PUBLIC."""
    found, waiting = {PUBLIC, name}, [name]
    while waiting:
        role = seen.roles.get(waiting.pop())
        for group in role.has if role else ():
            if group not in found:
                found.add(group)
                waiting.append(group)
    return frozenset(found)


@lru_cache(maxsize=8192)
def becomes(seen: Policies, name: str) -> frozenset[str]:
    """Everybody whom a session of this role may act as: itself, and every role it is a member of."""
    found, waiting = {name}, [name]
    while waiting:
        role = seen.roles.get(waiting.pop())
        for group in role.member_of if role else ():
            if group not in found:
                found.add(group)
                waiting.append(group)
    return frozenset(found)


def uses(seen: Policies, name: str, schema: str) -> bool:
    """Whether a role may use what is in a schema; a schema that was not read is taken as open."""
    there, role = seen.schemas.get(schema), seen.roles.get(name)
    if there is None or (role and role.superuser):
        return True
    mine = shares(seen, name)
    return there.owner in mine or not mine.isdisjoint(there.users)


def may(seen: Policies, name: str, relation: Relation, privileges: Iterable[str]) -> tuple[str, ...]:
    """Which of these privileges a role has on a relation."""
    role = seen.roles.get(name)
    mine = shares(seen, name)
    if (role and role.superuser) or relation.owner in mine:
        return tuple(privileges)
    if not uses(seen, name, relation.schema):
        return ()
    had = {privilege for who, given in relation.grants.items() if who in mine for privilege in given}
    return tuple(one for one in privileges if one in had or _ALL_DATA.get(one) in mine)


def bound(seen: Policies, name: str, relation: Relation) -> bool:
    """Whether row security, once on, holds for a role at a table."""
    role = seen.roles.get(name)
    if role is not None and (role.superuser or role.bypasses):
        return False
    return relation.forced or relation.owner not in shares(seen, name)


def outsiders(seen: Policies) -> tuple[str, ...]:
    """Roles that strangers act as: nobody logs in as them, a door such as an API switches into them.

    Told by their shape: no login, and members that do not have their rights at once (the door's role), or policies
    that are about them; or by the names that PostgREST and Supabase give them.
    """
    return _outsiders(seen)


@lru_cache(maxsize=4)
def _outsiders(seen: Policies) -> tuple[str, ...]:
    named = {role for relation in seen.relations for policy in relation.policies for role in policy.roles}
    owners = {relation.owner for relation in seen.relations}
    members: dict[str, list[Role]] = {}
    for role in seen.roles.values():
        for group in role.member_of:
            members.setdefault(group, []).append(role)
    return tuple(
        name for name, role in sorted(seen.roles.items())
        if name not in owners and _outside(role, members.get(name, []), about=name in named, used=secured(seen))
    )  # fmt: skip


def _outside(role: Role, members: list[Role], *, about: bool, used: bool) -> bool:
    if role.superuser or role.predefined or role.bypasses:
        return False
    if role.name in _VISITORS:
        return True
    switched = any(role.name not in member.has for member in members)
    return not role.login and (switched or about or (used and not members))


@lru_cache(maxsize=4)
def secured(seen: Policies) -> bool:
    """Whether the database uses row security at all."""
    return any(relation.secured for relation in seen.relations)


def strangers(seen: Policies, relation: Relation, privileges: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Outsiders with these privileges on a relation; PUBLIC too, where there is anybody to be kept out."""
    wanted = tuple(privileges)
    outside = outsiders(seen)
    found = {name: had for name in outside if (had := may(seen, name, relation, wanted))}
    everybody = tuple(one for one in wanted if one in relation.grants.get(PUBLIC, ()))
    there = seen.schemas.get(relation.schema)
    open_schema = there is None or PUBLIC in there.users
    if everybody and open_schema and (outside or secured(seen)):
        found[PUBLIC] = everybody
    return found


def others(seen: Policies, relation: Relation, privileges: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Ordinary roles, neither owners nor superusers, that were given these privileges by name."""
    wanted = tuple(privileges)
    found = {}
    for name in relation.grants:
        role = seen.roles.get(name)
        if role is None or role.superuser or role.predefined or relation.owner in shares(seen, name):
            continue
        if had := may(seen, name, relation, wanted):
            found[name] = had
    return found


def connected(snapshot: Snapshot) -> frozenset[str]:
    """Who has a session in this database now, apart from us."""
    here = snapshot.server.database if snapshot.server else None
    if not snapshot.locks:
        return frozenset()
    sessions = snapshot.locks[-1].sessions.values()
    return frozenset(
        one.user for one in sessions
        if one.user and one.kind == "client backend" and one.database == here and one.application != APPLICATION
    )  # fmt: skip

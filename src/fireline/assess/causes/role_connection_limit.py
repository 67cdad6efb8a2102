"""A role has as many sessions as its CONNECTION LIMIT allows: it gets no more, while the server has room."""

# ruff: noqa: S608 - only a quoted name goes into the probe
from __future__ import annotations

from fireline.assess.checks.roles import Role, Roles
from fireline.assess.quoting import ident, literal
from fireline.assess.refused import FAMILY, LETS_IN, NAME, Heard, door, evidence_of, heard, named, sessions, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import age, span
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "role_connection_limit"
_WORDS = rf"too many connections for role {NAME}"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Roles at their limit; of one whose limit is 0, only when it wants in."""
    roles, said = snapshot.last("roles", Roles), heard(snapshot, _WORDS)
    at = door(snapshot)
    if roles is None:
        return (_unseen(at.role, said),) if at.refused("role_limit") else ()
    full = [
        role
        for role in roles.all.values()
        if role.login
        and not role.superuser
        and 0 <= role.limit <= role.sessions
        and (role.limit or role.name in named(said))
    ]
    return tuple(_verdict(snapshot, roles, role, said) for role in full)


def _verdict(snapshot: Snapshot, roles: Roles, role: Role, said: tuple[Heard, ...]) -> Verdict:
    refused = role.name in named(said) or snapshot.complaint.about("slots")
    own = [one for one in sessions(snapshot) if one.user == role.name]
    idle = [one for one in own if one.state == "idle"]
    facts = [Evidence("pg_roles", f"{role.name} may have {role.limit} sessions and has {role.sessions}")]
    if idle and snapshot.locks:
        longest = max(age(snapshot.locks[-1].at, one.state_change) for one in idle)
        facts.append(Evidence("pg_stat_activity", f"{len(idle)} of them are idle, one for {span(longest)}"))
    room = f"{roles.taken} of {roles.slots} slots of the server are taken, so the server itself has room"
    return verdict(
        LABEL,
        f"Role {role.name} has reached its connection limit.",
        objects=(f"role {role.name}",),
        evidence=(*facts, *evidence_of(said, role.name)),
        rejected={
            "connection_leak_idle": room,
            "lock_pileup_exhausts_slots": room,
            "database_connection_limit": "the role's own limit is reached",
        },
        remedy=_raise(role.name, max(role.limit * 2, role.limit + 10), role.limit),
        probe=_probe(role.name),
        severity="critical" if refused else "medium",
        confidence=0.97 if refused else 0.8,
        hurt=len(own),
    )


def _raise(name: str, to: int, before: int) -> Cure:
    return Cure(
        "Raise the role's limit, within what max_connections leaves for others. If its sessions are idle, make its pool smaller instead.",
        (f"ALTER ROLE {ident(name)} CONNECTION LIMIT {to}",),
        undo=(f"ALTER ROLE {ident(name)} CONNECTION LIMIT {before}",),
    )


def _unseen(name: str, said: tuple[Heard, ...]) -> Verdict:
    """The refusal says it, and nobody of ours gets in to read the limit."""
    return verdict(
        LABEL,
        f"Role {name} has reached its connection limit.",
        objects=(f"role {name}",),
        evidence=evidence_of(said),
        rejected={
            "connection_leak_idle": "the server refuses this role by its own limit, not for lack of slots",
            "database_connection_limit": "the server names the role, not the database",
        },
        remedy=Cure(
            "Raise the role's limit, as a superuser; note the old one first (pg_roles.rolconnlimit). Another role in the target's"
            " read_dsn would have let us look.",
            (f"ALTER ROLE {ident(name)} CONNECTION LIMIT -1",),
        ),
        probe=LETS_IN,
        hurt=1,
    )


def _probe(name: str) -> Probe:
    return Probe(
        f"SELECT rolname FROM pg_roles WHERE rolname = {literal(name)} AND rolconnlimit >= 0 AND rolconnlimit <="
        f" (SELECT count(*) FROM pg_stat_activity WHERE usename = {literal(name)} AND backend_type = 'client backend')",
        "rows = 0",
    )


cause = Cause(LABEL, FAMILY, judge, ("roles",), ("slots", "login"))

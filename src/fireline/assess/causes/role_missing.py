"""The role with which the application logs in does not exist on this server."""

# ruff: noqa: S608 - only a quoted name goes into the probe
from __future__ import annotations

from fireline.assess.checks.roles import Roles
from fireline.assess.logins import MISSING, troubles
from fireline.assess.quoting import ident, literal
from fireline.assess.refused import EVERYBODY, FAMILY, LETS_IN, NAME, Heard, door, evidence_of, heard, named, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "role_missing"
_WORDS = rf"role {NAME} does not exist"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Roles that log in, or that the complaint names, and that are not there; what a stranger tries is none of ours."""
    roles, at, said = snapshot.last("roles", Roles), door(snapshot), heard(snapshot, _WORDS)
    own = [one for one in said if one.source != "server log"]
    wanted = dict.fromkeys(named(own), own)
    for one in troubles(snapshot):
        ours = one.at_door or any(heard_of.source == "complaint" for heard_of in one.said)
        if ours and (one.reason == MISSING or roles is not None):
            wanted.setdefault(one.name, list(one.said))
    if roles is not None:
        wanted = {name: said_of for name, said_of in wanted.items() if name not in roles.all}
    elif not at.refused("no_such_role", "authentication"):
        return ()
    return tuple(_verdict(name, tuple(said_of), roles) for name, said_of in wanted.items())


def _verdict(name: str, said: tuple[Heard, ...], roles: Roles | None) -> Verdict:
    seen = (Evidence("pg_roles", f"there is no role {name} among {len(roles.all)}"),) if roles else ()
    near = [other for other in roles.all if other.casefold() == name.casefold()] if roles else []
    case = f" There is a role {near[0]}: names in quotes keep their case." if near else ""
    return verdict(
        LABEL,
        f"Role {name} does not exist on this server.",
        objects=(f"role {name}",),
        evidence=(*seen, *evidence_of(said)),
        rejected={
            "wrong_password_rotated_secret": "no password can be right for a role that is not there",
            "role_password_expired": "there is no such role whose password could expire",
        },
        remedy=Cure(
            "Ask first whether this is the right server: after a restore or a move, roles must be brought along (pg_dumpall --roles-only)."
            f" If so, make the role again with its rights and a password (\\password {name}).{case}",
            (f"CREATE ROLE {ident(name)} LOGIN",),
            undo=(f"DROP ROLE {ident(name)}",),
        ),
        probe=Probe(f"SELECT rolname FROM pg_roles WHERE rolname = {literal(name)}", "rows = 1") if roles else LETS_IN,
        confidence=0.95,
        hurt=EVERYBODY if any(one.source == "server's refusal" for one in said) else 1,
    )


cause = Cause(LABEL, FAMILY, judge, ("roles",), ("login", "undefined"))

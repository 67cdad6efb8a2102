"""The role is there and may not log in: NOLOGIN."""

# ruff: noqa: S608 - only a quoted name goes into the probe
from __future__ import annotations

from fireline.assess.checks.roles import Roles
from fireline.assess.quoting import ident, literal
from fireline.assess.refused import FAMILY, LETS_IN, NAME, Heard, door, evidence_of, heard, named, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "role_login_disabled"
_WORDS = rf"role {NAME} is not permitted to log in"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Roles that want in and have NOLOGIN."""
    roles, said = snapshot.last("roles", Roles), heard(snapshot, _WORDS)
    if roles is None:
        names = named(said) if door(snapshot).refused("login_forbidden") else ()
        return tuple(_verdict(name, said, seen=False) for name in names)
    return tuple(_verdict(role.name, said, seen=True) for role in roles.named(*named(said)) if not role.login)


def _verdict(name: str, said: tuple[Heard, ...], *, seen: bool) -> Verdict:
    facts = (Evidence("pg_roles", f"rolcanlogin of {name} is false"),) if seen else ()
    return verdict(
        LABEL,
        f"Role {name} is not permitted to log in.",
        objects=(f"role {name}",),
        evidence=(*facts, *evidence_of(said, name)),
        rejected={
            "role_password_expired": "the server names the role's right to log in, not its password",
            "wrong_password_rotated_secret": "the server names the role's right to log in, not its password",
            "role_connection_limit": "the role may not log in at all",
        },
        remedy=Cure(
            "Ask first who took its login away: it may be shut after an intrusion or for maintenance. Then let it in.",
            (f"ALTER ROLE {ident(name)} LOGIN",),
            undo=(f"ALTER ROLE {ident(name)} NOLOGIN",),
        ),
        probe=Probe(f"SELECT rolname FROM pg_roles WHERE rolname = {literal(name)} AND NOT rolcanlogin", "rows = 0") if seen else LETS_IN,
        confidence=0.98,
        hurt=1,
    )  # fmt: skip


cause = Cause(LABEL, FAMILY, judge, ("roles",), ("login",))

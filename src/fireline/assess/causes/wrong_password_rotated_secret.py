"""An application logs in with a password that is not the role's: it was changed in one place and not in the other."""

# ruff: noqa: S608 - only quoted names and a moment go into the probe
from __future__ import annotations

from fireline.assess.checks.roles import Roles
from fireline.assess.intruders import intruders
from fireline.assess.logins import EXPIRED, MISMATCH, MISSING, NO_PASSWORD, Trouble, troubles
from fireline.assess.quoting import literal
from fireline.assess.refused import EVERYBODY, FAMILY, LETS_IN, evidence_of, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "wrong_password_rotated_secret"
_ENOUGH = 3  # failures in the log that are no slip of a person


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Roles that are there, whose password is still valid, and that are refused all the same."""
    roles = snapshot.last("roles", Roles)
    guessed = {one.user for one in intruders(snapshot)}
    return tuple(
        _verdict(snapshot, one, seen=roles is not None)
        for one in troubles(snapshot)
        if one.name not in guessed
        and _fits(one, roles)
        and (len(one.failures) >= _ENOUGH or one.at_door or snapshot.complaint)
    )


def _fits(trouble: Trouble, roles: Roles | None) -> bool:
    if trouble.reason in (EXPIRED, MISSING):
        return False
    if roles is None:
        return True
    role = trouble.role
    return role is not None and role.login and (role.valid_until is None or role.valid_until > roles.at)


def _verdict(snapshot: Snapshot, trouble: Trouble, *, seen: bool) -> Verdict:
    name, role = trouble.name, trouble.role
    sure = seen or trouble.reason in (MISMATCH, NO_PASSWORD)
    facts = list(evidence_of(trouble.said))
    if trouble.failures:
        hosts = (
            listed(sorted({one.host for one in trouble.failures if one.host})) or "addresses that the log does not tell"
        )
        detail = trouble.failures[-1].failed
        facts.append(Evidence("server log", f"{len(trouble.failures)} logins of {name} failed, from {hosts}: {detail}"))
    until = f"until {role.valid_until:%Y-%m-%d}" if role and role.valid_until else "for ever"
    if role:
        facts.append(Evidence("pg_roles", f"{name} may log in and its password is valid {until}"))
    expired = f"the password is valid {until}" if role else f"the log says: {trouble.failures[-1].failed}" if sure else (
        "not ruled out: the words are the same; pg_roles.rolvaliduntil, read by another role, or the log's DETAIL would tell"
    )  # fmt: skip
    return verdict(
        LABEL,
        f"The application's password for role {name} is not the one that the server has.",
        objects=(f"role {name}",),
        evidence=facts,
        rejected={
            "role_password_expired": expired,
            "brute_force_success": "the failures are of one role, and no stranger was let in after them",
            "hba_reject": "authentication failed, so a rule of pg_hba.conf let it come that far",
        },
        remedy=Cure(
            f"Give the application the password that {name} has now: where was the secret changed last, in the server or in the"
            " application's configuration? If nobody knows it, set a new one in both with \\password, which keeps it out of the log.",
            (),
            undo=(),
        ),
        probe=_probe(snapshot, name) if seen else LETS_IN,
        confidence=(0.9 if trouble.failures or trouble.at_door else 0.75) if sure else 0.5,
        hurt=EVERYBODY if trouble.at_door else len(trouble.failures),
    )


def _probe(snapshot: Snapshot, name: str) -> Probe:
    """Green once the role has logged in since the look."""
    return Probe(
        f"SELECT pid FROM pg_stat_activity WHERE usename = {literal(name)} AND backend_start > {literal(snapshot.taken_at.isoformat())}",
        "rows > 0",
    )


cause = Cause(LABEL, FAMILY, judge, ("roles",), ("login",))

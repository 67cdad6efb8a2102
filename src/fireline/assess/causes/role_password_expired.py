"""A role's password was valid until a moment that is past: the server refuses it with the words of a wrong password."""

# ruff: noqa: S608 - only a quoted name goes into the probe
from __future__ import annotations

from fireline.assess.checks.roles import Role, Roles
from fireline.assess.logins import EXPIRED, Trouble, troubles
from fireline.assess.quoting import ident, literal
from fireline.assess.refused import EVERYBODY, FAMILY, LETS_IN, evidence_of, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Severity, Verdict

LABEL = "role_password_expired"
_TWIN = "wrong_password_rotated_secret"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Expired roles that try to log in, or that live on by sessions from before."""
    roles, wanting = snapshot.last("roles", Roles), {one.name: one for one in troubles(snapshot)}
    if roles is None:
        unseen = [one for one in wanting.values() if one.reason in (EXPIRED, "")]
        return tuple(_unseen(one) for one in unseen)
    expired = [role for role in roles.all.values() if role.login and role.valid_until and role.valid_until <= roles.at]
    asked = snapshot.complaint.about("login") and not any(name in roles.all for name in snapshot.complaint.names)
    chosen = [role for role in expired if role.name in wanting or role.sessions or (asked and len(expired) == 1)]
    return tuple(_verdict(role, wanting.get(role.name), asked=asked) for role in chosen)


def _verdict(role: Role, trouble: Trouble | None, *, asked: bool) -> Verdict:
    assert role.valid_until is not None
    refused = trouble is not None or asked
    severity: Severity = "critical" if refused else "medium"
    facts = [Evidence("pg_roles", f"the password of {role.name} was valid until {role.valid_until:%Y-%m-%d %H:%M} UTC")]
    if role.sessions:
        facts.append(
            Evidence("pg_stat_activity", f"{role.sessions} sessions of it are from before, or need no password")
        )
    return verdict(
        LABEL,
        f"The password of role {role.name} has expired.",
        objects=(f"role {role.name}",),
        evidence=(*facts, *_said(trouble)),
        rejected={
            _TWIN: "its rolvaliduntil is past: the right password is refused too, and the client is told the same words",
            "hba_reject": "authentication failed, so a rule of pg_hba.conf let it come that far",
        },
        remedy=Cure(
            "Let the password be valid again, or give the role a new one with a new date if your policy wants that.",
            (f"ALTER ROLE {ident(role.name)} VALID UNTIL 'infinity'",),
            undo=(f"ALTER ROLE {ident(role.name)} VALID UNTIL {literal(role.valid_until.isoformat(' '))}",),
        ),
        probe=Probe(
            f"SELECT rolname FROM pg_roles WHERE rolname = {literal(role.name)} AND rolvaliduntil <= now()", "rows = 0"
        ),
        severity=severity,
        confidence=0.98 if refused else 0.8,
        hurt=0 if trouble is None else EVERYBODY if trouble.at_door else len(trouble.failures),
    )


def _said(trouble: Trouble | None) -> tuple[Evidence, ...]:
    if trouble is None:
        return ()
    detail = (Evidence("server log", trouble.failures[-1].failed),) if trouble.failures else ()
    return (*evidence_of(trouble.said), *detail)


def _unseen(trouble: Trouble) -> Verdict:
    """Nobody of ours gets in: the log tells, or it stays a possibility beside its twin."""
    told = trouble.reason == EXPIRED
    because = (
        f"the log says: {trouble.failures[-1].failed}"
        if told
        else "not ruled out: the words are the same; pg_roles.rolvaliduntil, read by another role, or the log's DETAIL would tell"
    )
    return verdict(
        LABEL,
        f"The password of role {trouble.name} has expired."
        if told
        else f"The password of role {trouble.name} may have expired.",
        objects=(f"role {trouble.name}",),
        evidence=_said(trouble),
        rejected={_TWIN: because, "hba_reject": "authentication failed, so a rule of pg_hba.conf let it come that far"},
        remedy=Cure(
            "As another role: look at SELECT rolvaliduntil FROM pg_roles, and note it. If it is past, let the password be valid again.",
            (f"ALTER ROLE {ident(trouble.name)} VALID UNTIL 'infinity'",),
        ),
        probe=LETS_IN,
        confidence=0.95 if told else 0.35,
        hurt=EVERYBODY if trouble.at_door else 1,
    )


cause = Cause(LABEL, FAMILY, judge, ("roles",), ("login",))

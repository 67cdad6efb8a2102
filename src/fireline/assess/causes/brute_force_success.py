"""Somebody guessed a password: many failed logins from one address, and then one that succeeded."""

# ruff: noqa: S608 - only quoted names go into these texts
from __future__ import annotations

from fireline.assess.checks.roles import Roles
from fireline.assess.intruders import Intruder, intruders
from fireline.assess.quoting import ident, literal
from fireline.assess.refused import verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "brute_force_success"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Each address that got in so; a role that may not log in any more is shut to it already."""
    roles = snapshot.last("roles", Roles)
    shut = {role.name for role in roles.all.values() if not role.login} if roles else set()
    return tuple(_verdict(one) for one in intruders(snapshot) if one.user not in shut or one.pids)


def _verdict(one: Intruder) -> Verdict:
    same = f"usename = {literal(one.user)} AND client_addr = {literal(one.host)}"
    there = f"it has {len(one.pids)} sessions now" if one.pids else "it has no session now"
    names = listed(list(one.tried))
    others = listed(list(one.others)) or "nowhere"
    return verdict(
        LABEL,
        f"Somebody at {one.host} has guessed the password of role {one.user}.",
        objects=(f"role {one.user}", f"address {one.host}"),
        evidence=(
            Evidence("server log", f"{one.failures} logins from {one.host} failed, as {names}"),
            Evidence("server log", f"then {one.host} was let in as {one.user}, at {one.at:%H:%M:%S} UTC; {there}"),
            Evidence("pg_stat_activity", f"the other logins of {one.user} are from {others}"),
        ),
        rejected={
            "wrong_password_rotated_secret": f"the burst is from an address that {one.user} was not used from before it"
            + (f", and tried {len(one.tried)} names" if len(one.tried) > 1 else ""),
            "role_password_expired": "it was let in in the end",
        },
        remedy=Cure(
            f"Shut the role to new logins and end the intruder's sessions; the application's own sessions stay, but it can not open"
            f" new ones until you set a new password (\\password {one.user}) and LOGIN again. Keep the log, shut the address out in"
            " pg_hba.conf or the firewall, and look what the sessions did.",
            (
                f"ALTER ROLE {ident(one.user)} NOLOGIN",
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {same}",
            ),
            undo=(f"ALTER ROLE {ident(one.user)} LOGIN",),
        ),
        probe=Probe(
            f"SELECT rolname FROM pg_roles WHERE rolname = {literal(one.user)} AND rolcanlogin"
            f" UNION ALL SELECT usename FROM pg_stat_activity WHERE {same}",
            "rows = 0",
        ),
        confidence=0.9 if len(one.tried) > 1 else 0.8,
        explains=("odd logins", "many failed logins"),
        hurt=len(one.pids),
    )


cause = Cause(LABEL, "security", judge, ("log",), ("intrusion", "login", "exposed"))

"""The role may log in, and not into this database: it has no CONNECT on it."""

# ruff: noqa: S608 - only quoted names go into the probe
from __future__ import annotations

from collections.abc import Iterator

from fireline.assess.checks.log import Log
from fireline.assess.quoting import ident, literal
from fireline.assess.refused import FAMILY, LETS_IN, door, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "connect_privilege_missing"
_DETAIL = "does not have CONNECT privilege"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Who was told so at the door; from the log, where its prefix tells who it was, only when somebody complains."""
    found = dict.fromkeys(_refused(snapshot))
    return tuple(_verdict(snapshot, role, database) for role, database in found)


def _refused(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    at, log = door(snapshot), snapshot.last("log", Log)
    if at.refused("connect_denied"):
        yield at.role, at.database
    complaint = snapshot.complaint
    for entry in log.entries if log and complaint.about("denied", "login") else ():
        if (
            _DETAIL in entry.detail
            and len(entry.users) == 1
            and len(entry.databases) == 1
            and not at.refused("connect_denied")
        ):
            yield entry.users[0], entry.databases[0]


def _verdict(snapshot: Snapshot, role: str, database: str) -> Verdict:
    at = door(snapshot)
    told = (
        Evidence("server's refusal", at.said)
        if at.refused("connect_denied")
        else Evidence("server log", f"{role}: {_DETAIL}")
    )
    connect = f"CONNECT ON DATABASE {ident(database)}"
    held = f"has_database_privilege({literal(role)}, {literal(database)}, 'CONNECT')"
    return verdict(
        LABEL,
        f"Role {role} may not connect to database {database}.",
        objects=(f"role {role}", f"database {database}"),
        evidence=(told,),
        rejected={
            "wrong_password_rotated_secret": "the password was accepted; the database is what it may not enter",
            "database_closed": "others may enter",
            "grants_lost_on_recreate": "the right that is missing is on the database, not on a table",
        },
        remedy=Cure(
            "Ask first who took it away: CONNECT is often taken from PUBLIC to keep the application out for a while. Then give it back.",
            (f"GRANT {connect} TO {ident(role)}",),
            undo=(f"REVOKE {connect} FROM {ident(role)}",),
        ),
        probe=Probe(f"SELECT datname FROM pg_database WHERE datname = {literal(database)} AND NOT {held}", "rows = 0")
        if snapshot.server
        else LETS_IN,
        confidence=0.97,
        hurt=1,
    )


cause = Cause(LABEL, FAMILY, judge, (), ("login", "denied"))

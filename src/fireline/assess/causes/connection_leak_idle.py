"""An application keeps connections that it does not use, until nobody gets one any more."""

# ruff: noqa: S608 - only a quoted name and a moment go into these texts
from __future__ import annotations

from fireline.assess.held_up import moment
from fireline.assess.quoting import literal
from fireline.assess.refused import FAMILY, LETS_IN, RESERVED, door, evidence_of, heard, verdict
from fireline.assess.slots import Slots, idle_of, scarce
from fireline.assess.snapshot import Session, Snapshot
from fireline.assess.telling import age, listed, span
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "connection_leak_idle"
_WORDS = r"too many clients|connection slots are reserved|no more connections"
LONG_SECONDS = 60.0


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """No slots are left, and most of those taken are idle, the most of them of one role."""
    slots = scarce(snapshot)
    if slots is None or slots.idle * 2 < slots.taken or slots.waiting * 3 >= slots.taken or not slots.users:
        return ()
    user, count = slots.users[0]
    if count * 3 < slots.taken:
        return ()
    if slots.source == "process titles":
        return (_from_outside(snapshot, slots, user, count),)
    idle = idle_of(snapshot, user)
    median = age(snapshot.locks[-1].at, idle[len(idle) // 2].state_change)
    if not slots.full and not snapshot.complaint.about("slots") and median < LONG_SECONDS:
        return ()
    return (_verdict(snapshot, slots, user, idle, median),)


def _verdict(snapshot: Snapshot, slots: Slots, user: str, idle: list[Session], median: float) -> Verdict:
    at = snapshot.locks[-1].at
    apps = listed(sorted({one.application for one in idle if one.application})) or "no application name"
    then = moment(at)
    said = heard(snapshot, _WORDS)
    newer = snapshot.server is not None and snapshot.server.number >= 140000  # noqa: PLR2004 - from 14 on
    limit = " and set idle_session_timeout" if newer else ""
    return verdict(
        LABEL,
        f"Idle connections of role {user} take the server's slots.",
        objects=(f"role {user}",),
        evidence=(
            Evidence(slots.source, slots.words),
            Evidence(
                slots.source,
                f"{len(idle)} are idle sessions of {user} ({apps}), half of them for {span(median)} or longer",
            ),
            *evidence_of(said),
        ),
        rejected=_rejected(slots, user),
        remedy=Cure(
            f"End the sessions of {user} that have been idle since this look; a good pool opens new ones when it needs them. Then make"
            f" its pool smaller, look where connections are not given back{limit}. Raising max_connections would only put it off.",
            (
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {literal(user)} AND state = 'idle'"
                f" AND state_change <= {then}",
            ),
        ),
        probe=Probe(
            "SELECT count(*) AS taken FROM pg_stat_activity WHERE backend_type = 'client backend'",
            f"taken < {slots.taken - max(len(idle) // 2, 1)}",
        ),
        severity="critical" if slots.full or said else "high",
        confidence=0.95 if slots.full and median >= LONG_SECONDS else 0.85,
        explains=("nobody gets a connection",),
        hurt=len(idle),
    )


def _from_outside(snapshot: Snapshot, slots: Slots, user: str, count: int) -> Verdict:
    """No slot for us either: the processes' own titles tell."""
    then = literal(snapshot.taken_at.isoformat())
    return verdict(
        LABEL,
        f"Idle connections of role {user} take the server's slots.",
        objects=(f"role {user}",),
        evidence=(
            Evidence("server's refusal", door(snapshot).said),
            Evidence(slots.source, slots.words),
            Evidence(slots.source, f"{count} are idle sessions of {user}"),
        ),
        rejected=_rejected(slots, user),
        remedy=Cure(
            f"As a superuser, who still gets in, end the idle sessions of {user}. Then make its pool smaller. {RESERVED}",
            (
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {literal(user)} AND state = 'idle'"
                f" AND state_change <= {then}",
            ),
        ),
        probe=LETS_IN,
        confidence=0.85,
        explains=("nobody gets a connection",),
        hurt=count,
    )


def _rejected(slots: Slots, user: str) -> dict[str, str]:
    full = "the server's own slots are taken, not those of a role or a database"
    return {
        "lock_pileup_exhausts_slots": f"{slots.waiting} of {slots.taken} sessions wait for a lock, {slots.idle} do nothing",
        "role_connection_limit": full,
        "database_connection_limit": full,
        "connection_churn_no_pool": f"the sessions of {user} stay",
    }


cause = Cause(LABEL, FAMILY, judge, ("roles", "locks"), ("slots", "login", "unreachable"))

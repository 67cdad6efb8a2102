"""Sessions that wait for one idle transaction take all slots: the one at the root is the cause, not the many that wait."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess import held_up
from fireline.assess.refused import FAMILY, LETS_IN, RESERVED, door, evidence_of, heard, verdict
from fireline.assess.slots import Slots, scarce
from fireline.assess.snapshot import Snapshot
from fireline.assess.tangle import Root, Tangle, lasting, steady
from fireline.assess.telling import age, shortened, span, touched, who
from fireline.assess.verdict import Cause, Cure, Evidence, Verdict

LABEL = "lock_pileup_exhausts_slots"
_WORDS = r"too many clients|connection slots are reserved|no more connections"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """No slots are left, and the largest share of those taken waits behind one idle transaction."""
    slots = scarce(snapshot)
    if slots is None or slots.waiting * 2 < slots.taken:
        return ()
    if slots.source == "process titles":
        return (_from_outside(snapshot, slots),) if slots.stuck else ()
    found = []
    for tangle in lasting(snapshot):
        roots = [root for root in tangle.roots if root.idle_in_transaction and steady(snapshot, root)]
        if roots and len(tangle.waiters) * 2 >= slots.taken:
            found.append(_verdict(snapshot, slots, tangle, roots))
    return tuple(found)


def _verdict(snapshot: Snapshot, slots: Slots, tangle: Tangle, roots: list[Root]) -> Verdict:
    cure = held_up.end_sessions(
        snapshot.target,
        roots,
        f"End the one at the root, {held_up.described(tangle, roots[0])}, not those that wait: {held_up.uncommitted(roots[0])}."
        " Then set idle_in_transaction_session_timeout. More slots would fill up as well.",
    )
    made = held_up.verdict(
        snapshot,
        tangle,
        roots,
        cause=LABEL,
        title="Sessions that wait for one idle transaction take the server's slots.",
        evidence=[
            Evidence(slots.source, slots.words),
            *(_fact(tangle, root) for root in roots),
            *evidence_of(heard(snapshot, _WORDS)),
        ],
        rejected={
            "connection_leak_idle": f"{slots.waiting} of {slots.taken} sessions wait for a lock, only {slots.idle} are idle",
            "role_connection_limit": "the server's own slots are taken, not those of a role",
            "database_connection_limit": "the server's own slots are taken, not those of a database",
            "hot_row_contention": f"the same transaction of pid {roots[0].node} is at the root in each sample",
        },
        remedy=cure,
    )
    return replace(made, severity="critical", explains=("nobody gets a connection", *made.explains))


def _fact(tangle: Tangle, root: Root) -> Evidence:
    session = root.session
    assert session is not None
    return Evidence(
        "pg_stat_activity",
        f"pid {session.pid} ({who(session)}) is {session.state} for {span(age(tangle.at, session.state_change))}; it {touched(root)};"
        f" last statement: {shortened(session.query)}",
    )


def _from_outside(snapshot: Snapshot, slots: Slots) -> Verdict:
    """No slot for us either: the processes' own titles tell what they do, though not who is the root."""
    return verdict(
        LABEL,
        "Sessions that wait for an idle transaction take the server's slots.",
        objects=("an idle transaction",),
        evidence=(Evidence("server's refusal", door(snapshot).said), Evidence(slots.source, slots.words)),
        rejected={
            "connection_leak_idle": f"{slots.waiting} of {slots.taken} processes say that they wait, only {slots.idle} are idle",
            "role_connection_limit": "the server's own slots are taken, not those of a role",
        },
        remedy=Cure(
            f"As a superuser, who still gets in, end the idle transaction at the root. {RESERVED}",
            (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
                " AND pid IN (SELECT unnest(pg_blocking_pids(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock')",
            ),
        ),
        probe=LETS_IN,
        confidence=0.8,
        explains=("nobody gets a connection", "statements hang"),
        hurt=slots.waiting,
    )


cause = Cause(
    LABEL,
    FAMILY,
    judge,
    ("roles", "locks"),
    ("slots", "login", "unreachable", "hang", "slow", "timeout"),
    absorbs=("idle_in_tx_row_lock", "idle_in_tx_table_lock", "ddl_queue_behind_idle_tx"),
)

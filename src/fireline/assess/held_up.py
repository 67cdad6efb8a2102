"""What the causes of the lock family have in common: how bad it is, what it explains, the probe, ending a session. Pure."""

# ruff: noqa: S608 - only process numbers and moments go into these texts, written as SQL literals
from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import datetime

from fireline.assess.snapshot import Session, Snapshot
from fireline.assess.tangle import Root, Tangle, steady
from fireline.assess.telling import age, listed, longest_wait, span, tree, who
from fireline.assess.verdict import Cure, Evidence, Probe, Rejected, Severity, Verdict

FAMILY = "locks"
_FELT = ("hang", "slow", "slow_writes", "timeout")
MANY, SOME, LONG_SECONDS, _FRESH_SECONDS = 10, 3, 60, 2
_MOST_ASKED = 30  # waiters that a probe asks about


def severity(tangle: Tangle) -> Severity:
    """How bad: how many wait, how long, and whether even reading is shut out."""
    count = len(tangle.waiters)
    readers = any(waiter.lock and waiter.lock.mode == "AccessShareLock" for waiter in tangle.waiters)
    if count >= MANY or (readers and count >= SOME):
        return "critical"
    if count >= SOME or readers or longest_wait(tangle) >= LONG_SECONDS:
        return "high"
    return "medium"


def _felt(snapshot: Snapshot, tangle: Tangle, roots: Iterable[Root]) -> Severity:
    """The same, when somebody complains: then those who wait behind one that stays are hurt now, be they few."""
    worst = severity(tangle)
    stays = any(steady(snapshot, root) for root in roots) and snapshot.complaint.about(*_FELT)
    return "high" if stays and worst == "medium" else worst


def confidence(snapshot: Snapshot, root: Root) -> float:
    """How sure: every sample shows the same root, and it is not a matter of a moment."""
    if len(snapshot.locks) < 2:  # noqa: PLR2004 - one sample tells nothing of what lasts
        return 0.7
    session = root.session
    fresh = session is not None and age(snapshot.locks[-1].at, session.state_change) < _FRESH_SECONDS
    return 0.97 if steady(snapshot, root) and not fresh else 0.85 if steady(snapshot, root) else 0.6


def explains(tangle: Tangle) -> tuple[str, ...]:
    """The complaints that this accounts for."""
    wants = {waiter.lock.mode for waiter in tangle.waiters if waiter.lock}
    found = ["statements hang", "timeouts"]
    if "AccessShareLock" in wants:
        found.append("even reading hangs")
    if any(waiter.rows for waiter in tangle.waiters):
        found.append("updates hang")
    if len(tangle.waiters) >= MANY:
        found.append("connections pile up")
    return tuple(found)


def waiting(tangle: Tangle) -> Evidence:
    """How many wait and how long, as a fact."""
    count = len(tangle.waiters)
    things = [waiter.lock.relation for waiter in tangle.waiters if waiter.lock and waiter.lock.relation]
    where = f" on {listed(things)}" if things else ""
    noun = "session waits" if count == 1 else "sessions wait"
    return Evidence("pg_locks", f"{count} {noun}{where}, the longest for {span(longest_wait(tangle))}")


def verdict(
    snapshot: Snapshot,
    tangle: Tangle,
    roots: Iterable[Root],
    *,
    cause: str,
    title: str,
    evidence: Iterable[Evidence],
    rejected: dict[str, str],
    remedy: Cure,
    probe: Probe | None = None,
    sure: float | None = None,
) -> Verdict:
    """A verdict on a tangle, with what all of them have."""
    chosen = tuple(roots)
    things = [
        lock.relation for root in chosen for lock in root.held if lock.own and lock.relation and lock.kind == "relation"
    ]
    named = [f"prepared {root.prepared.gid}" if root.prepared else f"pid {root.node}" for root in chosen]
    return Verdict(
        cause=cause,
        title=title,
        severity=_felt(snapshot, tangle, chosen),
        confidence=min(confidence(snapshot, root) for root in chosen) if sure is None else sure,
        objects=tuple(dict.fromkeys([*named, *things])),
        evidence=(*evidence, waiting(tangle)),
        explains=explains(tangle),
        rejected=tuple(Rejected(twin, because) for twin, because in rejected.items()),
        remedy=remedy,
        probe=probe or gone(tangle, chosen),
        tree=tree(tangle),
        hurt=len(tangle.waiters),
    )


def end_sessions(target: str, roots: Iterable[Root], text: str, *, cancel: bool = False) -> Cure:
    """End the sessions at the root; the first has the command, the others follow once it is gone."""
    sessions = [root.session for root in roots if root.session]
    function = "pg_cancel_backend" if cancel else "pg_terminate_backend"
    line = f"fireline resolve terminate-session {sessions[0].pid} --target {shlex.quote(target)}"
    return Cure(
        text=text,
        sql=tuple(f"SELECT {function}(pid) FROM pg_stat_activity WHERE {same(one)}" for one in sessions),
        level="reversible",
        command=f"{line} --cancel" if cancel else line,
    )


def same(session: Session) -> str:
    """A condition that only this transaction of this session meets, also when its pid was given out again."""
    begun = f"xact_start = {moment(session.xact_start)}" if session.xact_start else "xact_start IS NULL"
    return f"pid = {session.pid} AND backend_start = {moment(session.backend_start)} AND {begun}"


def gone(tangle: Tangle, roots: Iterable[Root]) -> Probe:
    """Green when the transactions at the root are over and nobody waits any more who waited then."""
    conditions = [same(root.session) for root in roots if root.session]
    parts = [f"SELECT pid FROM pg_stat_activity WHERE {condition}" for condition in conditions]
    return Probe(" UNION ALL ".join([*parts, still_waiting(tangle)]), "rows = 0")


def still_waiting(tangle: Tangle) -> str:
    """Those who waited at the time of the look, if they still wait with the same statement."""
    pids = ", ".join(str(waiter.session.pid) for waiter in tangle.waiters[:_MOST_ASKED])
    then = moment(tangle.at)
    return (
        f"SELECT pid FROM pg_stat_activity WHERE pid IN ({pids}) AND wait_event_type = 'Lock' AND query_start <= {then}"
    )


def moment(at: datetime | None) -> str:
    """A moment as SQL, with its microseconds."""
    return f"'{at.isoformat()}'" if at else "NULL"


def described(tangle: Tangle, root: Root) -> str:
    """Whose session a root is, for a sentence: session 4821 (worker@10.0.3.7)."""
    session = root.session
    return f"session {session.pid} ({who(session)})" if session else "a prepared transaction"


def uncommitted(root: Root) -> str:
    """What ending a session would lose."""
    written = root.session is not None and root.session.xid is not None
    return "its uncommitted changes are lost" if written else "it has written nothing, so only an open read is lost"

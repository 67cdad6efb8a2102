"""The application opens a connection for each bit of work: the server is busy making sessions, and no statement is slow."""

# ruff: noqa: S608 - only numbers and a moment go into the probe
from __future__ import annotations

from dataclasses import dataclass

from fireline.assess.checks.databases import Database, Databases
from fireline.assess.quoting import literal
from fireline.assess.refused import FAMILY, sessions, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.tangle import lasting
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "connection_churn_no_pool"
# New sessions a second, silently and when somebody complains. Each costs some ms of CPU: fewer are no load worth a name.
_MANY, _COMPLAINED, _HIGH = 12.0, 10.0, 60.0
_FEW_EACH = 8.0  # transactions in a session
_MOST = 0.5  # of the sessions
_WINDOW = 0.2  # seconds


@dataclass(frozen=True)
class _Rate:
    """What a database's counters did between the first and the last sample."""

    base: Database
    seconds: float
    sessions: int  # that began, without those that stay: a pool that opens is none of it
    transactions: int
    failed: int  # of these transactions

    @property
    def new(self) -> float:
        return self.sessions / self.seconds

    def freely(self, waiting: int) -> float:
        """New sessions a second that got what they came for: none, where most of them fail.

        Where some wait, only those count of which it is seen that they asked something and neither failed nor wait; the
        server counts a transaction for each connection, before the session asks anything.
        """
        asked, free = self.transactions - self.failed - self.sessions, self.sessions - self.failed - waiting
        if waiting:
            return max(min(free, asked), 0) / self.seconds
        fail = self.failed >= _MOST * self.sessions and asked < _MOST * self.sessions
        return 0.0 if fail else self.new


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Databases in which sessions begin nearly as often as transactions.

    Clients that fail, or hang behind a lock, and come again are a consequence of that, and are not counted.
    """
    waiting = sum(len(tangle.waiters) for tangle in lasting(snapshot))
    seen = snapshot.all("databases", Databases)
    felt = snapshot.complaint.about("slow", "login", "slots", "timeout")
    least = _COMPLAINED if felt else _MANY
    return tuple(
        _verdict(snapshot, rate, felt=felt)
        for rate in _rates(seen, len(snapshot.readings))
        if rate.freely(waiting) >= least and rate.transactions <= rate.sessions * _FEW_EACH
    )


def _rates(seen: tuple[Databases, ...], ours: int = 0) -> list[_Rate]:
    """How fast it went between the samples. The look itself ends so many transactions without a commit."""
    if len(seen) < 2:  # noqa: PLR2004 - one sample tells no rate
        return []
    first, last = seen[0], seen[-1]
    seconds = (last.at - first.at).total_seconds()
    found = []
    for name, after in last.all.items():
        before = first.all.get(name)
        if before and after.sessions is not None and before.sessions is not None and seconds >= _WINDOW:
            failed = max(after.rollbacks - before.rollbacks - (ours if name == last.current else 0), 0)
            done = after.commits - before.commits + failed
            began, more = after.sessions - before.sessions, max(after.backends - before.backends, 0)
            found.append(_Rate(after, seconds, max(began - more, 0), done, failed))
    return found


def _verdict(snapshot: Snapshot, rate: _Rate, *, felt: bool) -> Verdict:
    base = rate.base
    each = rate.transactions / rate.sessions
    young = [one for one in sessions(snapshot) if one.database == base.name]
    return verdict(
        LABEL,
        f"Clients of database {base.name} open a new connection for each bit of work.",
        objects=(f"database {base.name}",),
        evidence=(
            Evidence("pg_stat_database", f"{rate.new:.0f} new sessions a second, with {each:.1f} transactions each"),
            Evidence("pg_stat_activity", f"only {len(young)} sessions of it are there at one moment"),
        ),
        rejected={
            "missing_index": "the work goes into making sessions, and each of them does little",
            "connection_leak_idle": f"the sessions do not stay: {len(young)} are there at one moment",
        },
        remedy=Cure(
            "Put a pool between the application and the server: the one of its driver, or PgBouncer in transaction mode; functions"
            " in the cloud need one outside of themselves. Each new session costs a process of the server and several ms of CPU.",
        ),
        probe=_probe(snapshot, rate),
        severity="high" if felt or rate.new >= _HIGH else "medium",
        confidence=0.85,
        explains=("CPU is high", "everything is a bit slow", "no statement is slow"),
        hurt=round(rate.new),
    )


def _probe(snapshot: Snapshot, rate: _Rate) -> Probe:
    """Red while sessions have been counted, since the look, at least half as fast as during it; at first it is red."""
    last = snapshot.all("databases", Databases)[-1]
    then, half = literal(last.at.isoformat()), rate.new / 2
    return Probe(
        f"SELECT datname FROM pg_stat_database WHERE datname = {literal(rate.base.name)} AND sessions - {rate.base.sessions} >="
        f" {half:.1f} * greatest(extract(epoch FROM clock_timestamp() - {then}::timestamptz) - 0.5, 0)",
        "rows = 0",
    )


cause = Cause(LABEL, FAMILY, judge, ("databases",), ("slow", "login", "slots", "timeout"))

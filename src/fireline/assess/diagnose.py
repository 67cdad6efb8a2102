"""Name the root cause of what ails a target, in one look; and ask a probe whether it is gone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from fireline import shelf
from fireline.assess.away import gave_up
from fireline.assess.look import look
from fireline.assess.regressions import summary
from fireline.assess.score import Score, could_judge, score
from fireline.assess.snapshot import Asked, Snapshot
from fireline.assess.verdict import RANK, Cause, Verdict
from fireline.assess.ways import ways
from fireline.assess.yielding import settled
from fireline.errors import FirelineError, TargetUnavailable
from fireline.postgres.connect import Target
from fireline.postgres.statement import StatementFailed, read
from fireline.run import expect

State = Literal["red", "green", "unknown"]
_VAGUE = frozenset({"slow", "hang", "timeout", "stalls", "unreachable"})  # kinds of complaint that anything leads to
_DAMAGED = ("XX001", "XX002")  # data_corrupted, index_corrupted
_TIME_LIMIT = timedelta(seconds=2)
_LOCK_LIMIT = timedelta(milliseconds=100)
_HIDDEN = (
    "SELECT count(*) AS hidden FROM pg_stat_activity WHERE query = '<insufficient privilege>' AND usename IS NOT NULL"
)


@dataclass(frozen=True)
class Diagnosis:
    """What one look concluded: the causes, the root first, and what could not be judged. Nothing found is not health."""

    target: str
    server_version: str | None
    taken_at: datetime
    duration_ms: int
    coverage: float  # the share of known causes that could be judged
    score: Score
    causes: tuple[Verdict, ...]
    unknown: tuple[dict[str, Any], ...]  # {"check", "because", "causes"}
    changes: dict[str, Any] | None = None  # what statements do otherwise than before; None: nothing to compare with

    def json(self) -> dict[str, Any]:
        """As `diagnose --json` prints it."""
        return {
            "target": self.target,
            "server_version": self.server_version,
            "taken_at": self.taken_at,
            "duration_ms": self.duration_ms,
            "coverage": self.coverage,
            "score": self.score.json(),
            "causes": [verdict.json() for verdict in self.causes],
            "unknown": list(self.unknown),
            "changes": self.changes,
        }


def causes() -> dict[str, Cause]:
    """Every cause on its shelf."""
    return shelf.read("fireline.assess.causes", "cause")


def diagnose(target: Target, asked: Asked | None = None) -> Diagnosis:
    """Look at a target and name what ails it.

    Raises TargetUnavailable when there is no connection and this machine does not tell why.
    """
    return conclude(look(target, asked=asked))


def conclude(snapshot: Snapshot) -> Diagnosis:
    """What a snapshot means. Raises TargetUnavailable when there was no connection and no cause of that is seen."""
    began = time.monotonic()
    verdicts = judge(snapshot)
    if snapshot.away is not None and not verdicts:
        raise gave_up(snapshot, snapshot.away)
    unknown, coverage = _unknown(snapshot, causes())
    points = score(snapshot, verdicts, causes().values())
    version = snapshot.server.version if snapshot.server else None
    ms = snapshot.ms + round((time.monotonic() - began) * 1000)
    told = summary(snapshot)
    return Diagnosis(snapshot.target, version, snapshot.taken_at, ms, coverage, points, verdicts, unknown, told)


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every cause's verdicts on a snapshot, the root first; what a root explains is not listed as a cause of its own.

    First what the complaint is about, then by severity; what was seen to hold others up goes before what is reckoned
    from figures; then by how many suffer, by how sure it is. A complaint that only says that things are slow or fail may be
    about anything: what stops people goes first then.
    """
    known = {cause.label: cause for cause in causes().values()}
    found = [verdict for cause in known.values() for verdict in cause.judge(snapshot)]
    found = [
        one
        for one in found
        if not any(one.cause in known[root.cause].absorbs and _one_matter(root, one) for root in found)
    ]
    found = settled(found, [cause.label for cause in known.values() if cause.gives_way])
    kinds = snapshot.complaint.kinds
    vague = kinds <= _VAGUE
    return tuple(
        sorted(
            found,
            key=lambda one: (
                not (vague and one.severity == "critical"),
                kinds.isdisjoint(known[one.cause].complaints),
                RANK[one.severity],
                not one.tree,
                -one.hurt,
                -one.confidence,
                one.cause,
            ),
        )
    )


def _one_matter(root: Verdict, other: Verdict) -> bool:
    """Whether a root can explain another: two trees of waiting sessions that share nobody are two matters."""
    both = [{branch.pid for branch in one.tree} for one in (root, other)]
    return not all(both) or not both[0].isdisjoint(both[1])


def _unknown(snapshot: Snapshot, known: Mapping[str, Cause]) -> tuple[tuple[dict[str, Any], ...], float]:
    """What could not be seen, with the causes that could therefore not be judged; and the share of those that could."""
    lost = {cause.label for cause in known.values() if not could_judge(snapshot, cause.needs)}
    told = [
        {
            "check": check,
            "because": because,
            "causes": sorted(cause.label for cause in known.values() if check in cause.needs),
        }
        for check, because in sorted(snapshot.unknown.items())
    ]
    return tuple(told), round(1 - len(lost) / len(known), 2) if known else 0.0


def probe(target: Target, probe: Mapping[str, Any]) -> State:
    """Ask a finding's probe: red while the cause is seen, green when it is gone, unknown when that can not be seen."""
    try:
        return ask(target, probe)
    except FirelineError:
        return "unknown"


def ask(target: Target, probe: Mapping[str, Any]) -> State:
    """The same; raises TargetUnavailable, Refused or StatementFailed where `probe` says unknown."""
    sql, expected = probe.get("sql"), probe.get("expect")
    if not sql or not expected:
        return "unknown"
    try:
        seen = read(target, str(sql), timeout=_TIME_LIMIT, lock_timeout=_LOCK_LIMIT, jit=False)
    except TargetUnavailable as refused:
        if _red_elsewhere(target, refused, str(sql), str(expected)):
            return "red"
        raise
    except StatementFailed as failed:
        if failed.sqlstate in _DAMAGED:  # the read met damaged data: the answer itself
            return "red"
        raise
    answer = expect.holds(str(expected), seen.json())
    if answer and "pg_stat_activity" in str(sql) and _blind(target):
        return "unknown"
    return "unknown" if answer is None else "green" if answer else "red"


def _red_elsewhere(target: Target, refused: TargetUnavailable, sql: str, expected: str) -> bool:
    """Whether another way in shows red; green there would prove nothing of the database that refuses."""
    for way in ways(target, refused):
        with suppress(FirelineError):
            return (
                expect.holds(
                    expected, read(way.target, sql, timeout=_TIME_LIMIT, lock_timeout=_LOCK_LIMIT, jit=False).json()
                )
                is False
            )
    return False


def _blind(target: Target) -> bool:
    """Whether our role is shown only a part of the sessions, so that nothing seen is nothing proved."""
    return bool(read(target, _HIDDEN, timeout=_TIME_LIMIT, jit=False).rows[0][0])

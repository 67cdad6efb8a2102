"""The statements that the server spends its time on: total, mean, share of the load; and those that run during the look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fireline.assess.checks.statements import Statement, Statements, recent
from fireline.assess.snapshot import Snapshot
from fireline.assess.view import MOST, Section, Shown, View

_SLOW_MS = 100.0


def show(snapshot: Snapshot) -> Shown:
    """The costliest by their part of all the time; then the slowest of one call; then what ran just now."""
    seen = snapshot.all("statements", Statements)
    last = seen[-1]
    slow = sorted((one for one in last.statements if one.mean_ms >= _SLOW_MS), key=lambda one: -one.mean_ms)
    since = f" since {last.since:%Y-%m-%d %H:%M} UTC" if last.since else ""
    now = sorted(recent(seen), key=lambda one: -one.total_ms)
    load = sum(one.total_ms for one in now)
    facts = [f"{last.calls:,} calls took {last.total_ms / 1000:,.1f} s{since}"]
    if last.hidden:
        facts.append(f"{last.hidden} statements of other roles are not shown to our role")
    return Shown(
        tuple(facts),
        (
            Section("By share of all the time", _rows(last.statements, last.total_ms)),
            Section("Slow in one call (mean of 100 ms and more)", _rows(slow, last.total_ms)),
            Section("Ended during this look", _rows(now, load)),
        ),
    )


def _rows(statements: Iterable[Statement], whole: float) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "load_share": round(one.total_ms / whole, 4) if whole else 0.0,
            "total_ms": round(one.total_ms, 1),
            "calls": one.calls,
            "mean_ms": round(one.mean_ms, 3),
            "max_ms": round(one.max_ms, 1),
            "rows_per_call": round(one.rows_per_call, 1),
            "blocks_per_call": round(one.blocks_per_call, 1),
            "user": one.user,
            "database": one.database,
            "statement": one.text,
        }
        for one in list(statements)[:MOST]
    )


view = View("slow-queries", "Statements by total time, mean time and share of the load", ("statements",), show)

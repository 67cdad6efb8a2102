"""The statements that the server spends its time on: what changed, total, mean, share of the load; and those that run during the look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fireline.assess.changed import Change, Changes, changes
from fireline.assess.checks.statements import Statement, Statements, recent
from fireline.assess.regressions import Regression, regressions
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import span
from fireline.assess.view import MOST, Section, Shown, View
from fireline.assess.windows import Rates

_SLOW_MS = 100.0


def show(snapshot: Snapshot) -> Shown:
    """What changed most; the costliest by their part of all the time; the slowest of one call; what ran just now."""
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
            *_changed(snapshot),
            Section("By share of all the time", _rows(last.statements, last.total_ms)),
            Section("Slow in one call (mean of 100 ms and more)", _rows(slow, last.total_ms)),
            Section("Ended during this look", _rows(now, load)),
        ),
    )


def _changed(snapshot: Snapshot) -> tuple[Section, ...]:
    """What the statements do now against before, what changed most in load first; nothing without earlier looks."""
    seen = changes(snapshot)
    if seen is None:
        return ()
    worse = regressions(snapshot)
    return (
        Section("Changed since before", tuple(_change(one) for one in seen.changes[:MOST]), _note(seen)),
        *([Section("Worse plans", tuple(_worse(one) for one in worse[:MOST]))] if worse else ()),
    )


def _note(seen: Changes) -> str:
    day = "" if seen.before[0].date() == seen.latest.end.date() else "%Y-%m-%d "
    start, end = (f"{at:{day}%H:%M}" for at in seen.before)
    forgot = (
        " The server forgot statements meanwhile (pg_stat_statements.max): one that seems gone may not be."
        if seen.evicted
        else ""
    )
    return (
        f"Now is the last {span(seen.latest.seconds)}; before is what was usual from {start} to {end} UTC, in {seen.windows} windows."
        f" Load is how many sessions it keeps busy.{forgot}"
    )


def _change(one: Change) -> dict[str, Any]:
    return {
        "change": one.words,
        "load": _load(one.now),
        "load_before": _load(one.before),
        "calls_a_second": _figure(one.now, "calls"),
        "calls_before": _figure(one.before, "calls"),
        "mean_ms": _figure(one.now, "mean_ms"),
        "mean_before_ms": _figure(one.before, "mean_ms"),
        "blocks_per_call": _figure(one.now, "blocks", 1),
        "blocks_before": _figure(one.before, "blocks", 1),
        "user": one.known.role,
        "database": one.known.database,
        "statement": one.text,
    }


def _worse(one: Regression) -> dict[str, Any]:
    change = one.change
    return {
        "statement": change.text,
        "change": change.words,
        "rows_per_call": _figure(change.now, "rows", 1),
        "rows_before": _figure(change.before, "rows", 1),
        "likely_because": "; ".join(reason.words for reason in one.reasons[:2]) or "no reason is seen",
    }


def _load(one: Rates | None) -> float:
    return round(one.load / 1000, 4) if one else 0.0


def _figure(one: Rates | None, name: str, digits: int = 3) -> float | None:
    return round(getattr(one, name), digits) if one else None


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


view = View(
    "slow-queries",
    "Statements by what changed, total time, mean time and share of the load",
    ("statements",),
    show,
    ("past", "tables", "indexes", "settings"),
)

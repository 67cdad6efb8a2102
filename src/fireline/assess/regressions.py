"""Statements that do far more for the same rows than before, and the likeliest reason why. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fireline.assess.changed import Change, Changes, changes
from fireline.assess.checks.statements import Statement, Statements
from fireline.assess.checks.tables import Table
from fireline.assess.ground import Difference, differences, tables_of
from fireline.assess.kept import known
from fireline.assess.predicates import shape
from fireline.assess.reasons import bloated
from fireline.assess.slow import felt
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import shortened
from fireline.assess.windows import Rates

_FACTOR, _FACTOR_UNASKED = 3.0, 5.0
_BLOCKS, _BLOCKS_UNASKED = 30, 100  # a call
_CALLS, _CALLS_UNASKED, _CALLS_BEFORE = 1, 3, 5
_SHARE, _SHARE_UNASKED = 0.02, 0.05  # of the load of all statements now
_PLANNED = ("select", "update", "delete", "merge")  # what an INSERT costs is not its plan
_DEAD = 1000  # rows
_MS = 5.0  # a call, where the time alone tells
_WHATEVER_ROWS = ("index", "setting", "statistics")
_TIME_ALONE = ("index", "setting")
_LOUD, _LOUD_TIMES, _MOST_TOLD = 50.0, 2.0, 5  # milliseconds a second: a twentieth of one session


@dataclass(frozen=True)
class Regression:
    """One statement with what may be the reason, the likeliest first; none where no fact tells."""

    change: Change
    statement: Statement | None
    reasons: tuple[Difference, ...]

    @property
    def reason(self) -> Difference | None:
        """The likeliest."""
        return next(iter(self.reasons), None)


def regressions(snapshot: Snapshot) -> tuple[Regression, ...]:
    """Every statement of the database looked at whose plan is another and worse one, by what its calls cost."""
    seen = changes(snapshot)
    return tuple(_of(snapshot, seen)) if seen else ()


def _of(snapshot: Snapshot, seen: Changes) -> Iterator[Regression]:
    here, asked = snapshot.server.database if snapshot.server else None, felt(snapshot)
    statements = snapshot.last("statements", Statements)
    for one in seen.changes:
        if one.known.database != here or shape(one.text).kind not in _PLANNED or not _counts(one, seen, asked=asked):
            continue
        if any(_dead(table) for table in tables_of(snapshot, one.text)) or _well_again(one):
            continue
        reasons = differences(snapshot, one.text, one.known.role, one.known.database)
        kinds = {reason.kind for reason in reasons}
        heavier = one.heavier(_FACTOR, _BLOCKS) if asked else one.heavier(_FACTOR_UNASKED, _BLOCKS_UNASKED)
        if heavier and (one.tells_rows or kinds.intersection(_WHATEVER_ROWS)):
            yield Regression(one, _statement(one, statements), reasons)
        elif _slower(one, asked=asked) and kinds.intersection(_TIME_ALONE):
            only = tuple(reason for reason in reasons if reason.kind in _TIME_ALONE)
            yield Regression(one, _statement(one, statements), only)


def _dead(table: Table) -> bool:
    """Whether what it reads more may be dead rows."""
    return bloated(table) or table.dead > max(table.live, _DEAD)


def _counts(one: Change, seen: Changes, *, asked: bool) -> bool:
    """Whether enough calls tell, and whether it matters."""
    if one.now is None or one.before is None or one.before.of_calls < _CALLS_BEFORE:
        return False
    share = one.now.load / seen.load if seen.load else 0.0
    calls, least = (_CALLS, _SHARE) if asked else (_CALLS_UNASKED, _SHARE_UNASKED)
    return one.now.of_calls >= calls and share >= least


def _slower(one: Change, *, asked: bool) -> bool:
    took = one.now.mean_ms if one.now else 0.0
    return one.alike and one.slower(_FACTOR if asked else _FACTOR_UNASKED) and took >= _MS


def _well_again(one: Change) -> bool:
    """Whether the calls that ended during the look itself cost about what they did before."""
    if one.lately is None or one.before is None or not one.lately.of_calls:
        return False
    few = one.lately.blocks < _FACTOR * max(one.before.blocks, 1.0) and one.lately.temp < _FACTOR * max(
        one.before.temp, 1.0
    )
    return few and one.lately.mean_ms < _FACTOR * max(one.before.mean_ms, _MS)


def _statement(one: Change, seen: Statements | None) -> Statement | None:
    """As it is now; of several numbers for one statement, the one that costs most."""
    return next((two for two in seen.statements if known(two).name == one.known.name), None) if seen else None


def figures(one: Rates | None) -> str:
    """What a statement does, in words."""
    if one is None:
        return "no call"
    spills = f" and {one.temp:,.0f} temporary ones" if one.temp >= 1 else ""
    return f"{_number(one.calls)}/s, {_number(one.mean_ms)} ms and {one.blocks:,.0f} blocks{spills} for {one.rows:,.1f} rows a call"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004


def told(one: Change) -> str:
    """A change in one line."""
    return (
        f"{shortened(one.text)}: {one.words or 'much the same'}; now {figures(one.now)}; before {figures(one.before)}"
    )


def loudest(seen: Changes) -> list[Change]:
    """The few changes that somebody may feel: the load of a statement is not what it was, by much."""
    return [one for one in seen.changes if one.state and abs(one.more) >= _LOUD and _many_times(one)][:_MOST_TOLD]


def _many_times(one: Change) -> bool:
    now, before = one.now.load if one.now else 0.0, one.before.load if one.before else 0.0
    return max(now, before) >= _LOUD_TIMES * min(now, before)


def summary(snapshot: Snapshot) -> dict[str, Any] | None:
    """What changed, for a diagnosis: only what somebody may feel; None when there is nothing to compare with."""
    seen = changes(snapshot)
    if seen is None:
        return None
    return {
        "began": seen.began,
        "before": {"from": seen.before[0], "to": seen.before[1], "looks": seen.windows + 1},
        "now_seconds": round(seen.latest.seconds),
        "statements": [
            {
                "statement": one.text,
                "user": one.known.role,
                "database": one.known.database,
                "state": one.state,
                "told": told(one),
            }
            for one in loudest(seen)
        ],
    }

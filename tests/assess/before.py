"""Built looks with earlier looks before them: the same statements at the same pace, then another one; no server is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fireline.assess import kept
from fireline.assess.checks.statements import Statement, Statements
from fireline.assess.past import Kept, Past
from fireline.assess.snapshot import Snapshot
from tests.assess import slow_shop
from tests.assess.slow_shop import AT, statement

MINUTES = timedelta(minutes=1)
CALLS = 300  # of each statement between two looks
BEGAN = AT - 15 * MINUTES
LOOKS = 6  # before it began, and the newest since, five minutes ago


def usual(text: str, **more: Any) -> Statement:
    """What a statement costs in one window of ordinary work."""
    return statement(text, calls=CALLS, **{"blocks": 4, "rows": 1, "ms": 0.1, **more})


def after(one: Statement, windows: int, then: Statement | None = None) -> Statement:
    """Its counters after so many windows, and what it did in one more."""
    names = ("calls", "total_ms", "rows", "shared_hit", "shared_read", "temp_read", "temp_written", "wal_bytes")
    sums: dict[str, Any] = {
        name: (getattr(one, name) or 0) * windows + ((getattr(then, name) or 0) if then else 0) for name in names
    }
    return replace(one, **sums, mean_ms=sums["total_ms"] / max(sums["calls"], 1))


def seen(snapshot: Snapshot, **more: Any) -> Snapshot:
    """With other facts about the statements in both samples."""
    both = tuple(replace(one, **more) for one in snapshot.all("statements", Statements))
    return replace(snapshot, readings={**snapshot.readings, "statements": both})


def earlier(*ordinary: Statement, windows: int = LOOKS, **world: Any) -> Past:
    """So many looks before it began, and one since; `world` is what `slow_shop.look` takes."""
    looks, known = [], {}
    for number in range(windows + 1):
        ago = 5 * MINUTES if number == windows else 15 * MINUTES + 5 * (windows - 1 - number) * MINUTES
        statements = [after(one, number + 1) for one in ordinary]
        looks.append(_kept(slow_shop.look(*statements, **world), ago))
        for one in statements:
            known[kept.key_of(one)] = replace(kept.known(one), first_at=looks[0].at)
    return Past(BEGAN, tuple(looks), known)


def _kept(snapshot: Snapshot, ago: timedelta) -> Kept:
    found = kept.of(seen(snapshot, whole=True, at=AT - ago))
    assert found is not None
    return replace(found, at=AT - ago)


def now(past: Past, pairs: Sequence[tuple[Statement, Statement | None]], **world: Any) -> Snapshot:
    """A look at the end: each ordinary statement with what it did in the last five minutes, None for nothing."""
    statements = [after(one, len(past.looks), then) for one, then in pairs]
    snapshot = seen(slow_shop.look(*statements, **world), whole=True)
    return replace(
        snapshot,
        readings={**snapshot.readings, "past": (past,)},
        asked=replace(snapshot.asked, past=past),
    )

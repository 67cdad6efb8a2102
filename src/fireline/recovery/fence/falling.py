"""Fences that are past their deadline fall by themselves, whoever raised them and whatever became of that process."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from fireline import clock
from fireline.errors import FirelineError, Refused
from fireline.postgres.connect import Target, beside
from fireline.recovery.fence import rows
from fireline.recovery.fence.closing import settle
from fireline.recovery.fence.fence import lift
from fireline.recovery.fence.rows import Q
from fireline.store.connect import Store, all_rows
from fireline.store.wake import wake

AGAIN = timedelta(seconds=15)  # after a try that failed
OVERDUE = timedelta(minutes=1)  # nobody is at a fence for so long
BY = "fireline"


def fall(store: Store, targets: Mapping[str, Target], number: int) -> bool:
    """Let one fall if its time has come and nobody is at it; whether it is gone. Several workers at once are one."""
    with store.transaction() as conn:
        fence = rows.by_id(conn, number)
    if fence is None or fence.state == "lifted":
        return True
    target = targets.get(fence.target)
    if target is None or (fence.expires_at > clock.now() and fence.state != "lifting"):
        return False
    if fence.passing:
        return _open(store, target, fence)
    try:
        return lift(store, target, fence, BY, fell=True, patience=0).state == "lifted"
    except Refused:  # somebody is at it, or was, and is frozen
        if clock.now() - fence.expires_at > OVERDUE:
            rows.break_lock(store, target.name)
        return False


def _open(store: Store, target: Target, fence: rows.Fence) -> bool:
    """A swap that died, or takes longer than it may: who holds the lock has had the time."""
    try:
        with rows.held(store, target.name, patience=0):
            return _settled(store, target, fence)
    except Refused:
        rows.break_lock(store, target.name)
    with rows.held(store, target.name):
        return _settled(store, target, fence)


def _settled(store: Store, target: Target, fence: rows.Fence) -> bool:
    with store.transaction() as conn:
        now = rows.by_id(conn, fence.id)
    if now is None or now.state == "lifted":
        return True
    try:
        with beside(target, write=True) as conn_there:
            return settle(store, target, conn_there, now, BY).state == "lifted"
    except FirelineError as away:
        with store.transaction() as conn:
            known = rows.by_id(conn, fence.id)
        if known is not None and known.state not in ("lifted", "stuck"):
            rows.mark(store, rows.stuck(known), error=away.message)
        raise


def sweep(store: Store, targets: Mapping[str, Target]) -> int:
    """Wake a worker for each whose time has come; how many. A target that is not in our settings is left to others."""
    with store.transaction() as conn:
        due = all_rows(conn, Q["due_fences"], at=clock.now(), again=clock.now() - AGAIN)
        mine = [row["id"] for row in due if row["target"] in targets]
        for number in mine:
            wake(conn, "fence", number)
    return len(mine)

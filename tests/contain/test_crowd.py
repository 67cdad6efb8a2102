"""What stands out among sessions and locks."""

from __future__ import annotations

from typing import Any

from fireline.contain.crowd import crowd


def state(used: int, *, waiting: tuple[tuple[int, list[int]], ...] = (), held: tuple[str, ...] = ()) -> dict[str, Any]:
    by = [{"role": "app", "application": "web", "database": "shop", "state": "idle in transaction", "n": used}]
    return {
        "connections": {"used": used, "most": 100, "by": by},
        "waiting": [{"pid": pid, "blocked_by": pids} for pid, pids in waiting],
        "held": [{"relation": name, "mode": "AccessExclusiveLock", "pids": [4821]} for name in held],
    }


def test_a_crowd_and_a_queue_are_told() -> None:
    after = state(57, waiting=((7, [6]), (6, [4821])), held=("public.users",))
    assert list(crowd(state(12), after)) == [
        "57 of 100 connections are used, 12 before",
        "57 sessions of web as app, idle in transaction, 12 before",
        "2 wait for a lock, behind pid 4821; 0 before",
        "AccessExclusiveLock on public.users is held by 4821",
    ]
    assert list(crowd(after, state(57, waiting=((9, [4821]),), held=("public.users",)))) == [
        "1 waits for a lock, behind pid 4821; 2 before"
    ]


def test_a_few_more_sessions_and_the_same_queue_are_nothing_new() -> None:
    queue = ((7, [4821]),)
    assert list(crowd(state(12, waiting=queue), state(15, waiting=queue))) == []
    assert list(crowd(state(12), {})) == []

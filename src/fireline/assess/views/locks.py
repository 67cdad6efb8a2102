"""Who waits for whom, as a tree from each root; prepared transactions; advisory locks."""

from __future__ import annotations

from typing import Any

from fireline.assess.snapshot import LockReading, Snapshot
from fireline.assess.tangle import tangles
from fireline.assess.telling import age, tree, who
from fireline.assess.view import MOST, Section, Shown, View


def show(snapshot: Snapshot) -> Shown:
    """The newest sample."""
    reading = snapshot.locks[-1]
    found = tangles(reading)
    waiting = sum(len(one.waiters) for one in found)
    facts = (f"{waiting} sessions wait for {sum(len(one.roots) for one in found)} others",) if found else ("Nobody waits",)  # fmt: skip
    lines = tuple(
        {"pid": branch.pid or None, "depth": branch.depth, "root": branch.root, "session": "  " * branch.depth + branch.text}
        for one in found
        for branch in tree(one)
    )  # fmt: skip
    return Shown(
        facts,
        (
            Section("Who waits for whom", lines),
            Section("Prepared transactions", _prepared(reading), "They hold their locks with no session."),
            Section("Advisory locks", _advisory(reading)),
        ),
    )


def _prepared(reading: LockReading) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"gid": one.gid, "owner": one.owner, "database": one.database, "age_s": round(age(reading.at, one.at), 1)}
        for one in sorted(reading.prepared.values(), key=lambda one: one.at)[:MOST]
    )


def _advisory(reading: LockReading) -> tuple[dict[str, Any], ...]:
    held = [lock for lock in reading.locks if lock.kind == "advisory" and lock.pid in reading.sessions]
    return tuple(
        {
            "pid": lock.pid,
            "session": who(reading.sessions[lock.pid or 0]),
            "state": reading.sessions[lock.pid or 0].state,
            "mode": lock.mode,
            "held": lock.granted,
            "key": "/".join(str(part) for part in lock.thing[7:10] if part is not None),
        }
        for lock in held[:MOST]
    )


view = View("locks", "Who waits for whom, and who has no session at all", ("locks",), show)

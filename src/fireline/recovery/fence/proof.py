"""Whether a fence keeps the application away: looked at twice, and tried. Counters of commits can only refute it."""

from __future__ import annotations

import time
from typing import Any

from fireline import clock
from fireline.postgres.watch import Watch
from fireline.recovery.fence import canary, sessions
from fireline.recovery.fence.ground import Ground
from fireline.recovery.fence.residue import can_write, residue
from fireline.recovery.fence.rows import RANK, Level
from fireline.recovery.fence.ways.end_sessions import counted

APART_SECONDS = 0.1
_TRIES = 10
_COMMITS = "SELECT xact_commit AS n FROM pg_stat_database WHERE datname = %s"


def prove(ground: Ground, level: Level, *, watch: Watch | None = None, tries: int = _TRIES) -> dict[str, Any]:
    """Two samples apart without a session that counts, nothing prepared, and the canary turned away.

    {proved: true, false, or null where the level promises no such thing; says; samples; canary; residue; prepared; can_write; at}
    """
    tried = canary.send(ground.target, level)
    roles = ground.target.application_roles
    first = _sample(ground, level)
    for _ in range(tries):
        time.sleep(APART_SECONDS)
        second = _sample(ground, level)
        why = _against(first, second)
        settled = not why or second["prepared"] or RANK[level] < RANK["drained"]
        if settled or (watch is not None and watch.cancel.asked):
            break
        first = second
    inside, waiting = second["inside"], second["prepared"]
    promised = RANK[level] >= RANK["drained"]
    proved = (not why and tried["right"] is True) if promised else None
    return {
        "proved": proved,
        "says": _says(level, why, tried),
        "refuted": bool(promised and (why or tried["right"] is False)),
        "samples": [{key: one[key] for key in ("at", "sessions", "commits")} | {"prepared": len(one["prepared"])} for one in (first, second)],
        "canary": tried,
        "residue": residue(inside, roles),
        "prepared": waiting,
        "can_write": can_write(ground, level, inside, waiting),
        "at": clock.now().isoformat(),
    }  # fmt: skip


def _sample(ground: Ground, level: Level) -> dict[str, Any]:
    inside = sessions.inside(ground.conn, ground.database)
    counts = counted("drained" if RANK[level] < RANK["drained"] else level, ground.target.application_roles)
    row = ground.conn.execute(_COMMITS, [ground.database]).fetchone() if ground.outside else None
    return {
        "at": clock.now().isoformat(),
        "inside": inside,
        "sessions": len([one for one in inside if counts(one)]),
        "named": sessions.named([one for one in inside if counts(one)]),
        "prepared": sessions.prepared(ground.conn, ground.database),
        "commits": row["n"] if row else None,
    }


def _against(first: dict[str, Any], second: dict[str, Any]) -> str:
    """What two samples say against the proof; nothing when they let it stand."""
    for one in (first, second):
        if one["sessions"]:
            return f"{one['sessions']} {'session is' if one['sessions'] == 1 else 'sessions are'} still there: {one['named']}"
        if one["prepared"]:
            gids = ", ".join(each["gid"] for each in one["prepared"][:5])
            return f"{len(one['prepared'])} prepared transaction(s) wait for their COMMIT: {gids}"
    unseen = not first["inside"] and not second["inside"]  # else whoever is in may have committed
    if unseen and first["commits"] is not None and second["commits"] > first["commits"]:
        return "transactions were committed between two looks"
    return ""


def _says(level: Level, why: str, tried: dict[str, Any]) -> str:
    if RANK[level] < RANK["drained"]:
        return f"{tried['says']}; {why or 'no session of the application is in the database'}"
    if why:
        return f"not proved: {why}"
    seen = "no session is left" if level == "closed" else "no session of the application is left"
    return f"{'proved' if tried['right'] else 'not proved'}: {seen}; {tried['says']}"

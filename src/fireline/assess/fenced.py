"""A fence of ours, seen by a diagnosis: what it looks like from outside is not a fault, and lifting it is the remedy."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fireline.recovery.fence import rows
from fireline.run.world import World

# What a look at a fenced database finds and the fence itself has brought about.
LOOKS_LIKE = frozenset(
    {
        "database_closed",
        "database_connection_limit",
        "role_connection_limit",
        "role_login_disabled",
        "connect_privilege_missing",
        "read_only_setting",
    }
)


def explained(world: World, target: str, verdicts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The verdicts of a look at this target; those that only describe our own fence say so and come last."""
    if not any(one["cause"] in LOOKS_LIKE for one in verdicts):
        return verdicts
    with world.store.transaction() as conn:
        fence = rows.standing(conn, target)
    if fence is None:
        return verdicts
    return told(verdicts, target, fence.level, fence.by, fence.raised_at, fence.expires_at)


def told(
    verdicts: list[dict[str, Any]], target: str, level: str, by: str, raised_at: datetime, expires_at: datetime
) -> list[dict[str, Any]]:
    """The same, pure."""
    ours = [one for one in verdicts if one["cause"] in LOOKS_LIKE]
    others = [one for one in verdicts if one["cause"] not in LOOKS_LIKE]
    what = f"{by} raised it at {raised_at:%H:%M} UTC; it falls by itself at {expires_at:%H:%M} UTC"
    remedy = {
        "text": "Lift the fence once traffic may come back; that puts everything back as it was.",
        "sql": [],
        "level": "reversible",
        "undo": [],
        "command": f"fireline resolve unfence --target {target}",
    }
    return others + [
        {
            **one,
            "title": f"Fireline's own fence ({level}) keeps the application away.",
            "severity": "low",
            "evidence": [*one["evidence"], {"source": "fence", "fact": what}],
            "remedy": {**one["remedy"], **remedy},
        }
        for one in ours
    ]

"""What stands between a target and a loss, from rows alone: its backups, its fence, its restores, and what is under way.

Neither the target nor a backup's folder is read here: a page may show this at every glance.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.contain import fence_status
from fireline.incident import row as incident_row
from fireline.incident.people import Actor
from fireline.recovery import restores
from fireline.recovery.backups import view
from fireline.run import undo
from fireline.run import view as runs
from fireline.run.world import World
from fireline.store.connect import Connection, all_rows, one, queries

Q = queries("fireline.app")
_RECOVERY = queries("fireline.recovery")
_MOST = 500
_FEW = 5


def recovery(conn: Connection, actor: Actor, world: World, *, target: str, brief: bool = False) -> dict[str, Any]:
    """Whether a target could be brought back: its newest backups, fence, restores, and what is under way. brief: only the newest."""
    there = world.target(target)
    limit = world.settings.policy.backup_max_age
    newest = {
        "verified": one(conn, _RECOVERY["newest_backup"], target=target, verified=True),
        "proved": one(conn, Q["newest_proved"], target=target),
        "begun": one(conn, Q["newest_begun"], target=target),
    }
    found = {
        "target": target,
        "limit_seconds": limit.total_seconds(),
        **{name: judged(view(row), limit) if row else None for name, row in newest.items()},
        "fence": fence_status.known(conn, there),
        "incidents": [
            {"id": incident_row.name(row["id"]), "title": row["title"]}
            for row in all_rows(conn, Q["incidents_of"], target=target)
        ],
        "restores": restores.list_restores(conn, actor, target=target, gone=not brief, limit=1 if brief else _FEW),
    }
    if brief:
        return found
    return found | {
        "counts": one(conn, Q["backup_counts"], target=target),
        "runs": runs.going(conn, world, target),
        "restart": world.settings.targets[target].restart is not None,
    }


def backups_of(
    conn: Connection,
    actor: Actor,
    world: World,
    *,
    target: str,
    before: str | None = None,
    gone: bool = False,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """A target's backups as the store knows them, newest first, also those that failed. before: only those older than this one."""
    del actor
    world.target(target)
    told = {"target": target, "before": before, "gone": gone, "limit": max(1, min(limit, _MOST))}
    return [
        judged(view(row), world.settings.policy.backup_max_age) for row in all_rows(conn, Q["backups_page"], **told)
    ]


def judged(backup: dict[str, Any], limit: timedelta) -> dict[str, Any]:
    """A backup's view with its age, whether the policy calls it too old, and why it can not be counted on, if so. Pure."""
    of: datetime | None = backup["snapshot_at"]
    age = max(0.0, (clock.now() - of).total_seconds()) if of else None
    stale = age is not None and age > limit.total_seconds()
    return backup | {"age_seconds": age, "stale": stale, "wrong": wrong(backup)}


def wrong(backup: dict[str, Any]) -> str | None:
    """Why a backup can not be counted on; None as long as nothing speaks against it. Pure."""
    if backup["state"] in ("failed", "gone"):
        return str(backup["error"] or backup["state"])
    verified, proved = backup["last"]["verified"] or {}, backup["last"]["proved"] or {}
    if verified.get("problem"):
        return f"it can not be read to its end: {verified['problem']}"
    if proved.get("verdict") == "differs":
        return f"its restore differs: {proved.get('why') or 'see what was proved'}"
    return None


def restore_work(conn: Connection, actor: Actor, world: World, *, restore: str) -> dict[str, Any]:
    """The unfinished runs that are about a restore, and what was changed by it or with it."""
    del actor
    row = restores.get(conn, restore)
    going = {run["run"]: run for run in runs.going(conn, world, row["target"])}
    plans = all_rows(conn, Q["plans_of"], runs=list(going))
    numbers = dict.fromkeys(one["run"] for one in plans if about(one["plan"], row))
    done = [one for one in undo.rows(conn, target=row["target"]) if about(one["plan"], row)]
    return {
        "runs": [going[number] for number in numbers],
        "changes": [undo.view(one) for one in done],
    }


def about(plan: dict[str, Any] | None, row: DictRow) -> bool:
    """Whether a stored plan is about this restore: it made it, by its token, or names it."""
    lines = ((plan or {}).get("captured") or {}).get("lines") or []
    told = [line.get("captured") or {} for line in lines]
    return any(one.get("token") == row["token"] or str(one.get("restore")) == str(row["id"]) for one in told)

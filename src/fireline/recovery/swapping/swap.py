"""The database in use exchanged for a restored one, and back: closed, two renames in one transaction, open; the old one is kept.

What is captured is in the restore's row before anything is done, so that any process can tell afterwards what became of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.errors import Refused
from fireline.postgres.connect import Connection, Target, beside
from fireline.recovery import restores
from fireline.recovery.kept import KEPT
from fireline.recovery.swapping import obstacles
from fireline.recovery.swapping.exchange import Exchange, Stage, exchange, nobody
from fireline.recovery.swapping.settling import settle
from fireline.recovery.swapping.standing import Standing, by_number, look
from fireline.store.connect import Store, queries

Q = queries("fireline.recovery")


def there(
    store: Store, target: Target, captured: dict[str, Any], *, keep: timedelta, by: str, stage: Stage = nobody
) -> dict[str, Any]:
    """Put the restored database in the place of the one in use. What was captured must still be so, else Refused."""
    row = _settled_row(store, target, captured["restore"])
    if row["state"] not in restores.READY:
        raise Refused(f"restore {row['id']} is {row['state']} now", hint="Look at it again: `fireline restore show`.")
    with beside(target, write=True) as conn:
        live, side = pair(conn, row)
        for name, one in (("live", live), ("side", side)):
            if one.oid != captured[name]["oid"] or one.owner != captured[name]["owner"]:
                raise Refused(f"{one.name} is another database than the one that was approved", hint="Plan it again.")
        obstacles.rights(conn, live, side)
        obstacles.bound(conn, live)
        kept = obstacles.free_name(conn, captured["wanted"], live.name, f"{clock.now():%Y%m%dT%H%M}")
        until = clock.now() + keep
        swap = {"direction": "there", "was": row["state"], "live": live.outline(), "side": side.json(), "kept": kept,
                "keep_until": until.isoformat(), "accepted": captured.get("accepted"), "by": by,
                "changes": _changes(conn, side.oid)}  # fmt: skip
        dressed = live.but(limit=0, allows=False, template=False, comment=_label(row, live.name, until))
        return exchange(store, target, conn, Exchange(row, swap, live, side, kept, dressed, by, stage))


def back(store: Store, target: Target, captured: dict[str, Any], *, by: str, stage: Stage = nobody) -> dict[str, Any]:
    """Put the replaced database in its place again, and the restored one beside; harmless when that is so already.

    It takes what stands on the database in use now: after a swap that is what it had, a fence raised since included.
    """
    row = _settled_row(store, target, captured["restore"])
    swap = row["swap"] or {}
    with beside(target, write=True) as conn:
        old, new = captured["live"]["oid"], captured["side"]["oid"]
        found = by_number(conn, old, new)
        if old not in found:
            when = swap.get("kept_dropped_at")
            raise Refused(
                f"the replaced database is not there any more{f': it was dropped at {when}' if when else ''}",
                hint="A backup is the way back now.",
            )
        if found[old].name == row["database"]:
            return {"restore": row["id"], "already": True, "database": row["database"], "kept": None, "ms": 0.0}
        if row["state"] != "swapped" or new not in found or found[new].name != row["database"]:
            raise Refused(
                f"{row['database']} is not the database that restore {row['id']} was swapped to",
                hint="Undo what came after it first: `fireline restore list` tells.",
            )
        obstacles.rights(conn, found[new], found[old])
        obstacles.bound(conn, found[new])
        side = Standing.of(swap["side"])
        if look(conn, side.name) is not None:
            raise Refused(f"there is another database {side.name} now", hint="Rename it, then undo again.")
        written = _changes(conn, new)
        since = None if written is None or swap.get("changes") is None else max(written - swap["changes"], 0)
        swap = {**swap, "direction": "back", "now": found[new].outline(), "written_since": since, "by": by}
        return exchange(store, target, conn, Exchange(row, swap, found[new], found[old], side.name, side, by, stage))


def _settled_row(store: Store, target: Target, restore: int) -> DictRow:
    """The restore's row; a swap that nobody ended is settled first, and one under way is not disturbed."""
    for again in (True, False):
        with store.transaction() as own:
            row = restores.get(own, str(restore))
        if row["state"] != "swapping":
            break
        if not again or not settle(store, target, restore, "whoever did it died"):
            raise Refused(f"restore {restore} is being swapped at this moment", hint="Wait until that is over.")
    return row


def pair(conn: Connection, row: DictRow) -> tuple[Standing, Standing]:
    """The database in use and the restored one beside it; Refused when either is gone or the second is not ours."""
    live, side = look(conn, row["database"]), look(conn, row["beside"])
    if live is None or side is None:
        name = row["database"] if live is None else row["beside"]
        raise Refused(
            f"there is no database {name} on this server", hint="`fireline restore list` shows those there are."
        )
    if row["token"] not in (side.comment or ""):
        raise Refused(
            f"the comment of database {side.name} does not hold our token, so it may be somebody else's",
            hint="Restore again; what Fireline did not make it neither renames nor drops.",
        )
    return live, side


def _changes(conn: Connection, oid: int) -> int | None:
    row = conn.execute(Q["changes_so_far"], {"oid": oid}).fetchone()
    return int(row["n"]) if row else None


def _label(row: DictRow, live: str, until: datetime) -> str:
    """What stands in the comment of the replaced database, for whoever finds it."""
    return (
        f"{KEPT}{row['token']}: this was {live} until {clock.now():%Y-%m-%d %H:%M} UTC, when restore {row['id']} took its place."
        f" Kept until {until:%Y-%m-%d %H:%M} UTC. Nobody may connect. `fireline run changes` names the run whose undo brings it"
        f" back; `fireline resolve drop-restored {row['id']}` drops it."
    )

"""What became of an exchange that nobody ended: read from the server's catalog, written into the row, and the database opened."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

import psycopg
from psycopg import sql
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.errors import FirelineError, TargetUnavailable
from fireline.postgres.connect import Connection, Target, beside
from fireline.recovery import kept, restores
from fireline.recovery.fence import pgbouncer
from fireline.recovery.swapping.standing import Standing, by_number
from fireline.store.connect import Connection as StoreConnection
from fireline.store.connect import Store, all_rows, queries
from fireline.store.wake import wake

Q = queries("fireline.recovery")


_SELDOM = 60.0  # seconds between two looks at databases that are kept
_looked: dict[str, float] = {}  # when, by store


def settled(store: Store, target: Target, restore: int, fault: str | None) -> DictRow | None:
    """Settle the row, as well as that can be done now; the row as it is then."""
    with suppress(FirelineError, psycopg.Error):
        settle(store, target, restore, fault)
    with suppress(FirelineError, psycopg.Error), store.transaction() as own:
        return restores.get(own, str(restore))
    return None


def recover(store: Store, target: Target) -> list[int]:
    """Settle every exchange on this target whose process died: which it was; the database in use is open afterwards."""
    with store.transaction() as own:
        found = [row["id"] for row in all_rows(own, Q["open_swaps"], target=target.name)]
    done = [one for one in found if settle(store, target, one, "whoever did it died")]
    kept.close_abandoned(target)
    return done


def sweep(store: Store, targets: Collection[str]) -> None:
    """Have a worker recover every one of our targets with an exchange that nobody has ended yet; one under way is left alone."""
    with store.transaction() as own:
        found = {row["target"] for row in all_rows(own, Q["open_swaps"], target=None)}
        if time.monotonic() - _looked.get(store.url, -_SELDOM) >= _SELDOM:  # whether a reader left a kept one open
            _looked[store.url] = time.monotonic()
            found |= {row["target"] for row in all_rows(own, Q["kept_targets"])}
        for name in found & set(targets):
            wake(own, "settle", name)


def settle(store: Store, target: Target, restore: int, fault: str | None) -> bool:
    """Bring the row in line with what the server says happened, and open what was closed; False while it is under way.

    The server ends a transaction whose client is gone, so that the lock is free; then either both names changed or none.
    """
    with beside(target, write=True) as conn, store.transaction() as own, conn.transaction():  # the server's end first
        restores.get(own, str(restore), lock=True)
        row = restores.get(own, str(restore))
        if row["state"] != "swapping":
            return True
        mine = conn.execute(Q["swap_lock"], {"token": row["token"]}).fetchone()
        if not mine or not mine["mine"]:
            return False
        _settle(own, conn, row, fault)
        if row["swap"].get("pooler"):
            with suppress(TargetUnavailable):  # one that is gone keeps nobody waiting
                pgbouncer.resume(target)
    return True


def _settle(own: StoreConnection, conn: Connection, row: DictRow, fault: str | None) -> None:
    swap = row["swap"]
    live, side = Standing.of(swap["live"]), Standing.of(swap["side"])
    found = by_number(conn, live.oid, side.oid)
    bearer = next((oid for oid, one in found.items() if one.name == row["database"]), None)
    about = {"id": row["id"], "error": redact.text(fault) if fault else None, "swap": Jsonb(swap)}
    if bearer is None:
        about["error"] = f"neither {live.oid} nor {side.oid} is called {row['database']}"
        own.execute(Q["stuck_swap"], about)
        return
    back = swap["direction"] == "back"
    open_as = Standing.of(swap["now"]).allows if back and bearer == side.oid else live.allows
    _allow(conn, found[bearer], open_as)
    if bearer == side.oid:
        happened = clock.now() if not back else row["swapped_at"]
        until = datetime.fromisoformat(swap["keep_until"])
        done = {**about, "kept": swap["kept"], "at": happened, "keep_until": until}
        own.execute(Q["end_swap"], done if back else {**done, "error": None})
        return
    if side.oid in found:
        _allow(conn, found[side.oid], side.allows)
    own.execute(Q["unswap"], {**about, "was": swap["was"], "error": None if back else about["error"]})


def _allow(conn: Connection, one: Standing, allows: bool) -> None:
    if one.allows is not allows:
        word = sql.SQL("true" if allows else "false")
        conn.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(sql.Identifier(one.name), word))

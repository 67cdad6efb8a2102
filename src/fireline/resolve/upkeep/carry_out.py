"""Carries the planned statements out: one at a time, each on its own, under limits that were seen to hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fireline.errors import Refused
from fireline.postgres.cancel import Cancel
from fireline.postgres.connect import Connection, Target, connect
from fireline.resolve.upkeep.item import Item
from fireline.resolve.upkeep.reading import Q
from fireline.resolve.upkeep.turn import LOCK_WAIT, LOOK, Done, Limits, Turn
from fireline.resolve.upkeep.watch import Watch


def carry_out(target: Target, items: Sequence[Item], limits: Limits, cancel: Cancel) -> list[Done]:
    """Every item in its order. What hinders one item skips it; what must not go on stops them all."""
    whole = timedelta(seconds=max(limits.seconds, 1))
    with (
        connect(target, write=True, autocommit=True, statement_timeout=whole, lock_timeout=LOCK_WAIT) as conn,
        connect(target, acting=True, autocommit=True, statement_timeout=LOOK, lock_timeout=LOCK_WAIT) as eyes,
    ):
        _prepare(conn)
        turn = Turn(conn, eyes, Watch(eyes, conn, limits.most_lag), limits, cancel)
        return [turn.take(item) for item in items]


def _prepare(conn: Connection) -> None:
    """Make sure that our limits hold, that nobody else is at this, and that a hang-up of ours ends what runs."""
    place = conn.execute(Q["place"]).fetchone()
    assert place is not None
    if place["lock_timeout_ms"] != LOCK_WAIT / timedelta(milliseconds=1):
        raise Refused(
            "the connection does not keep our time limits, as it leads through a pooler",
            hint="Name the server's own address in the target's DSN.",
        )
    alone = conn.execute(Q["alone"], {}).fetchone()
    if not alone or not alone["had"]:
        raise Refused("another `fireline optimize` is at work on this database")
    conn.execute("SET vacuum_cost_delay = '2ms'")  # as gentle as autovacuum
    conn.execute("SET max_parallel_maintenance_workers = 0")
    if place["hears_hangup"]:
        conn.execute("SET client_connection_check_interval = '1s'")

"""What the readings show besides the causes: slots used, cache, dead rows, stale statistics, and how far the end is. Pure.

A symptom names no cause; one that a named cause explains goes back to that cause.
"""

from __future__ import annotations

from fireline.assess import headroom
from fireline.assess.checks.databases import Databases
from fireline.assess.checks.settings import Settings
from fireline.assess.checks.tables import Tables
from fireline.assess.ramp import Ramp, Symptom, ramp, taken
from fireline.assess.snapshot import Snapshot

ENOUGH_BLOCKS = 200_000  # read, before a share of hits says anything
ENOUGH_ROWS = 10_000  # dead, or changed since they were analysed


def slots_left(snapshot: Snapshot) -> tuple[int, int, int] | None:
    """Sessions of clients, the slots that ordinary roles may use, and the reserved ones."""
    settings, seen = snapshot.last("settings", Settings), snapshot.locks
    if settings is None or not seen:
        return None
    reserved = int(settings.number("superuser_reserved_connections", 3) + settings.number("reserved_connections"))
    used = sum(one.kind == "client backend" for one in seen[-1].sessions.values())
    return used, max(int(settings.number("max_connections", 100)) - reserved, 1), reserved


def _connections(snapshot: Snapshot) -> tuple[Symptom, ...]:
    found = slots_left(snapshot)
    if found is None:
        return ()
    used, free, _ = found
    because = f"{used} of {free} connection slots are used"
    return taken("availability", 500, ramp(used / free, 0.70, 0.95), because, "connections", "locks")


def _cache(snapshot: Snapshot) -> tuple[Symptom, ...]:
    databases = snapshot.last("databases", Databases)
    here = databases.here if databases else None
    if here is None or (here.blocks_hit or 0) + (here.blocks_read or 0) < ENOUGH_BLOCKS:
        return ()
    share = here.blocks_hit / (here.blocks_hit + here.blocks_read)
    because = f"{share:.0%} of the blocks read were in the cache"
    return taken("performance", 200, ramp(share, 0.95, 0.70), because, "queries")


def _dead(snapshot: Snapshot) -> tuple[Symptom, ...]:
    """The table with the greatest share of dead rows, of those where they are many."""
    tables = snapshot.last("tables", Tables)
    found = [
        (one.dead / (one.dead + max(one.live, 0)), one.path) for one in tables.tables if one.dead >= ENOUGH_ROWS
    ] if tables else []  # fmt: skip
    share, name = max(found, default=(0.0, ""))
    because = f"{share:.0%} of the rows of {name} are dead"
    return taken("performance", 200, ramp(share, 0.25, 0.75), because, "storage", "queries")


def _stale(snapshot: Snapshot) -> tuple[Symptom, ...]:
    """The table that changed most since it was analysed, by its size."""
    tables = snapshot.last("tables", Tables)
    found = [
        (one.changed / max(one.rows, 1.0), one.path) for one in tables.tables if one.changed >= ENOUGH_ROWS
    ] if tables else []  # fmt: skip
    share, name = max(found, default=(0.0, ""))
    because = f"{name} has changed by {share:.0%} since it was analysed"
    return taken("performance", 100, ramp(share, 0.5, 2.0), because, "queries", "storage")


RAMPS = (
    Ramp("connections used", "availability", ("locks", "settings"), _connections),
    Ramp("cache hits", "performance", ("databases",), _cache),
    Ramp("dead rows", "performance", ("tables",), _dead),
    Ramp("stale statistics", "performance", ("tables",), _stale),
    *headroom.RAMPS,
)

"""The database lets nobody in at all, superusers neither; acted from another database of the server."""

from __future__ import annotations

from fireline.recovery.fence.closing import WAY, allow, is_allowed
from fireline.recovery.fence.ground import GONE, Ground
from fireline.recovery.fence.rows import Level, Step
from fireline.recovery.fence.way import LeftOut, Way


def plan(ground: Ground, level: Level) -> list[Step | LeftOut]:
    """For the level that is closed to all."""
    if level != "closed":
        return []
    return [
        Step(
            way=WAY,
            about=ground.database,
            title=f"close {ground.database} to everybody",
            why=f"superusers are kept out as well; Fireline acts from {ground.conn.info.dbname}",
            stops_not="autovacuum; sessions that exist",
            captured={"before": ground.allowed, "ours": False},
            act=[allow(ground.conn, ground.database, False)],
            inverse=[allow(ground.conn, ground.database, ground.allowed)],
        )
    ]


def read(ground: Ground, step: Step) -> bool | str:
    """Whether it lets anybody in now."""
    found = is_allowed(ground.conn, step.about)
    return GONE if found is None else found


way = Way(WAY, 50, plan, read)

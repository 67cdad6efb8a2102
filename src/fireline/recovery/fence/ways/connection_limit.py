"""No more connections to the database: superusers still get in, sessions that exist stay."""

from __future__ import annotations

from psycopg import sql

from fireline.recovery.fence.doors import door
from fireline.recovery.fence.ground import GONE, Ground
from fireline.recovery.fence.rows import Level, Step
from fireline.recovery.fence.way import LeftOut, Way


def plan(ground: Ground, level: Level) -> list[Step | LeftOut]:
    """For every level that lets nobody new in, where our role owns the database and has another way in."""
    if level == "read-only" or door(ground) != "limit":
        return []
    before = ground.connection_limit
    own = (
        "" if ground.superuser else f"; {ground.role} itself is locked out too, and acts from {ground.conn.info.dbname}"
    )
    return [
        Step(
            way="connection-limit",
            about=ground.database,
            title=f"let no new session into {ground.database}: connection limit 0",
            why="it stops every role that is no superuser, the owner and its members, too" + own,
            stops_not="superusers; sessions that exist",
            captured={"before": before, "ours": 0},
            act=[_limit(ground, 0)],
            inverse=[_limit(ground, before)],
        )
    ]


def _limit(ground: Ground, number: int) -> str:
    statement = sql.SQL("ALTER DATABASE {} WITH CONNECTION LIMIT {}")
    return statement.format(sql.Identifier(ground.database), sql.SQL(str(number))).as_string(ground.conn)


def read(ground: Ground, step: Step) -> int | str:
    """The limit as it is now."""
    row = ground.conn.execute("SELECT datconnlimit AS n FROM pg_database WHERE datname = %s", [step.about]).fetchone()
    return int(row["n"]) if row else GONE


way = Way("connection-limit", 40, plan, read)

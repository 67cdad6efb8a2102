"""What logical replication writes into the database: its subscriptions are paused, and go on where they were."""

from __future__ import annotations

from psycopg import sql

from fireline.recovery.fence.ground import GONE, Ground
from fireline.recovery.fence.rows import Level, Step
from fireline.recovery.fence.way import LeftOut, Way

_ENABLED = """
SELECT s.subname AS name, pg_has_role(s.subowner, 'USAGE') AS ours FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
WHERE d.datname = %(database)s AND s.subenabled ORDER BY s.subname
"""
_NOW = """
SELECT s.subenabled AS enabled FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
WHERE d.datname = %(database)s AND s.subname = %(name)s
"""


def plan(ground: Ground, level: Level) -> list[Step | LeftOut]:
    """At every level at which nothing is to be written."""
    if level == "no-new":
        return []
    return [
        _one(ground, row["name"])
        if ground.superuser or row["ours"]
        else LeftOut(f"pause the subscription {row['name']}", f"{ground.role} does not own it, and it goes on writing")
        for row in ground.conn.execute(_ENABLED, {"database": ground.database}).fetchall()
    ]


def _one(ground: Ground, name: str) -> Step:
    return Step(
        way="subscriptions",
        about=name,
        title=f"pause the subscription {name}",
        why="it writes what another server sends, past every door; its publisher keeps what it misses",
        stops_not="the publisher, whose disk fills for as long as it is paused",
        captured={"before": True, "ours": False, "database": ground.database},
        act=[_switch(ground, name, "DISABLE")],
        inverse=[_switch(ground, name, "ENABLE")],
    )


def _switch(ground: Ground, name: str, word: str) -> str:
    return sql.SQL("ALTER SUBSCRIPTION {} {}").format(sql.Identifier(name), sql.SQL(word)).as_string(ground.conn)


def say(ground: Ground, step: Step, statements: list[str]) -> None:
    """It can only be said inside the database."""
    with ground.at(step.captured["database"]) as conn:
        for one in statements:
            conn.execute(one.encode())


def read(ground: Ground, step: Step) -> bool | str:
    """Whether it is switched on now."""
    told = {"database": step.captured["database"], "name": step.about}
    row = ground.conn.execute(_NOW, told).fetchone()
    return bool(row["enabled"]) if row else GONE


way = Way("subscriptions", 11, plan, read, say)

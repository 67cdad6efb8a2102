"""The PgBouncer in front refuses new clients, and drops those it has: so nothing knocks at the server meanwhile."""

from __future__ import annotations

from fireline.errors import TargetUnavailable
from fireline.recovery.fence import pgbouncer
from fireline.recovery.fence.ground import GONE, Ground
from fireline.recovery.fence.rows import RANK, Level, Step
from fireline.recovery.fence.way import LeftOut, Way


def plan(ground: Ground, level: Level) -> list[Step | LeftOut]:
    """New clients are refused from `no-new` on; those that exist are dropped where none is to be left."""
    if ground.target.pgbouncer is None or level == "read-only":
        return []
    name = pgbouncer.name_of(ground.target)
    what = f"have PgBouncer refuse new clients of {name}"
    try:
        with pgbouncer.console(ground.target) as conn:
            now = pgbouncer.seen(conn, name)
    except TargetUnavailable as away:
        return [LeftOut(what, away.message)]
    if now is None:
        return [
            LeftOut(
                what, f"PgBouncer has no database {name}; targets.{ground.target.name}.pgbouncer.database names another"
            )
        ]
    steps: list[Step | LeftOut] = [
        Step(
            way="pgbouncer",
            about=f"PgBouncer's {name}",
            title=what,
            why="the application comes through it",
            stops_not="clients that PgBouncer has already; connections past it",
            captured={"before": now.disabled, "ours": True, "what": "disabled", "name": name},
            act=[pgbouncer.word("DISABLE", name)],
            inverse=[pgbouncer.word("ENABLE", name)],
        )
    ]
    if RANK[level] >= RANK["drained"] and not now.paused:
        steps.append(_drop(name))
    return steps


def _drop(name: str) -> Step:
    return Step(
        way="pgbouncer",
        about=f"clients of PgBouncer's {name}",
        title=f"have PgBouncer drop the clients of {name}",
        why="else their queries would wait there and run afterwards, and it would keep knocking and then wait up to server_login_retry",
        stops_not="connections past it",
        captured={"before": False, "ours": True, "what": "paused", "name": name},
        act=[pgbouncer.word("KILL", name)],
        inverse=[pgbouncer.word("RESUME", name)],
    )


def say(ground: Ground, step: Step, statements: list[str]) -> None:
    """It is said at PgBouncer's console."""
    del step
    with pgbouncer.console(ground.target) as conn:
        for one in statements:
            conn.execute(one.encode())


def read(ground: Ground, step: Step) -> bool | str:
    """Whether it is disabled, or paused, now."""
    if ground.target.pgbouncer is None:
        return GONE
    with pgbouncer.console(ground.target) as conn:
        now = pgbouncer.seen(conn, step.captured["name"])
    if now is None:  # it was started anew, and has not heard of it since
        return bool(step.captured["before"])
    return now.paused if step.captured["what"] == "paused" else now.disabled


way = Way("pgbouncer", 5, plan, read, say)

"""Sessions that exist are ended, again and again until none is left: after the doors are shut, for they come back at once."""

from __future__ import annotations

from collections.abc import Callable

from fireline.recovery.fence import sessions
from fireline.recovery.fence.ground import Ground
from fireline.recovery.fence.rows import Level, Step
from fireline.recovery.fence.way import LeftOut, Way

PATIENCE_SECONDS = 10.0
_WHOM = {
    "read-only": ("the application's sessions that began before", "those that come back are read-only", "a session it may not end"),
    "drained": ("every session of the application, of a subscription and of pg_cron", "they would go on writing", "other sessions"),
    "closed": ("every session, Fireline's own and superusers', too", "nobody is to be in the database", "prepared transactions"),
}  # fmt: skip


def plan(ground: Ground, level: Level) -> list[Step | LeftOut]:
    """For every level but `no-new`, which leaves those in that are there."""
    if level not in _WHOM:
        return []
    whom, why, stops_not = _WHOM[level]
    return [
        Step(
            way="end-sessions",
            about=level,
            title=f"end {whom}",
            why=why,
            stops_not=stops_not,
            captured={"before": None, "ours": None, "level": level, "database": ground.database},
            act=["SELECT pg_terminate_backend(pid) -- each, until none is left"],
            inverse=[],
        )
    ]


def counted(level: Level, roles: tuple[str, ...]) -> Callable[[sessions.Session], bool]:
    """Whose sessions are to be gone at a level."""
    if level == "closed":
        return lambda one: one.kind != "autovacuum worker"
    return lambda one: sessions.is_application(one, roles) or (level == "drained" and sessions.writes_by_itself(one))


def do(ground: Ground, step: Step) -> str:
    """End them; in words how many, and who could not be ended. Those who stay are told by the proof, too."""
    level: Level = step.captured["level"]
    counts = counted(level, ground.target.application_roles)
    if level == "read-only":
        row = ground.conn.execute("SELECT clock_timestamp() AS now").fetchone()
        assert row is not None
        now, everyone = row["now"], counts
        counts = lambda one: everyone(one) and (one.since is None or one.since < now)  # noqa: E731 - the same question, of those before
    ended = sessions.end(ground.conn, ground.database, counts, patience=PATIENCE_SECONDS)
    said = f"{ended.number} session{'' if ended.number == 1 else 's'} ended"
    if ended.left:
        why = f" ({next(iter(ended.refused.values()))})" if ended.refused else ""
        said += f"; not ended: {sessions.named(ended.left)}{why}"
    return said


def read(ground: Ground, step: Step) -> None:
    """Nothing is kept, and nothing put back: clients connect again by themselves."""
    del ground, step


way = Way("end-sessions", 60, plan, read, do=do)

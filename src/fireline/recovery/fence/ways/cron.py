"""Jobs of pg_cron that run in the database are switched off, and on again afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from fireline.errors import FirelineError
from fireline.postgres.connect import Connection
from fireline.recovery.fence.ground import GONE, Ground
from fireline.recovery.fence.rows import Level, Step
from fireline.recovery.fence.way import LeftOut, Way

_WHERE = "SELECT current_setting('cron.database_name', true) AS name"
_THERE = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') AS there"
_JOBS = """
SELECT jobid::text AS id, username AS role, username = session_user AS ours FROM cron.job
WHERE active AND database = %(database)s ORDER BY jobid
"""
_NOW = "SELECT active FROM cron.job WHERE jobid = %(id)s::bigint"


def plan(ground: Ground, level: Level) -> list[Step | LeftOut]:
    """Every active job in this database that our role may see; at every level."""
    del level
    home = _home(ground)
    if home is None:
        return []
    try:
        with ground.at(home) as conn:
            if not _there(conn):
                return []
            jobs = conn.execute(_JOBS, {"database": ground.database}).fetchall()
    except FirelineError as away:
        return [LeftOut("switch pg_cron's jobs off", f"its database {home} lets us not in: {away.message}")]
    unseen: list[Step | LeftOut] = []
    if not ground.superuser:
        unseen = [LeftOut("switch other roles' jobs of pg_cron off", f"{ground.role} sees and changes only its own")]
    return [*(_one(row["id"], row["role"], home) for row in jobs), *unseen]


def _home(ground: Ground) -> str | None:
    """The database that pg_cron keeps its jobs in; None without pg_cron."""
    row = ground.conn.execute(_WHERE).fetchone()
    return str(row["name"]) if row and row["name"] else None


def _there(conn: Connection) -> bool:
    row = conn.execute(_THERE).fetchone()
    return bool(row and row["there"])


def _one(number: str, role: str, home: str) -> Step:
    return Step(
        way="cron",
        about=f"job {number}",
        title=f"switch pg_cron's job {number} of {role} off",
        why="it comes by itself and writes",
        stops_not="a run of it that has begun",
        captured={"before": True, "ours": False, "job": number, "home": home},
        act=[_switch(number, "false")],
        inverse=[_switch(number, "true")],
    )


def _switch(number: str, word: str) -> str:
    return f"SELECT cron.alter_job(job_id := {int(number)}, active := {word})"


@contextmanager
def _at(ground: Ground, step: Step) -> Iterator[Connection]:
    with ExitStack() as stack:
        yield stack.enter_context(ground.at(step.captured["home"]))


def say(ground: Ground, step: Step, statements: list[str]) -> None:
    """It is said where pg_cron keeps its jobs."""
    with _at(ground, step) as conn:
        for one in statements:
            conn.execute(one.encode())


def read(ground: Ground, step: Step) -> bool | str:
    """Whether the job is switched on now."""
    with _at(ground, step) as conn:
        row = conn.execute(_NOW, {"id": step.captured["job"]}).fetchone() if _there(conn) else None
    return bool(row["active"]) if row else GONE


way = Way("cron", 10, plan, read, say)

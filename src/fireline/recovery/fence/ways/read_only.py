"""New transactions are read-only by default: a courtesy that a session may set off again, so its sessions are watched, not believed."""

from __future__ import annotations

from typing import Any

from psycopg import sql

from fireline.recovery.fence.ground import GONE, Ground
from fireline.recovery.fence.rows import Level, Step
from fireline.recovery.fence.way import LeftOut, Way

SETTING = "default_transaction_read_only"
_STOPS_NOT = "a session that sets it off, or asks for it when it connects"
# Of roles, the setting for this database and else the one for all: either stands before the database's own.
_ROLES = f"""
SELECT pg_get_userbyid(s.setrole) AS role FROM pg_db_role_setting s, unnest(s.setconfig) AS line
WHERE s.setrole <> 0 AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = %(database)s))
  AND line LIKE '{SETTING}=%%' AND pg_get_userbyid(s.setrole) <> session_user
GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - our own word
_NOW = f"""
SELECT substr(line, length('{SETTING}=') + 1) AS value FROM pg_db_role_setting s, unnest(s.setconfig) AS line
WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = %(database)s)
  AND s.setrole = coalesce((SELECT oid FROM pg_roles WHERE rolname = %(role)s), 0) AND line LIKE '{SETTING}=%%'
"""  # noqa: S608 - our own word


def plan(ground: Ground, level: Level) -> list[Step | LeftOut]:
    """The database's own setting, and that of each role which would stand before it."""
    if level != "read-only":
        return []
    what = f"make new transactions in {ground.database} read-only"
    if not (ground.superuser or ground.owns):
        return [LeftOut(what, f"{ground.role} neither owns the database nor is a superuser")]
    steps: list[Step | LeftOut] = [_one(ground, "", what, "it is the default of every session that comes")]
    for row in ground.conn.execute(_ROLES, {"database": ground.database}).fetchall():
        for_role = f"{what} for role {row['role']} as well"
        if ground.may_alter(row["role"]):
            steps.append(_one(ground, row["role"], for_role, "its own setting stands before the database's"))
        else:
            steps.append(LeftOut(for_role, f"its own setting stands before the database's, and {ground.role} may not change it"))  # fmt: skip
    return steps


def _one(ground: Ground, role: str, title: str, why: str) -> Step:
    before = _value(ground, role)
    back = _set(ground, role, before) if before is not None else _reset(ground, role)
    return Step(
        way="read-only",
        about=role or ground.database,
        title=title,
        why=why,
        stops_not=_STOPS_NOT,
        captured={"before": before, "ours": "on", "role": role, "database": ground.database},
        act=[_set(ground, role, "on")],
        inverse=[back],
    )


def _place(ground: Ground, role: str) -> sql.Composed:
    database = sql.Identifier(ground.database)
    if not role:
        return sql.SQL("ALTER DATABASE {}").format(database)
    return sql.SQL("ALTER ROLE {} IN DATABASE {}").format(sql.Identifier(role), database)


def _set(ground: Ground, role: str, value: str) -> str:
    statement = sql.SQL("{} SET {} = {}").format(_place(ground, role), sql.SQL(SETTING), sql.Literal(value))
    return statement.as_string(ground.conn)


def _reset(ground: Ground, role: str) -> str:
    return sql.SQL("{} RESET {}").format(_place(ground, role), sql.SQL(SETTING)).as_string(ground.conn)


def _value(ground: Ground, role: str) -> str | None:
    row = ground.conn.execute(_NOW, {"database": ground.database, "role": role}).fetchone()
    return row["value"] if row else None


def read(ground: Ground, step: Step) -> Any:
    """The setting in this scope as it is now; None when it is not set."""
    role = step.captured["role"]
    if role and ground.conn.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
        return GONE
    return _value(ground, role)


way = Way("read-only", 20, plan, read)

"""A role of the application may not log in: for a superuser, whom no limit stops, and where our role does not own the database."""

from __future__ import annotations

from psycopg import sql

from fireline.recovery.fence.doors import door
from fireline.recovery.fence.ground import GONE, Ground, Role
from fireline.recovery.fence.rows import Level, Step
from fireline.recovery.fence.way import LeftOut, Way


def plan(ground: Ground, level: Level) -> list[Step | LeftOut]:
    """One step for each role that nothing else stops."""
    if level == "read-only":
        return []
    wanted = ((role, _why(ground, role, level)) for role in ground.roles if role.login)
    return [_one(ground, role, why) for role, why in wanted if why]


def _why(ground: Ground, role: Role, level: Level) -> str:
    if level == "closed" and (ground.superuser or ground.owns):
        return ""  # nobody gets in
    if role.superuser:
        return "it is a superuser, whom no limit and no missing right stops"
    if door(ground) == "login":
        return f"{ground.role} neither owns the database nor is a superuser, so this is the door it can shut"
    if door(ground) == "connect" and role.owns:
        return "it owns the database, or is a member of its owner, so no REVOKE stops it"
    return ""


def _one(ground: Ground, role: Role, why: str) -> Step | LeftOut:
    what = f"take the login from role {role.name}"
    if role.name == ground.role:
        return LeftOut(what, "it is the role that Fireline itself acts as; give the application one of its own")
    if not role.alterable:
        return LeftOut(what, f"{ground.role} may not change it; a superuser, or one with its admin option, may")
    return Step(
        way="nologin",
        about=role.name,
        title=f"{what}, in every database of the server",
        why=why,
        stops_not="other roles; sessions that exist",
        captured={"before": True, "ours": False},
        act=[_login(ground, role.name, False)],
        inverse=[_login(ground, role.name, True)],
    )


def _login(ground: Ground, name: str, on: bool) -> str:
    word = sql.SQL("LOGIN" if on else "NOLOGIN")
    return sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(name), word).as_string(ground.conn)


def read(ground: Ground, step: Step) -> bool | str:
    """Whether it may log in now."""
    row = ground.conn.execute("SELECT rolcanlogin AS login FROM pg_roles WHERE rolname = %s", [step.about]).fetchone()
    return bool(row["login"]) if row else GONE


way = Way("nologin", 30, plan, read)

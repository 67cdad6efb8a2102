"""The right to connect is taken from everybody but the owner: for an owner who is no superuser and has no other database."""

from __future__ import annotations

from typing import Any

from psycopg import sql

from fireline.recovery.fence.doors import door
from fireline.recovery.fence.ground import GONE, Ground
from fireline.recovery.fence.rows import Level, Step
from fireline.recovery.fence.way import LeftOut, Way

PUBLIC = "PUBLIC"
_RIGHTS = """
SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END AS grantee, pg_get_userbyid(a.grantor) AS grantor,
    a.privilege_type AS what, a.is_grantable AS passes_on
FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) WITH ORDINALITY AS a(grantor, grantee, privilege_type, is_grantable, place)
WHERE d.datname = %s ORDER BY a.place
"""
_TEXT = "SELECT datacl::text AS acl, pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = %s"


def plan(ground: Ground, level: Level) -> list[Step | LeftOut]:
    """Explicit grants and PUBLIC; who comes in by membership in the owner is told, and stopped by another way or not."""
    if level == "read-only" or door(ground) != "connect":
        return []
    before = _rights(ground, ground.database)
    taken = [one for one in before if one[2] == "CONNECT" and one[0] != ground.owner]
    foreign = [one for one in before if one[1] != ground.owner]
    what = f"take the right to connect to {ground.database} from everybody but its owner"
    if foreign:
        who = ", ".join(sorted({one[1] for one in foreign}))
        return [LeftOut(what, f"{who} passed rights on, and only they could give them back")]
    row = ground.conn.execute(_TEXT, [ground.database]).fetchone()
    assert row is not None
    return [
        Step(
            way="revoke-connect",
            about=ground.database,
            title=what,
            why=f"{ground.role} is no superuser and has no other database to act from: with a limit it would lock itself out",
            stops_not=f"{ground.owner}, its members and superusers; sessions that exist",
            captured={"before": _canonical(before), "ours": _canonical([one for one in before if one not in taken]), "text": row["acl"], "in_order": before},
            act=[_revoke(ground, [one[0] for one in taken])] if taken else [],
            inverse=_grants(ground, taken),
        )
    ]  # fmt: skip


def _rights(ground: Ground, database: str) -> list[list[Any]]:
    rows = ground.conn.execute(_RIGHTS, [database]).fetchall()
    return [[row["grantee"], row["grantor"], row["what"], row["passes_on"]] for row in rows]


def _canonical(rights: list[list[Any]]) -> list[list[Any]]:
    return sorted(rights, key=str)


def _who(name: str) -> sql.Composable:
    return sql.SQL(PUBLIC) if name == PUBLIC else sql.Identifier(name)


def _revoke(ground: Ground, names: list[str]) -> str:
    everybody = sql.SQL(", ").join(_who(name) for name in names)
    statement = sql.SQL("REVOKE CONNECT ON DATABASE {} FROM {}").format(sql.Identifier(ground.database), everybody)
    return statement.as_string(ground.conn)


def _grants(ground: Ground, rights: list[list[Any]]) -> list[str]:
    return [
        sql.SQL("GRANT {} ON DATABASE {} TO {}{}")
        .format(
            sql.SQL(what), sql.Identifier(ground.database), _who(name), sql.SQL(" WITH GRANT OPTION" if passes_on else "")
        )
        .as_string(ground.conn)
        for name, _, what, passes_on in rights
    ]  # fmt: skip


def read(ground: Ground, step: Step) -> list[list[Any]] | str:
    """Who has which right on the database now, whether written out or by default."""
    found = _rights(ground, step.about)
    return _canonical(found) if found else GONE


def rest(ground: Ground, step: Step) -> str:
    """The rights are the same; make their text the same, too, where the server lets us."""
    wanted = step.captured["text"]
    row = ground.conn.execute(_TEXT, [step.about]).fetchone()
    if row is None or row["acl"] == wanted:
        return ""
    if wanted is None and ground.superuser:
        statement = "UPDATE pg_catalog.pg_database SET datacl = NULL WHERE datname = %s"
        ground.conn.execute(statement, [step.about])
        return ""
    if wanted is None:
        return "the rights on the database are the same as before, now written out: no command makes them the default again"
    _in_order(ground, step, row["owner"])
    row = ground.conn.execute(_TEXT, [step.about]).fetchone()
    same = row is not None and row["acl"] == wanted
    return "" if same else "the rights on the database are the same as before, listed in another order"


def _in_order(ground: Ground, step: Step, owner: str) -> None:
    """Take all of them and give them again in the order they had, in one transaction: nobody sees the moment between."""
    rights = step.captured["in_order"]
    names = list(dict.fromkeys(one[0] for one in rights))
    database = sql.Identifier(step.about)
    with ground.conn.transaction():
        for name in [*(one for one in names if one != owner), *([owner] if owner in names else [])]:
            ground.conn.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(database, _who(name)))
        for statement in _grants(ground, rights):
            ground.conn.execute(statement.encode())


way = Way("revoke-connect", 41, plan, read, rest=rest)

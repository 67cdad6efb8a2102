"""Who is still in the database, and who can still write: by role, application and address."""

from __future__ import annotations

from typing import Any

from fireline.recovery.fence import sessions
from fireline.recovery.fence.ground import Ground
from fireline.recovery.fence.rows import Level
from fireline.recovery.fence.sessions import Session

# By the catalog as it is now: a limit of 0 lets superusers in, a closed database nobody.
_COMING = """
SELECT r.rolname AS name, d.datconnlimit = 0 AS only_superusers FROM pg_roles r, pg_database d
WHERE d.datname = %(database)s AND d.datallowconn AND r.rolcanlogin AND has_database_privilege(r.oid, d.oid, 'CONNECT')
  AND (r.rolsuper OR d.datconnlimit <> 0) ORDER BY r.rolname
"""
_MOST = 6


def residue(inside: list[Session], roles: tuple[str, ...]) -> list[dict[str, Any]]:
    """Those who are in, grouped: {role, application, address, kind, number, since, whose}."""
    groups: dict[tuple[str, ...], list[Session]] = {}
    for one in inside:
        groups.setdefault((one.role, one.application, one.address, one.kind, _whose(one, roles)), []).append(one)
    return [
        {
            "role": key[0],
            "application": key[1],
            "address": key[2],
            "kind": key[3],
            "whose": key[4],
            "number": len(found),
            "since": min((one.since.isoformat() for one in found if one.since), default=None),
            "pids": [one.pid for one in found],
        }
        for key, found in groups.items()
    ]


def _whose(one: Session, roles: tuple[str, ...]) -> str:
    if sessions.is_application(one, roles):
        return "application"
    if sessions.writes_by_itself(one):
        return "beside the application"
    return "fireline" if one.fireline else "other"


def can_write(ground: Ground, level: Level, inside: list[Session], prepared: list[dict[str, Any]]) -> list[str]:
    """Sentences: who could change something in the database at this moment. None means that nobody can."""
    writers = [one for one in inside if sessions.may_write(one)]
    found: list[str] = []
    if level == "read-only":
        found.append("Any session that sets default_transaction_read_only off, or asks for it when it connects.")
        by_itself = [one for one in writers if sessions.writes_by_itself(one)]
        if by_itself:
            found.append(f"In the database now, past that setting: {sessions.named(by_itself)}.")
    else:
        if writers:
            found.append(f"In the database now: {sessions.named(writers)}.")
        found += _coming(ground)
    if prepared:
        found.append(
            f"Prepared transactions that wait for their COMMIT: {', '.join(one['gid'] for one in prepared[:_MOST])}."
        )
    return found


def _coming(ground: Ground) -> list[str]:
    """Who would get in."""
    rows = ground.conn.execute(_COMING, {"database": ground.database}).fetchall()
    if not rows:
        return []
    names = [row["name"] for row in rows]
    told = ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")
    return [f"Who connects anew as {'a superuser' if rows[0]['only_superusers'] else 'any of these'}: {told}."]

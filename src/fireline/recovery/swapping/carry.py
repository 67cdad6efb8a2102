"""What stands on one database in the server's catalog put onto another, exactly: settings, rights, owner, limits, comment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from fireline import redact
from fireline.errors import Refused
from fireline.postgres.connect import Connection
from fireline.recovery.swapping.standing import LISTS, Standing, differences, look, names


def put(conn: Connection, wanted: Standing, name: str) -> None:
    """Make the database called `name` stand as `wanted` does, inside the caller's transaction.

    Raises Refused when our role may not, or when it came out otherwise: the caller rolls back.
    """
    now = look(conn, name)
    if now is None:
        raise Refused(f"there is no database {name} any more")
    try:
        with conn.transaction():
            for statement in statements(wanted, now, mighty=mighty(conn)):
                conn.execute(statement)
    except psycopg.errors.InsufficientPrivilege as no:
        said = redact.text(no.diag.message_primary or str(no))
        raise Refused(
            f"what stands on database {wanted.name} can not be put onto {name} by our role: {said}",
            hint="Let the target's DSN be of a superuser, or of the owner with CREATEDB, and let roles' own settings be.",
        ) from None
    after = look(conn, name)
    assert after is not None
    if unlike := differences(wanted, after):
        raise Refused(f"{', '.join(unlike)} of {wanted.name} could not be put onto {name} exactly")


def mighty(conn: Connection) -> bool:
    """Whether we are a superuser there."""
    return conn.info.parameter_status("is_superuser") == "on"


def statements(wanted: Standing, now: Standing, *, mighty: bool) -> Iterator[sql.Composed]:
    """What makes the one stand as the other; nothing for what is so already. mighty: as a superuser."""
    it = sql.Identifier(now.name)
    if wanted.owner != now.owner:
        yield sql.SQL("ALTER DATABASE {} OWNER TO {}").format(it, sql.Identifier(wanted.owner))
    if wanted.acl != now.acl or wanted.owner != now.owner:
        yield from _grants(wanted, now, mighty=mighty)
    if wanted.settings != now.settings:
        yield from _set(wanted, now)
    if (wanted.limit, wanted.allows, wanted.template) != (now.limit, now.allows, now.template):
        yield sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {} ALLOW_CONNECTIONS {} IS_TEMPLATE {}").format(
            it, sql.Literal(wanted.limit), sql.Literal(wanted.allows), sql.Literal(wanted.template)
        )
    if wanted.comment != now.comment:
        yield sql.SQL("COMMENT ON DATABASE {} IS {}").format(it, sql.Literal(wanted.comment))
    labels: dict[str, str | None] = {one["provider"]: None for one in now.labels}
    labels |= {one["provider"]: one["label"] for one in wanted.labels}
    for provider, label in labels.items() if wanted.labels != now.labels else ():
        yield sql.SQL("SECURITY LABEL FOR {} ON DATABASE {} IS {}").format(
            sql.Identifier(provider), it, sql.Literal(label)
        )


def _grants(wanted: Standing, now: Standing, *, mighty: bool) -> Iterator[sql.Composed]:
    """Take all rights away, then grant them in the order of the list, so that it comes out the same to the letter.

    Back to no list at all no GRANT can bring it: a superuser empties the field, for anyone else the same rights are listed.
    """
    it = sql.Identifier(now.name)
    mentioned = [grant["grantee"] for grant in now.grants] + [now.owner, wanted.owner, None]
    for grantee in dict.fromkeys(mentioned):
        yield sql.SQL("REVOKE ALL ON DATABASE {} FROM {} CASCADE").format(it, _role(grantee))
    if wanted.acl is None and mighty:
        yield sql.SQL("UPDATE pg_catalog.pg_database SET datacl = NULL WHERE oid = {}").format(sql.Literal(now.oid))
        return
    for (grantor, grantee, grantable), privileges in _grouped(wanted.grants).items():
        if grantor != wanted.owner:
            yield sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(grantor))
        yield sql.SQL("GRANT {} ON DATABASE {} TO {}{}").format(
            sql.SQL(", ").join(sql.SQL(one) for one in privileges),  # the server's own words
            it,
            _role(grantee),
            sql.SQL(" WITH GRANT OPTION" if grantable else ""),
        )
        if grantor != wanted.owner:
            yield sql.SQL("RESET ROLE").format()


def _grouped(grants: list[dict[str, Any]]) -> dict[tuple[str, str | None, bool], list[str]]:
    found: dict[tuple[str, str | None, bool], list[str]] = {}
    for one in grants:
        found.setdefault((one["grantor"], one["grantee"], one["grantable"]), []).append(one["privilege"])
    return found


def _role(name: str | None) -> sql.Composable:
    return sql.SQL("PUBLIC") if name is None else sql.Identifier(name)


def _set(wanted: Standing, now: Standing) -> Iterator[sql.Composed]:
    """Settings of the database and of roles in it: all taken off, then set in their order."""
    for entry in now.settings:
        yield sql.SQL("{} RESET ALL").format(_whose(entry["role"], now.name))
    for entry in wanted.settings:
        for text in entry["settings"]:
            key, _, value = text.partition("=")
            values = names(value) or [""] if key in LISTS else [value]
            yield sql.SQL("{} SET {} TO {}").format(
                _whose(entry["role"], now.name),
                sql.Identifier(*key.split(".")),
                sql.SQL(", ").join(map(sql.Literal, values)),
            )


def _whose(role: str | None, database: str) -> sql.Composed:
    if role is None:
        return sql.SQL("ALTER DATABASE {}").format(sql.Identifier(database))
    return sql.SQL("ALTER ROLE {} IN DATABASE {}").format(sql.Identifier(role), sql.Identifier(database))

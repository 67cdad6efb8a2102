"""What stands in the way of exchanging two databases by their names, each with what to do about it; pure looks."""

from __future__ import annotations

import psycopg

from fireline import redact
from fireline.errors import FirelineError, Refused
from fireline.postgres.connect import Connection, Target, connect
from fireline.recovery.names import identifier
from fireline.recovery.swapping.standing import Standing
from fireline.store.connect import queries

Q = queries("fireline.recovery")

LONGEST_NAME = 63  # bytes; the server cuts what is longer without a word

_OTHER_WAYS = (
    "Two other ways: restore into a new project or server and point the application there;"
    " or restore single tables beside and exchange each in one transaction (`fireline resolve swap … --table NAME --plan` shows how)."
)


def managed(target: Target) -> None:
    """Refuse where whoever runs the server lets nobody rename the database."""
    if target.supabase is not None:
        raise Refused(
            f"target {target.name} is managed by Supabase, where the one database can not be renamed", hint=_OTHER_WAYS
        )


def rights(conn: Connection, live: Standing, side: Standing) -> None:
    """Refuse when our role may not rename both."""
    for row in conn.execute(Q["rights_to_rename"], {"oids": [live.oid, side.oid]}).fetchall():
        if not row["renames"]:
            raise Refused(
                f"role {row['role']} may not rename database {row['name']}, which {row['owner']} owns",
                hint=f"It needs a superuser, or a member of {row['owner']} with CREATEDB. {_OTHER_WAYS}",
            )


def bound(conn: Connection, live: Standing) -> None:
    """Refuse what holds the database in use by its number: a rename fails on it, or leaves it behind with the old one."""
    rows = conn.execute(Q["in_the_way"], {"name": live.name, "oid": live.oid}).fetchall()
    found = {kind: [row for row in rows if row["kind"] == kind] for kind in ("prepared", "subscription", "slot")}
    if found["prepared"]:
        one = found["prepared"][0]
        raise Refused(
            f"{_counted(found['prepared'], 'prepared transaction')} in {live.name}: {_named(found['prepared'])}",
            hint=f"End each from within {live.name}: COMMIT PREPARED {_text(one['name'])}; or ROLLBACK PREPARED {_text(one['name'])};",
        )
    if found["subscription"]:
        name = identifier(found["subscription"][0]["name"])
        raise Refused(
            f"{_counted(found['subscription'], 'active subscription')} in {live.name}, which would go on writing into the old"
            f" database: {_named(found['subscription'])}",
            hint=f"From within {live.name}: ALTER SUBSCRIPTION {name} DISABLE; make it anew in the restored one afterwards.",
        )
    if found["slot"]:
        one = found["slot"][0]
        raise Refused(
            f"{_counted(found['slot'], 'logical replication slot')} of {live.name}, which would stay with the old database and"
            f" hold its WAL: {_named(found['slot'])}",
            hint=f"Stop its consumer, then SELECT pg_drop_replication_slot({_text(one['name'])}); it must begin anew afterwards.",
        )


def outsiders(target: Target, conn: Connection, live: Standing) -> list[str]:
    """What is bound to the database's number or name and does not hinder, in sentences; what can not be seen is left out."""
    said = [
        f"Subscription {row['name']} is disabled and stays with the old database."
        for row in conn.execute(Q["in_the_way"], {"name": live.name, "oid": live.oid}).fetchall()
        if row["kind"] == "subscription_off"
    ]
    try:
        with connect(target, acting=True) as inside:
            row = inside.execute(Q["outsiders"]).fetchone()
            assert row is not None
            if row["publications"]:
                said.append(f"Publications of the old database stay in it: {', '.join(row['publications'])}.")
        if row["cron"]:
            with connect(target, acting=True, database=row["cron"]) as there:
                jobs = there.execute(Q["cron_jobs"], {"name": live.name}).fetchone()
            if jobs and jobs["n"]:
                said.append(
                    f"pg_cron runs {jobs['n']} jobs in {live.name}, by its name: they go on in the restored database."
                )
    except (FirelineError, psycopg.Error):  # a closed database shows nothing, and nothing here hinders
        pass
    return [redact.text(one) for one in said]


def free_name(conn: Connection, wanted: str | None, live: str, moment: str) -> str:
    """The name that the replaced database will be kept under: the one wanted, or the live one's with the moment.

    Raises Refused when the wanted one is too long or taken.
    """
    if wanted is not None:
        if not wanted or len(wanted.encode()) > LONGEST_NAME:
            raise Refused(f"{wanted!r} is too long for a database's name, or empty: at most {LONGEST_NAME} bytes")
        if _taken(conn, [wanted]):
            raise Refused(f"there is a database {wanted} already", hint="Leave --kept out, or give another name.")
        return wanted
    endings = [f"_before_{moment}", *(f"_before_{moment}_{n}" for n in range(2, 50))]
    tried = [_short(live, ending) for ending in endings]
    taken = _taken(conn, tried)
    found = next((name for name in tried if name not in taken), None)
    if found is None:
        raise Refused(f"every name like {tried[0]} is taken", hint="Give one with --kept.")
    return found


def _short(name: str, ending: str) -> str:
    """The name cut so that both fit, never through a character."""
    return name.encode()[: LONGEST_NAME - len(ending)].decode(errors="ignore") + ending


def _taken(conn: Connection, names: list[str]) -> set[str]:
    return {row["name"] for row in conn.execute(Q["names_taken"], {"names": names}).fetchall()}


def _counted(rows: list[psycopg.rows.DictRow], what: str) -> str:
    if len(rows) > 1:
        return f"there are {len(rows)} {what}s"
    return f"there is {'an' if what[0] in 'aeiou' else 'a'} {what}"


def _named(rows: list[psycopg.rows.DictRow]) -> str:
    return redact.text(", ".join(str(row["name"]) for row in rows[:5]))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"

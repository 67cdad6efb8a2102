"""Load a dump into a database of its own, beside the one in use, and say whether what is in it now is what was backed up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql

from fireline import redact
from fireline.errors import Refused
from fireline.postgres.connect import Connection, Target, beside, connect, database_of
from fireline.postgres.watch import Watch
from fireline.recovery import census, comparing
from fireline.recovery.restores import COMMENT
from fireline.recovery.sources import Source
from fireline.store.connect import queries

Q = queries("fireline.recovery")

_SHORT = timedelta(seconds=20)
PATIENCE = timedelta(minutes=1)  # for locks in a database that is ours alone: autovacuum goes when it is asked


@dataclass(frozen=True)
class Place:
    """Where a dump is loaded to: a database of a server, not there yet."""

    target: Target
    database: str
    token: str


def missing_roles(conn: Connection, roles: list[str]) -> list[str]:
    """Roles that the dump names and the server has not."""
    rows = conn.execute(Q["roles_missing"], {"roles": roles}).fetchall()
    return [row["name"] for row in rows]


def _making(token: str) -> str:
    """The name a database bears until it has our mark: whatever bears it is ours, also when its maker died in that moment."""
    return f"fireline_making_{token}"


def has_tablespaces(conn: Connection) -> bool:
    """Whether somebody made tablespaces on this server; otherwise those that a dump names can not be there."""
    row = conn.execute(Q["own_tablespaces"]).fetchone()
    return bool(row and row["n"])


def create(place: Place, like: dict[str, Any]) -> None:
    """Make the database, with the token in its comment; nobody but its owner and superusers gets in.

    It gets its own name only with the mark, in one transaction, so that a database without the mark is never ours.
    like: what a census says of a database; encoding and locale are taken from it.
    """
    name, making = sql.Identifier(place.database), sql.Identifier(_making(place.token))
    words = [sql.SQL("CREATE DATABASE {} TEMPLATE template0 ALLOW_CONNECTIONS false").format(making)]
    with beside(place.target, write=True) as conn:
        words += [sql.SQL("{} {}").format(sql.SQL(word), sql.Literal(value)) for word, value in _likeness(conn, like)]
        conn.execute("SET statement_timeout = 0")
        try:
            conn.execute(sql.SQL(" ").join(words))
            with conn.transaction():
                conn.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(making, sql.Literal(COMMENT + place.token)))
                conn.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(making))
                conn.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(making))
                owner = conn.execute(Q["owner_to_give"], {"database": database_of(place.target)}).fetchone()
                if owner is not None:  # schema public is its, and who owns tables there must be let in
                    conn.execute(
                        sql.SQL("ALTER DATABASE {} OWNER TO {}").format(making, sql.Identifier(owner["owner"]))
                    )
                conn.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(making, name))
        except psycopg.errors.DuplicateDatabase:
            raise Refused(f"there is a database {place.database} already", hint="Name another one with --as.") from None
        except psycopg.Error as refused:
            raise Refused(f"no database could be made for the restore: {refused.diag.message_primary}",
                          hint="As a superuser: ALTER ROLE … CREATEDB, for the role in the target's dsn.") from None  # fmt: skip


# pg_database.datlocprovider, how CREATE DATABASE calls it, and what it calls that provider's locale.
_PROVIDERS = {"c": ("libc", None), "i": ("icu", "ICU_LOCALE"), "b": ("builtin", "BUILTIN_LOCALE")}
_PROVIDERS_FROM = 15  # the version; before, libc was the only one


def _likeness(conn: Connection, like: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The options of CREATE DATABASE that make one with the same encoding and locale."""
    yield from (
        (word, like[key]) for key, word in (("encoding", "ENCODING"), ("collate", "LC_COLLATE"), ("ctype", "LC_CTYPE"))
    )
    if conn.info.server_version // 10000 >= _PROVIDERS_FROM:
        provider, locale = _PROVIDERS[like["provider"]]
        yield "LOCALE_PROVIDER", provider
        if locale:
            yield locale, like["locale"]
        if like.get("icu_rules"):
            yield "ICU_RULES", like["icu_rules"]


def exists(target: Target, database: str) -> bool:
    """Whether the server has a database of this name."""
    with connect(target, acting=True, statement_timeout=_SHORT) as conn:
        return conn.execute(Q["comment_of"], {"name": database}).fetchone() is not None


def likeness(target: Target) -> dict[str, Any]:
    """Encoding and locale of the database in use, as a census has them."""
    with connect(target, acting=True, statement_timeout=_SHORT) as conn:
        row = conn.execute(Q["census_database"]).fetchone()
    assert row is not None
    return dict(row)


def drop(target: Target, database: str, token: str) -> bool:
    """Drop a database of ours with whoever is in it; whether it was there. Refused for one that does not bear the token."""
    with beside(target, write=True) as conn:
        conn.execute("SET statement_timeout = 0")
        half = drop_ours(conn, target, _making(token)) if _comment(conn, _making(token)) else False
        found = _comment(conn, database)
        if found is None or (half and found != (COMMENT + token,)):
            return half
        if found != (COMMENT + token,):
            raise Refused(f"database {database} does not bear the mark of this restore, so it is not dropped",
                          hint="Look whose it is; drop it yourself if it is not wanted.")  # fmt: skip
        return drop_ours(conn, target, database)


def _comment(conn: Connection, database: str) -> tuple[str | None] | None:
    """Its comment; None when there is no such database."""
    row = conn.execute(Q["comment_of"], {"name": database}).fetchone()
    return None if row is None else (row["comment"],)


def drop_ours(conn: Connection, target: Target, database: str) -> bool:
    """Drop it with whoever is in it; True. Its subscriptions go before it, and what the publisher keeps for them stays there."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
    try:
        try:
            conn.execute(drop)
        except psycopg.errors.ObjectInUse:
            _unsubscribe(target, database)
            conn.execute(drop)
    except psycopg.Error as no:
        said = redact.text((no.diag.message_primary or str(no)).strip().splitlines()[0])
        raise Refused(f"{database} could not be dropped: {said}", hint=no.diag.message_detail) from None
    return True


def _unsubscribe(target: Target, database: str) -> None:
    """Take its subscriptions away without a word to the publisher: the slot they name may be the one that is in use."""
    with connect(target, write=True, autocommit=True, database=database) as conn:
        for row in conn.execute(Q["subscriptions_here"]).fetchall():
            name = sql.Identifier(row["name"])
            for words in (
                "ALTER SUBSCRIPTION {} DISABLE",
                "ALTER SUBSCRIPTION {} SET (slot_name = NONE)",
                "DROP SUBSCRIPTION {}",
            ):
                conn.execute(sql.SQL(words).format(name))


def protect(place: Place) -> None:
    """Whoever looks into it from now on reads only, unless he says otherwise: what was compared should stay as it is."""
    with beside(place.target, write=True) as conn:
        name = sql.Identifier(place.database)
        conn.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))


def judge(source: Source, place: Place, watch: Watch, *, jobs: int) -> dict[str, Any]:
    """Compare what is there now with the manifest: a report with its verdict, passed, differs or unchecked.

    A foreign dump has nothing to compare with: what was found is counted and said, and the verdict is unchecked.
    """
    began = time.monotonic()
    patient = replace(place.target, lock_timeout=PATIENCE)
    found = census.take(patient, database=place.database, jobs=jobs, watch=watch)
    tables = found.tables.values()
    report: dict[str, Any] = {
        "tables": len(found.tables),
        "rows": sum(one.rows for one in tables),
        "objects": {part: len(names) for part, names in found.objects.items()},
        "seconds": round(time.monotonic() - began, 2),
        "notes": comparing.notes(source.made.counted(), found) if source.made else [],
    }
    if source.made is None:
        counted = [{"table": one.name, "rows": one.rows} for one in sorted(tables, key=lambda one: -one.rows)]
        why = "a foreign dump has no census to compare with: it loaded to its end without an error, and these rows are in it"
        return {**report, "verdict": "unchecked", "why": why, "counted": counted, "differences": []}
    expected = source.made.counted()
    differences = comparing.compare(expected, found, sequences_after=source.made.sequences_after)
    said = [
        {"what": one.what, "name": one.name, "expected": one.expected, "found": one.found, "says": one.says}
        for one in differences
    ]
    why = (
        "every row, sequence and object is as it was backed up"
        if not said
        else f"{len(said)} things are not as they were backed up"
    )
    return {**report, "verdict": "differs" if said else "passed", "why": why, "differences": said,
            "expected": {"tables": len(expected.tables), "rows": sum(one.rows for one in expected.tables.values())}}  # fmt: skip

"""Load a dump into a database of its own, beside the one in use, and say whether what is in it now is what was backed up."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql

from fireline import redact
from fireline.errors import FirelineError, Refused
from fireline.postgres import client_tools
from fireline.postgres.client_tools import Access, ClientTools
from fireline.postgres.connect import Connection, Target, beside, connect, database_of
from fireline.postgres.watch import Watch
from fireline.recovery import archive, census, comparing
from fireline.recovery.restores import COMMENT
from fireline.recovery.sources import Source
from fireline.store.connect import queries

Q = queries("fireline.recovery")

_LONG = timedelta(0)
_SHORT = timedelta(seconds=20)
_PATIENCE = timedelta(
    minutes=1
)  # for locks in a database that is ours alone: autovacuum has come, and goes when it is asked
_LOOK_SECONDS = 0.5
_MEMORY = 1 << 30  # of maintenance_work_mem at most, for all loaders together
_SHARE = 8  # of the machine's memory, when the server is on it


@dataclass(frozen=True)
class Place:
    """Where a dump is loaded to: a database of a server, not there yet."""

    target: Target
    database: str
    token: str


@dataclass(frozen=True)
class Way:
    """How it is loaded. owners: False leaves everything to the role that loads, and grants nothing."""

    tools: ClientTools
    major: int  # of the server
    jobs: int
    owners: bool = True
    foreign: bool = False  # also a script that pg_dump did not make
    tablespaces: bool = True  # False where the server has none of its own
    memory: int = 256 << 20  # bytes of maintenance_work_mem for one loader


def memory_of(jobs: int, *, here: bool) -> int:
    """Bytes of maintenance_work_mem for each loader: an eighth of the machine at most where the server is on it."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if here else 2 << 30
    return max(min(_MEMORY, whole // _SHARE) // max(jobs, 1), 64 << 20)


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
_TRANSACTIONS_END_FROM = 17  # the version that has transaction_timeout
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


def load(source: Source, place: Place, way: Way, watch: Watch) -> dict[str, Any]:
    """Load everything, stopping at the first error; how long it took. Raises ToolFailed, StatementFailed."""
    began = time.monotonic()
    settings = {
        "synchronous_commit": "off",  # it is synced by a checkpoint at the end; until then it is thrown away after a crash
        "maintenance_work_mem": f"{way.memory >> 10}kB",
        "max_parallel_maintenance_workers": str(max(min((os.cpu_count() or 2) - way.jobs, 2), 0)),
        "statement_timeout": "0",
        "lock_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
        "default_transaction_read_only": "off",  # of the role or the server: perhaps somebody has stopped the writes
    }
    if way.major >= _TRANSACTIONS_END_FROM:
        settings["transaction_timeout"] = "0"
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    with (
        _telling(source, place, watch) as told,
        client_tools.environment(place.target.dsn, place.database, options=options) as access,
    ):
        if source.archive.kind == "sql":
            _script(source, way, access, watch)
        else:
            _archive(source, way, access, watch, told)
    return {"load_seconds": round(time.monotonic() - began, 2)}


def _script(source: Source, way: Way, access: Access, watch: Watch) -> None:
    """Plain SQL through psql, which gets nothing that was not read and judged before."""
    argv = [way.tools.program("psql"), "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--quiet", "--no-password", "--file=-",
            f"--dbname={access.conninfo}"]  # fmt: skip
    with archive.stream(
        source.archive, foreign=way.foreign, watch=watch, server_major=way.major, tools=way.tools
    ) as reader:
        client_tools.run(argv, access.env, watch=watch, stdin=reader)


def _archive(source: Source, way: Way, access: Access, watch: Watch, told: _Told) -> None:
    """The formats of pg_restore, several tables at once; a newer pg_restore sets what an older server does not know."""
    newer = way.tools.major > way.major
    argv = [way.tools.program("pg_restore"), "--verbose", "--no-password", f"--dbname={access.conninfo}"]
    argv += [] if newer else ["--exit-on-error"]
    argv += [] if source.archive.kind == "tar" or way.jobs == 1 else [f"--jobs={way.jobs}"]
    argv += [] if way.owners else ["--no-owner", "--no-acl"]
    argv += [] if way.tablespaces else ["--no-tablespaces"]
    harmless = client_tools.NEWER_SETTING if newer else None
    client_tools.run([*argv, str(source.path)], access.env, watch=watch, on_line=told.line, harmless=harmless)


def finish(place: Place, watch: Watch) -> dict[str, Any]:
    """Give the planner its statistics, so that the first queries after a swap are not slow ones."""
    began = time.monotonic()
    watch.tell("collecting statistics", 0, None, "tables")
    with connect(
        place.target,
        write=True,
        autocommit=True,
        statement_timeout=_LONG,
        lock_timeout=_PATIENCE,
        database=place.database,
    ) as conn:
        conn.execute("SET maintenance_work_mem = '256MB'")
        with watch.cancel.over(conn):
            conn.execute("ANALYZE")
    return {"analyze_seconds": round(time.monotonic() - began, 2)}


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
    found = census.take(replace(place.target, lock_timeout=_PATIENCE), database=place.database, jobs=jobs, watch=watch)
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


@contextmanager
def _telling(source: Source, place: Place, watch: Watch) -> Iterator[_Told]:
    """Tell how far the load is, from the server's own counters, as long as the block lasts."""
    told = _Told(source, place, watch)
    thread = threading.Thread(target=told.look, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        told.done.set()
        thread.join()


class _Told:
    """Rows copied, then indexes and constraints made; the totals are the manifest's."""

    def __init__(self, source: Source, place: Place, watch: Watch) -> None:
        self.done = threading.Event()
        self._place, self._watch = place, watch
        made = source.made.counted() if source.made else None
        self._rows = sum(one.rows for one in made.tables.values()) if made else None
        self._after = (
            sum(len(made.objects.get(part, ())) for part in ("indexes", "constraints", "triggers")) if made else None
        )
        self._finished = 0
        self._copied = 0  # the most that was seen: a table's counter is gone when the table is done

    def line(self, line: str) -> None:
        """One line of pg_restore's --verbose."""
        if any(
            word in line
            for word in ("creating INDEX", "creating CONSTRAINT", "creating FK CONSTRAINT", "creating TRIGGER")
        ):
            self._finished += 1

    def look(self) -> None:
        """Ask the server now and then."""
        while not self.done.wait(_LOOK_SECONDS):
            try:
                with connect(
                    self._place.target,
                    acting=True,
                    autocommit=True,
                    statement_timeout=_SHORT,
                    database=self._place.database,
                ) as conn:
                    while not self.done.wait(_LOOK_SECONDS):
                        row = conn.execute(Q["loaded"]).fetchone()
                        assert row is not None
                        self._copied = max(self._copied, row["rows"])
                        if self._finished and self._after:
                            self._watch.tell("building indexes and constraints", self._finished, self._after, "parts")
                        else:
                            self._watch.tell("loading rows", self._copied, self._rows, "rows")
            except (FirelineError, psycopg.Error):
                continue  # the loader itself says what is wrong

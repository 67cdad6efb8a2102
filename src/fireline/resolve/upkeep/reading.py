"""Reads what upkeep is chosen from: the catalogs and the counters, no table of the team but for a few bounded looks."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import DictRow

from fireline import redact
from fireline.errors import Refused
from fireline.postgres import disk
from fireline.postgres.connect import Connection
from fireline.resolve.upkeep import indexes, rows, tables
from fireline.resolve.upkeep.item import Chosen, Terms, span, together
from fireline.store.connect import queries

Q = queries("fireline.resolve.upkeep")

OLD_SLOT = 10_000  # transactions that a slot or standby in use may be behind
_LARGE_BYTES = 100 * 2**20  # of a table, below which its waste is not worth a rewrite
_KEY_BYTES = 10 * 2**20  # of a table, below which reading it whole for a key costs nothing
_REWRITE_TIMES = 2.0


@dataclass(frozen=True)
class Wanted:
    """What a person asked for. patience: seconds after which another transaction counts as one that holds things up."""

    patience: float
    disk_free: int | None = None
    sequences: bool = False


def look(conn: Connection, wanted: Wanted) -> tuple[Chosen, DictRow]:
    """Everything worth doing, leaving out or saying, and what is known of the server."""
    place = conn.execute(Q["place"]).fetchone()
    assert place is not None
    if place["standby"]:
        raise Refused("the target is a standby, which only follows", hint="Name its primary as the target.")
    block = place["block"]

    def free(folder: str | None) -> int | None:
        return disk.free_bytes(conn, folder) if wanted.disk_free is None else wanted.disk_free

    held, waits = held_by(conn, wanted.patience), waits_for(conn, wanted.patience)
    terms = Terms(place["at"].isoformat(), block, place["version"], free, held, waits, place["folder"])
    large, loose = indexes.LOOSE_BYTES // block, {"pages": _LARGE_BYTES // block, "times": _REWRITE_TIMES}
    chosen = together(
        [
            tables.choose(conn.execute(Q["tables"], {"near": tables.NEAR}), terms),
            indexes.choose(conn.execute(Q["indexes"], {"pages": large, "times": indexes.LOOSE_TIMES}), terms),
            rows.constraints(conn.execute(Q["constraints"], {}), terms),
            indexes.suggest_for_keys(conn.execute(Q["unindexed"], {"pages": _KEY_BYTES // block}).fetchall()),
            indexes.suggest(
                conn.execute(Q["duplicates"], {}).fetchall(),
                conn.execute(Q["unused"], {"pages": large}).fetchall(),
                block,
            ),
            rows.loose(conn.execute(Q["loose"], loose), block),
            # the team's own tables last, so that their locks are held for a moment only
            rows.sequences(_with_largest(conn) if wanted.sequences else (), terms),
            rows.statistics(_with_pairs(conn)),
        ]
    )
    return chosen, place


def held_by(conn: Connection, patience: float, ours: Collection[int] = ()) -> str | None:
    """Who keeps dead rows from being removed, as a clause; None when nobody has for long."""
    found = [row for row in _holders(conn, ours) if _holds(row, patience)]
    return f"{_named(found[0])} keeps them{_more(found)}" if found else None


def waits_for(conn: Connection, patience: float, ours: Collection[int] = ()) -> str | None:
    """Whose transaction a rebuild would wait for, as a clause; None when none is old."""
    kinds = ("session", "prepared")
    found = [row for row in _holders(conn, ours) if row["kind"] in kinds and _holds(row, patience)]
    return f"{_named(found[0])} has a transaction open{_more(found)}" if found else None


def _holders(conn: Connection, ours: Collection[int]) -> list[DictRow]:
    return conn.execute(Q["holders"], {"ours": list(ours)}).fetchall()


def _holds(row: DictRow, patience: float) -> bool:
    if row["seconds"] is not None:
        return bool(row["seconds"] >= patience)
    return not row["active"] or row["age"] >= OLD_SLOT


def _more(found: list[DictRow]) -> str:
    return f", and {len(found) - 1} more" if len(found) > 1 else ""


def _named(row: DictRow) -> str:
    """Who it is, with what ends it."""
    who = redact.text(row["name"] or row["user"] or "")
    if row["kind"] == "session":
        since = f"{row['state']} for {span(row['seconds'])}"
        return f"session {row['pid']} ({who}, {since}; `fireline resolve terminate-session {row['pid']}` ends it)"
    if row["kind"] == "prepared":
        return f"prepared transaction {who} (for {span(row['seconds'])})"
    kind = "the standby" if row["kind"] == "standby" else "replication slot"
    return f"{kind} {who} ({row['age']:,} transactions behind)"


def _with_largest(conn: Connection) -> list[dict[str, Any]]:
    """Sequences with the largest value of their column, which an index gives at once; one that is locked is left."""
    found = []
    for row in conn.execute(Q["sequences"], {}).fetchall():
        largest = None
        if row["allowed"]:
            with suppress(psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled), conn.transaction():
                question = f"SELECT max({row['column']}) AS largest FROM {row['table']}"  # noqa: S608 - quoted by the server
                one = conn.execute(question.encode()).fetchone()
                largest = one["largest"] if one else None
        found.append({**row, "largest": largest})
    return found


def _with_pairs(conn: Connection) -> list[dict[str, Any]]:
    """Pairs of columns with the numbers of values in a small sample of the pages."""
    found = []
    for row in conn.execute(Q["pairs"], {}).fetchall():
        share = min(100.0, 100.0 * 200 / max(row["pages"], 1))
        text = (
            "SELECT count(*) AS seen, count(DISTINCT one) AS ones, count(DISTINCT two) AS twos, count(DISTINCT (one, two)) AS both"  # noqa: S608 - the server has quoted all names
            f" FROM (SELECT {row['one']} AS one, {row['two']} AS two FROM {row['table']}"
            f" TABLESAMPLE SYSTEM ({share:.4f}) REPEATABLE (1) LIMIT 20000) AS sample WHERE one IS NOT NULL AND two IS NOT NULL"
        )
        with suppress(psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled), conn.transaction():
            counted = conn.execute(text.encode()).fetchone()
            found.append({**row, **(counted or {})})
    return found

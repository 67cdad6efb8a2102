"""The restores of a target: a row before a database is made, what it turned out to be, and whose turn it is to be dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import clock
from fireline.errors import NotFound
from fireline.incident.people import Actor
from fireline.store.connect import Connection, Store, all_rows, one, queries

Q = queries("fireline.recovery")
MOST = 500  # in one answer

COMMENT = "fireline restore "  # and the token: what the comment of a database of ours begins with
_ROOM = 1_919_251_571  # of advisory locks in the store: "rest" as a number
LONGEST_NAME = 63  # bytes of a name in PostgreSQL
VERDICTS = {"passed": "PASS", "differs": "FAIL", "unchecked": "NOT COMPARED"}  # what its report says, in capitals
READY = ("passed", "differs", "unchecked")  # restored to its end
_SHOWN = (
    "id", "target", "source", "database", "beside", "state", "begun_at", "ended_at", "snapshot_at", "report", "error", "kept",
    "swapped_at", "keep_until", "by",
)  # fmt: skip


def name_for(database: str, at: datetime) -> str:
    """`app_restored_20261123_151200`, as long as PostgreSQL lets it be."""
    end = f"_restored_{at:%Y%m%d_%H%M%S}"
    begin = database.encode()[: LONGEST_NAME - len(end)].decode(errors="ignore")
    return begin + end


def begin(
    conn: Connection, *, target: str, source: str, backup: int | None, database: str, beside: str, token: str,
    snapshot_at: datetime | None, by: str,
) -> int:  # fmt: skip
    """The row before the database is made; its number."""
    row = one(
        conn, Q["begin_restore"], target=target, source=source, backup=backup, database=database, beside=beside,
        token=token, at=clock.now(), snapshot_at=snapshot_at, by=by,
    )  # fmt: skip
    assert row is not None
    return int(row["id"])


def end(
    conn: Connection, restore: int, state: str, *, report: dict[str, Any] | None = None, error: str | None = None
) -> None:
    """What became of loading it: passed, differs, unchecked or failed."""
    conn.execute(
        Q["end_restore"],
        {"id": restore, "state": state, "at": clock.now(), "report": None if report is None else Jsonb(report), "error": error},
    )  # fmt: skip


def compared(conn: Connection, restore: int, report: dict[str, Any]) -> None:
    """What comparing it once more has shown; of one that is swapped in, the verdict before the swap stands."""
    conn.execute(Q["compare_restore"], {"id": restore, "state": report["verdict"], "report": Jsonb(report)})


def dropped(conn: Connection, restore: int) -> None:
    """Its database is not there any more."""
    conn.execute(Q["drop_restore"], {"id": restore, "at": clock.now()})


def get(conn: Connection, wanted: str, *, target: str | None = None, lock: bool = False) -> DictRow:
    """One restore by its number, by its database's name, or `latest`; NotFound otherwise."""
    number = int(wanted) if re.fullmatch(r"\d{1,18}", wanted) else None
    row = one(conn, Q["restore"], id=number, name=wanted, latest=wanted == "latest", target=target)
    if row is None and wanted == "latest":
        raise NotFound("nothing is restored yet", hint="`fireline restore BACKUP` restores beside the database in use.")
    if row is None:
        raise NotFound(
            f"no restore {wanted!r}" + (f" of {target}" if target else ""),
            hint="`fireline restore list` shows those there are.",
        )
    if lock:
        conn.execute("SELECT FROM restore WHERE id = %s FOR UPDATE", [row["id"]])
    return row


def by_token(conn: Connection, token: str, *, lock: bool = False) -> DictRow | None:
    """The restore that a plan was for; None when it was not begun."""
    return conn.execute(f"SELECT * FROM restore WHERE token = %s {'FOR UPDATE' if lock else ''}", [token]).fetchone()  # noqa: S608


@contextmanager
def loading(store: Store, restore: int) -> Iterator[None]:
    """Hold this restore as long as the block lasts; a process that dies lets go by that."""
    done = False
    try:
        with store.transaction() as guard:
            guard.execute(Q["hold_restore"], {"room": _ROOM, "id": restore})
            yield
            done = True
    except psycopg.OperationalError:
        if not done:  # otherwise only the guard was lost, and the work is done
            raise


def fail_dead(conn: Connection, *, before: datetime) -> None:
    """Mark as failed what was begun before and whose process does not live any more."""
    why = "its process ended before it was restored"
    conn.execute(Q["fail_dead_restores"], {"room": _ROOM, "before": before, "at": clock.now(), "error": why})


def left_behind(conn: Connection, target: str) -> list[DictRow]:
    """Restores that failed, or whose process died, and whose databases may still be there."""
    return all_rows(conn, Q["failed_restores"], target=target, room=_ROOM)


def view(row: DictRow) -> dict[str, Any]:
    """One restore as JSON data."""
    return {name: row[name] for name in _SHOWN}


def list_restores(
    conn: Connection, actor: Actor, *, target: str | None = None, gone: bool = False, limit: int = 50
) -> list[dict[str, Any]]:
    """The restores whose databases are there, newest first. gone: also those that failed or were dropped."""
    del actor
    return [
        view(row) for row in all_rows(conn, Q["list_restores"], target=target, all=gone, limit=min(max(limit, 1), MOST))
    ]


def show(conn: Connection, actor: Actor, *, restore: str) -> dict[str, Any]:
    """One restore with its report."""
    del actor
    return view(get(conn, restore))

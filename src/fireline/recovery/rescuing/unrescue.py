"""The way back of a rescue: exactly the rows it inserted are deleted, where they are still as inserted and nothing refers to them."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from fireline.errors import Refused
from fireline.postgres.connect import Connection, Identity, Target, connect, identity, same_history
from fireline.postgres.watch import Watch
from fireline.recovery.differing.sides import STATEMENT_LIMIT, why
from fireline.recovery.rescuing import references
from fireline.recovery.rescuing.filling import same
from fireline.recovery.rescuing.references import Reference
from fireline.recovery.rescuing.replacing import Place, put_back
from fireline.recovery.rescuing.rescue import MOST_OTHERS, ended, row_of
from fireline.store.connect import Store

_ROUND = 2**31  # transactions after which an id in a row may mean another one


def became(store: Store, target: Target, token: str) -> str | None:
    """What became of a rescue: done, undone, failed, or None when that can not be known. Raises TargetUnavailable."""
    row = row_of(store, token)
    if row is None:
        return "failed"
    if row["state"] != "copying":
        return str(row["state"])
    from fireline.postgres.statement import xact_status  # with it comes the grammar, which few commands need

    status = xact_status(target, row["xid"], Identity(**row["server"]))
    state = {"committed": "done", "aborted": "failed"}.get(status or "")
    if state:
        ended(store, token, state)
    return state


def back(store: Store, target: Target, token: str, *, place: Place, watch: Watch) -> dict[str, Any]:
    """Delete what was inserted, all of it in one transaction; what was changed or is referred to since is left and counted."""
    state = became(store, target, token)
    if state != "done":
        raise Refused({"undone": "it was undone already", "failed": "nothing was copied, so nothing is to be undone"}.get(
            state or "", "what became of it is not known, so nothing is deleted"))  # fmt: skip
    row = row_of(store, token)
    assert row is not None
    tables = row["tables"] or {}
    with connect(target, write=True, database=row["destination"], statement_timeout=STATEMENT_LIMIT) as conn:
        _same_server(conn, row)
        try:
            with watch.cancel.over(conn):
                told = _delete(conn, tables, row["xid"], place)
            conn.commit()
        except psycopg.Error as fault:
            if conn.closed:
                raise
            raise Refused(f"nothing was deleted: {why(fault)}", hint=fault.diag.message_hint) from None
    ended(store, token, "undone")
    return {"tables": told}


def _same_server(conn: Connection, row: dict[str, Any]) -> None:
    now = conn.execute("SELECT pg_current_xact_id()::text AS xid").fetchone()
    assert now is not None
    if not same_history(identity(conn), Identity(**row["server"])) or int(now["xid"]) - int(row["xid"]) >= _ROUND:
        raise Refused(
            "the inserted rows can not be told from others any more", hint="The server is another one, or too old."
        )


def _delete(conn: Connection, tables: dict[str, Any], xid: str, place: Place) -> list[dict[str, Any]]:
    known = references.read(conn)
    touched = {*tables, *(one.child for one in known if one.parent in tables)}
    for name in sorted(touched):
        conn.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(sql.SQL(name)))
    again = {
        name: put_back(conn, name, tuple(mark["key"]), mark["was"], _short(xid), place)
        for name, mark in tables.items()
        if mark["was"]
    }
    temps = {name: f"fireline_back_{place}" for place, name in enumerate(tables)}
    for name, temp in temps.items():
        _gather(conn, name, temp, tables[name], xid)
    found = {name: _number(conn, temp) for name, temp in temps.items()}
    inside = [one for one in known if one.parent in temps]
    while any([_spare(conn, temps, one, tables) for one in inside]):  # noqa: C419 - all of them
        pass
    told: list[dict[str, Any]] = []
    for group in reversed(references.groups(tables, known)):
        parts = [
            sql.SQL("{} AS (DELETE FROM {} d USING {} t WHERE {} AND d.xmin = {}::xid RETURNING 1)").format(
                sql.Identifier(temps[name]), sql.SQL(name), sql.Identifier("pg_temp", temps[name]),
                same("d", tuple(tables[name]["key"]), "t", tuple(tables[name]["key"])), _short(xid),
            )
            for name in group
        ]  # fmt: skip
        counts = [
            sql.SQL("(SELECT count(*) FROM {}) AS {}").format(sql.Identifier(temps[name]), sql.Identifier(temps[name]))
            for name in group
        ]
        row = conn.execute(
            sql.SQL("WITH {} SELECT {}").format(sql.SQL(", ").join(parts), sql.SQL(", ").join(counts))
        ).fetchone()
        assert row is not None
        for name in group:
            deleted, inserted = row[temps[name]], tables[name]["inserted"]
            told.append({"table": name, "inserted": inserted, "deleted": deleted, "changed": inserted - found[name],
                         "referred": found[name] - deleted, "replaced": (tables[name]["was"] or {}).get("rows", 0),
                         "put_back": again.get(name, 0)})  # fmt: skip
    return told


def _short(xid: str) -> sql.Literal:
    """The id as rows bear it."""
    return sql.Literal(str(int(xid) % 2**32))


def _gather(conn: Connection, name: str, temp: str, mark: dict[str, Any], xid: str) -> None:
    """The rows that bear the id, without those that triggers wrote."""
    if len(mark["others"]) > MOST_OTHERS:
        raise Refused(f"in {name} triggers wrote too many other rows in the same transaction to tell them apart")
    key = sql.SQL(", ").join(sql.SQL("d.{}::text").format(sql.Identifier(one)) for one in mark["key"])
    conn.execute(
        sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT d.* FROM {} d WHERE d.xmin = {}::xid").format(
            sql.Identifier(temp), sql.SQL(name), _short(xid)
        )
    )
    for other in mark["others"]:
        conn.execute(
            sql.SQL("DELETE FROM {} d WHERE ARRAY[{}] = {}::text[]").format(
                sql.Identifier("pg_temp", temp), key, sql.Literal(other)
            )
        )


def _number(conn: Connection, temp: str) -> int:
    row = conn.execute(sql.SQL("SELECT count(*) AS n FROM {}").format(sql.Identifier("pg_temp", temp))).fetchone()
    return int(row["n"]) if row else 0


def _spare(conn: Connection, temps: dict[str, str], one: Reference, tables: dict[str, Any]) -> int:
    """Leave alone what a row refers to that stays: deleting it would fail, or take that row with it."""
    leaving: sql.Composable = sql.SQL("")
    if one.child in temps:
        key = tuple(tables[one.child]["key"])
        leaving = sql.SQL(" AND NOT EXISTS (SELECT FROM {} l WHERE {})").format(
            sql.Identifier("pg_temp", temps[one.child]), same("l", key, "c", key)
        )
    return conn.execute(
        sql.SQL("DELETE FROM {} t WHERE EXISTS (SELECT FROM {} c WHERE {}{})").format(
            sql.Identifier("pg_temp", temps[one.parent]),
            sql.SQL(one.child),
            same("c", one.columns, "t", one.refers),
            leaving,
        )
    ).rowcount

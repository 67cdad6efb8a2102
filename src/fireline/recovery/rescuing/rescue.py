"""Rows that one database has and the other has not, copied over by their keys in one transaction whose id says later which they were."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import nullcontext
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from fireline import clock
from fireline.errors import Refused
from fireline.postgres.connect import Connection, Target, connect, identity
from fireline.postgres.watch import Watch
from fireline.recovery.differing import rows
from fireline.recovery.differing.pairs import Pair
from fireline.recovery.differing.sides import STATEMENT_LIMIT, Q, Side, side_of, why
from fireline.recovery.kept import readable
from fireline.recovery.rescuing import filling, references, replacing
from fireline.recovery.rescuing.filling import Filled
from fireline.recovery.rescuing.replacing import Place
from fireline.store.connect import Store

MOST_OTHERS = 10_000  # keys kept of rows that triggers wrote in our transaction


def survey(target: Target, source: str, into: str, wanted: Collection[str], *, watch: Watch) -> dict[str, Any]:
    """What could be copied from one database into the other: `parts` per table, and `left_out` with the reasons. Reads only."""
    parts: list[dict[str, Any]] = []
    left_out: list[dict[str, str]] = []
    with readable(target, source), side_of(target, source) as old, side_of(target, into) as now:
        chosen = _chosen(old, wanted)
        for place, name in enumerate(chosen):
            watch.tell("comparing the rows of tables", place, len(chosen), "tables")
            pair, reason = _pair(old, now, name)
            if pair is None:
                if reason:
                    left_out.append({"what": name, "why": reason})
                continue
            try:
                found = rows.count(old, now, pair, watch=watch)
            except psycopg.Error as fault:
                if old.conn.closed or now.conn.closed:
                    raise
                left_out.append({"what": name, "why": why(fault)})
                continue
            if found.missing and not pair.key:
                left_out.append(
                    {"what": name, "why": f"{found.missing:,} rows differ, and it has no key that tells rows apart"}
                )
            elif found.missing or found.changed:
                parts.append(_part(name, pair, found))
    return {"parts": parts, "left_out": left_out}


def _chosen(old: Side, wanted: Collection[str]) -> list[str]:
    """The tables that are meant; NotFound would leave the others uncopied in silence, so an unknown name is refused."""
    if not wanted:
        return list(old.tables)
    short: dict[str, list[str]] = {}
    for full, table in old.tables.items():
        for name in {full, f"{table.schema}.{table.name}", table.name}:
            short.setdefault(name, []).append(full)
    for name in wanted:
        if len(short.get(name, [])) != 1:
            there = "there is no table" if name not in short else "there are several tables"
            raise Refused(f"{there} {name} in {old.database}", hint="Write its schema, too: public.orders.")
    return sorted({short[name][0] for name in wanted})


def _pair(old: Side, now: Side, name: str) -> tuple[Pair | None, str]:
    table, other = old.tables[name], now.tables.get(name)
    if other is None:
        return None, f"{now.database} has no such table"
    hidden = table.hidden or other.hidden
    return (None, hidden) if hidden else (Pair.of(table, other), "")


def _part(name: str, pair: Pair, found: rows.Counted) -> dict[str, Any]:
    least = "" if found.complete else "at least "
    unsaid = [f"columns only the source has are not copied: {', '.join(pair.added)}"] if pair.added else []
    differ = [f"{least}{found.changed:,} differ on both sides"] if found.changed else []
    return {
        "what": f"{name}: {least}{found.missing:,} rows to insert",
        "why": "; ".join([f"only the source has them, by {', '.join(pair.key)}", *differ, *unsaid]),
        "table": name,
        "key": list(pair.key),
        "missing": found.missing,
        "changed": found.changed,
        "samples": found.samples,
    }


def carry(
    store: Store, target: Target, captured: dict[str, Any], *, place: Place, watch: Watch, by: str
) -> dict[str, Any]:
    """Copy what was planned, all or nothing. The transaction's id is in the store before a row is inserted.

    place: where rows that are replaced are kept for the way back.
    Raises Refused, with nothing copied; TargetUnavailable when what became of it must be looked up.
    """
    source, into = captured["source"], captured["into"]
    tables = [part["table"] for part in captured["parts"]]
    with (
        readable(target, source),
        side_of(target, source) as old,
        side_of(target, into) as now,
        connect(target, write=True, database=into, statement_timeout=STATEMENT_LIMIT, jit=False) as conn,
    ):
        filled = _filled(old, now, tables)
        _begin(store, target, conn, captured, by)
        try:
            with watch.cancel.over(conn):
                raised, marks = _fill(conn, old, now, filled, captured, place, watch)
                with store.transaction() as own:
                    own.execute(Q["filled_rescue"], {"token": captured["token"], "tables": Jsonb(marks)})
                conn.commit()
        except psycopg.Error as fault:
            if conn.closed:
                raise
            ended(store, captured["token"], "failed")
            raise Refused(f"nothing was copied: {why(fault)}", hint=fault.diag.message_hint) from None
        except Refused:
            ended(store, captured["token"], "failed")
            raise
    ended(store, captured["token"], "done")
    return {"tables": [_told(one, captured) for one in filled], "sequences": raised}


def _filled(old: Side, now: Side, tables: list[str]) -> list[Filled]:
    found = []
    for place, name in enumerate(tables):
        if name not in old.tables or name not in now.tables:
            raise Refused(f"the table {name} is not there any more", hint="Plan it again.")
        pair = Pair.of(old.tables[name], now.tables[name])
        if not pair.key:
            raise Refused(f"the table {name} has no key any more", hint="Plan it again.")
        found.append(Filled(pair, f"fireline_rescue_{place}"))
    return found


def _begin(store: Store, target: Target, conn: Connection, captured: dict[str, Any], by: str) -> None:
    row = conn.execute("SELECT pg_current_xact_id()::text AS xid").fetchone()
    assert row is not None
    with store.transaction() as own:
        begun = own.execute(
            Q["begin_rescue"],
            {"token": captured["token"], "restore": captured["restore"], "target": target.name, "source": captured["source"],
             "destination": captured["into"], "server": Jsonb(identity(conn).json()), "xid": row["xid"], "at": clock.now(), "by": by},
        )  # fmt: skip
    if not begun.rowcount:
        raise Refused("this rescue was begun already", hint="Look what became of it, then plan it again.")


def _fill(
    conn: Connection, old: Side, now: Side, filled: list[Filled], captured: dict[str, Any], place: Place, watch: Watch
) -> tuple[list[str], dict[str, Any]]:
    """All that is written: the sequences that were raised, and how the rows are known again."""
    changed = [Filled(one.pair, f"{one.temp}_changed") for one in filled if captured["take"]]
    for one, kind in (*((one, "missing") for one in filled), *((one, "changed") for one in changed)):
        filling.load(conn, old, now, one, kind, watch)  # type: ignore[arg-type]
    by_name = {one.pair.restored.full: one for one in filled}
    known, files = references.read(conn), dict[str, Any]()
    with nullcontext() if captured["triggers"] else filling.quiet(conn, filled):
        for group in references.groups(by_name, known):
            members = [by_name[name] for name in group]
            filling.prune(conn, members, known)
            filling.insert(conn, members)
        for one in changed:
            filling.prune(conn, [one], known, new=False)
            files[one.pair.restored.full] = replacing.replace(conn, one, place, captured["token"])
            by_name[one.pair.restored.full].replaced = one.replaced
    conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
    marks = {name: {**_mark(conn, one, changed), "was": files.get(name)} for name, one in by_name.items()}
    return [sequence for one in filled for sequence in filling.raise_sequences(conn, one)], marks


def _mark(conn: Connection, one: Filled, changed: list[Filled]) -> dict[str, Any]:
    """How the inserted rows are known again: they bear our transaction's id, and so do the few that triggers wrote."""
    key = one.pair.key
    temps = [one.temp, *(other.temp for other in changed if other.pair is one.pair)]
    known = [
        sql.SQL("NOT EXISTS (SELECT FROM {} t WHERE {})").format(
            sql.Identifier("pg_temp", temp), filling.same("d", key, "t", key)
        )
        for temp in temps
    ]
    others = conn.execute(
        sql.SQL("SELECT ARRAY[{}] AS key FROM {} d WHERE d.xmin = pg_current_xact_id()::xid AND {} LIMIT {}").format(
            sql.SQL(", ").join(sql.SQL("d.{}::text").format(sql.Identifier(name)) for name in key),
            one.pair.restored.rows, sql.SQL(" AND ").join(known), sql.Literal(MOST_OTHERS + 1),
        )
    ).fetchall()  # fmt: skip
    return {"key": list(key), "inserted": one.inserted, "others": [row["key"] for row in others]}


def _told(one: Filled, captured: dict[str, Any]) -> dict[str, Any]:
    planned = next(part["missing"] for part in captured["parts"] if part["table"] == one.pair.restored.full)
    return {
        "table": one.pair.restored.full, "planned": planned, "found": one.loaded, "inserted": one.inserted,
        "taken": one.taken, "orphans": one.orphans, "replaced": one.replaced,
        "refused": one.loaded - one.taken - one.orphans - one.inserted,
    }  # fmt: skip


def ended(store: Store, token: str, state: str) -> None:
    """What became of it."""
    with store.transaction() as own:
        own.execute(Q["end_rescue"], {"token": token, "state": state, "at": clock.now()})


def row_of(store: Store, token: str) -> dict[str, Any] | None:
    """The row of a rescue; None when it was not begun."""
    with store.transaction() as own:
        row = own.execute(Q["rescue"], {"token": token}).fetchone()
    return dict(row) if row else None

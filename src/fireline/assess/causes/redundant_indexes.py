"""Each write keeps many indexes up to date that nobody reads, or that another index covers."""

# ruff: noqa: S608 - only numbers go into these texts
from __future__ import annotations

from collections.abc import Iterator

from fireline.assess.checks.foreign_keys import ForeignKeys
from fireline.assess.checks.indexes import Index, Indexes
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.quoting import ident, qualified
from fireline.assess.slow import Slow, every
from fireline.assess.slowness import FAMILY, seen
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "redundant_indexes"
_MANY, _MANY_UNASKED = 3, 5
_WRITES, _WRITES_UNASKED = 200, 1000
_SHARE = 0.1  # of the time of all statements
_MOST_SAID = 8


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Tables that are written to, with many indexes that could go. One or two unused ones are nobody's trouble."""
    tables, indexes = snapshot.last("tables", Tables), snapshot.last("indexes", Indexes)
    if tables is None or indexes is None:
        return ()
    asked = snapshot.complaint.about("slow_writes")
    many, writes = (_MANY, _WRITES) if asked else (_MANY_UNASKED, _WRITES_UNASKED)
    found = []
    for table in tables.tables:
        spare = dict(_spare(snapshot, table, indexes)) if table.inserted + table.updated >= writes else {}
        if len(spare) >= many:
            found.append(_verdict(snapshot, table, indexes, spare, asked=asked))
    return tuple(found)


def _spare(snapshot: Snapshot, table: Table, indexes: Indexes) -> Iterator[tuple[Index, str]]:
    """The indexes that could go, with the reason; of two that are the same the newer one."""
    group = [one for one in indexes.of(table.oid) if one.usable and one.kind == "i" and one.parent is None]
    for one in group:
        if (
            one.unique
            or one.exclusion
            or one.constraint
            or one.identity
            or one.building
            or one.partial
            or 0 in one.keys
        ):
            continue
        wider = next((other for other in group if other is not one and _covers(other, one)), None)
        if wider is not None:
            yield one, f"{wider.name} begins with the same columns"
        elif one.scans == 0 and not _for_key(snapshot, one, table):
            yield one, "no statement has read it since the counters began"


def _covers(wider: Index, one: Index) -> bool:
    length = len(one.keys)
    same = (
        wider.method == one.method == "btree"
        and wider.keys[:length] == one.keys
        and wider.directions[:length] == one.directions[:length]
        and wider.classes[:length] == one.classes[:length]
        and wider.collations[:length] == one.collations[:length]
        and set(one.included) <= {*wider.included, *wider.keys}
    )
    return same and not wider.partial and (len(wider.keys) > length or bool(wider.unique) or wider.oid < one.oid)


def _for_key(snapshot: Snapshot, one: Index, table: Table) -> bool:
    """Whether a foreign key needs it when a row it refers to is deleted."""
    keys = snapshot.last("foreign_keys", ForeignKeys)
    if keys is None:
        return True
    names = {column.name for number in one.keys if (column := table.numbered(number))}
    return any(key.child_oid == table.oid and set(key.columns) & names for key in keys.keys)


def _verdict(snapshot: Snapshot, table: Table, indexes: Indexes, spare: dict[Index, str], *, asked: bool) -> Verdict:
    name = qualified(table.schema, table.name)
    slows = [one for one in every(snapshot) if one.statement and _writes_to(one, table)]
    heavy = any(one.share >= _SHARE for one in slows)
    total = len(indexes.of(table.oid))
    unread = sum(one.scans == 0 for one in spare)
    return Verdict(
        cause=LABEL,
        title=f"Every write to {name} keeps {len(spare)} {'index' if len(spare) == 1 else 'indexes'} up to date that could go.",
        severity=("high" if heavy else "medium") if asked else "low",
        confidence=0.9 if asked and heavy else 0.75,
        objects=tuple(one.path for one in spare),
        evidence=(
            Evidence("pg_index", f"{name} has {total} indexes, of which {len(spare)} could go"),
            *(Evidence("pg_stat_all_indexes", f"{one.path}: {why}") for one, why in list(spare.items())[:_MOST_SAID]),
            *(_cost(one) for one in slows[:2]),
        ),
        explains=("inserts and updates are slow", "much log is written", "the disk fills"),
        rejected=(
            Rejected("slow_trigger", "what a write costs goes into indexes; no trigger's function takes the time"),
            Rejected("missing_index", f"the table has {total} indexes, {unread} of them never read"),
            Rejected("disk_full_tablespace", "each write does more than it must, whatever room the disk has"),
        ),
        remedy=Cure(
            text=f"Drop {'it' if len(spare) == 1 else 'them, one at a time'}, and look afterwards. A replica counts its own reads: look there first that it does not use"
            f" {listed([one.name for one in spare])}. The table stays in use meanwhile; no data is lost.",
            sql=tuple(f"DROP INDEX CONCURRENTLY {qualified(one.schema, one.name)}" for one in spare),
            level="reversible",
            undo=tuple(_again(one, table) for one in spare),
        ),
        probe=Probe(
            f"SELECT relname FROM pg_class WHERE relkind = 'i' AND oid IN ({', '.join(str(one.oid) for one in spare)})",
            "rows = 0",
        ),
    )


def _writes_to(one: Slow, table: Table) -> bool:
    target = one.shape.target
    return target is not None and target.name == table.name and target.schema in (None, table.schema)


def _cost(one: Slow) -> Evidence:
    statement = one.statement
    records = statement.wal_records if statement else None
    wal = f", {records / max(statement.rows, 1):.1f} records of log a row" if statement and records else ""
    return Evidence("pg_stat_statements", f"{seen(one).fact}{wal}")


def _again(one: Index, table: Table) -> str:
    keys = []
    for place, number in enumerate(one.keys):
        column, option = table.numbered(number), one.directions[place] if place < len(one.directions) else 0
        operators = f" {ident(one.classes[place])}" if place < len(one.classes) else ""
        order = (" DESC" if option & 1 else "") + (
            " NULLS FIRST" if option & 2 and not option & 1 else " NULLS LAST" if option & 1 and not option & 2 else ""
        )
        keys.append(f"{ident(column.name if column else '?')}{operators}{order}")
    extra = [ident(column.name) for number in one.included if (column := table.numbered(number))]
    include = f" INCLUDE ({', '.join(extra)})" if extra else ""
    return f"CREATE INDEX CONCURRENTLY {ident(one.name)} ON {qualified(table.schema, table.name)} USING {one.method} ({', '.join(keys)}){include}"


cause = Cause(LABEL, FAMILY, judge, ("tables", "indexes", "foreign_keys"), ("slow_writes", "disk", "wal"))

"""What of one look is kept for later ones: counters of statements, and what their plans depend on. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from fireline.assess.checks.indexes import Index, Indexes
from fireline.assess.checks.settings import Settings
from fireline.assess.checks.statements import Statement, Statements
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.past import Counters, Ground, IndexThen, Kept, Key, Known, TableThen
from fireline.assess.predicates import fingerprint, shape
from fireline.assess.snapshot import Snapshot

MOST_TABLES, MOST_INDEXES = 100, 600
ALL_INDEXES = 3000  # the check `indexes` reads no more
PLANNER = re.compile(
    r"enable_\w+|\w+_cost|geqo\w*|jit\w*|from_collapse_limit|join_collapse_limit|cursor_tuple_fraction|constraint_exclusion"
    r"|default_statistics_target|effective_cache_size|effective_io_concurrency|work_mem|hash_mem_multiplier|plan_cache_mode"
    r"|max_parallel_workers\w*|min_parallel\w*|parallel_leader_participation|recursive_worktable_factor|temp_buffers|shared_buffers"
)
_LASTING = ("default", "configuration file", "command line", "environment variable", "override", "global")
_LOCATION = re.compile(r" :location -?\d+")


def key_of(one: Statement) -> Key:
    """As it is kept."""
    return one.queryid, one.userid, one.dbid, one.toplevel is False


def known(one: Statement) -> Known:
    """The statement, apart from what it costs."""
    return Known(mark(one.text), one.user, one.database, one.toplevel is False, one.text)


def mark(text: str) -> str:
    """The same for two texts that differ only in constants, however a version writes them; by the grammar where it can."""
    found = fingerprint(text)
    return found or "text " + hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def of(snapshot: Snapshot) -> Kept | None:
    """What is kept of a look; None when it did not see the statements."""
    seen, look = snapshot.last("statements", Statements), counted(snapshot)
    if seen is None or look is None:
        return None
    tables = _tables(snapshot, seen)
    return replace(
        look,
        tables={table.path: _size(snapshot, table) for table in tables},
        ground=Ground(tuple(_indexes(snapshot, tables)), settings(snapshot)),
    )


def counted(snapshot: Snapshot) -> Kept | None:
    """The same without what plans depend on, which takes longer to put together."""
    seen = snapshot.last("statements", Statements)
    if seen is None:
        return None
    return Kept(
        at=snapshot.taken_at,
        seen_at=seen.at,
        major=snapshot.server.number // 10000 if snapshot.server else 0,
        started=seen.started,
        reset_at=seen.since,
        evicted=seen.evicted,
        whole=seen.whole,
        least_ms=seen.least_ms,
        counters={key_of(one): counters(one) for one in seen.statements},
    )


def counters(one: Statement) -> Counters:
    """What it has cost."""
    return Counters(
        one.calls,
        round(one.total_ms, 3),
        one.rows,
        one.shared_hit,
        one.shared_read,
        one.temp_read + one.temp_written,
        round(one.jit_ms or 0.0, 3),
        one.wal_bytes or 0,
        one.since.timestamp() if one.since else None,
    )


def _tables(snapshot: Snapshot, seen: Statements) -> list[Table]:
    """The tables that statements of this database name, the largest first; of partitioned ones, the whole."""
    tables, here = snapshot.last("tables", Tables), snapshot.server.database if snapshot.server else None
    if tables is None:
        return []
    named = {
        table.oid: table
        for one in seen.statements
        if one.database == here
        for name in shape(one.text).tables
        if (table := tables.named(name.name, name.schema))
    }
    return sorted(named.values(), key=lambda one: -tables.pages(one))[:MOST_TABLES]


def _size(snapshot: Snapshot, table: Table) -> TableThen:
    tables = snapshot.last("tables", Tables)
    assert tables is not None
    return TableThen(tables.pages(table), tables.rows(table), table.analyzed.timestamp() if table.analyzed else None)


def _indexes(snapshot: Snapshot, tables: list[Table]) -> list[IndexThen]:
    indexes = snapshot.last("indexes", Indexes)
    if indexes is None or len(indexes.indexes) >= ALL_INDEXES:
        return []
    return [index_then(table, one) for table in tables for one in indexes.of(table.oid)][:MOST_INDEXES]


def index_then(table: Table, one: Index) -> IndexThen:
    """An index as it is kept."""
    columns = [table.numbered(number) for number in one.keys]
    made_of = (
        one.method, one.keys, one.included, one.directions, one.classes, one.collations, one.unique,
        _LOCATION.sub("", one.tree or ""), _LOCATION.sub("", one.predicate_tree or ""),
    )  # fmt: skip
    return IndexThen(
        table=table.path,
        name=one.name,
        columns=tuple(column.name for column in columns if column) if all(columns) else (),
        method=one.method,
        usable=one.usable,
        shape=hashlib.md5(repr(made_of).encode(), usedforsecurity=False).hexdigest()[:16],
        plain=not (one.tree or one.predicate_tree or one.included or one.unique or any(one.directions)),
    )


def settings(snapshot: Snapshot) -> dict[str, str]:
    """The settings that plans depend on: of the whole server, and what roles and databases are given."""
    seen = snapshot.last("settings", Settings)
    if seen is None:
        return {}
    found = {name: one.value for name, one in seen.values.items() if one.source in _LASTING and PLANNER.fullmatch(name)}
    for one in seen.overrides:
        if PLANNER.fullmatch(one.name):
            found["\t".join((one.role or "", one.database or "", one.name))] = one.value
    return found

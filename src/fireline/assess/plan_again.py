"""How a statement gets its earlier plan again: the cure for each reason that it lost it, and the probe that tells. Pure."""

# ruff: noqa: S608 - names go into these texts as SQL literals
from __future__ import annotations

from collections.abc import Sequence

from fireline.assess.checks.indexes import Indexes
from fireline.assess.checks.statements import Statement, Statements
from fireline.assess.checks.tables import Table
from fireline.assess.forgetting import resets
from fireline.assess.ground import Difference
from fireline.assess.kept import index_then
from fireline.assess.new_index import GENTLE
from fireline.assess.origin import Origin
from fireline.assess.past import IndexThen
from fireline.assess.quoting import ident, literal, qualified
from fireline.assess.regressions import Regression
from fireline.assess.slowness import fresh_name
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cure, Probe


def back(snapshot: Snapshot, group: Sequence[Regression]) -> Cure:
    """What gives these statements, which regressed for one reason, their old plan again."""
    reason = group[0].reason
    again = resets(snapshot, _statements(group))
    then = " When that is done, forget the old figures, so that the next look sees what came of it." if again else ""
    if reason and reason.kind == "index" and reason.index and reason.table:
        return _index_again(snapshot, reason.table, reason.index, again, then)
    if reason and reason.kind == "setting":
        back, undo = _set(reason, reason.then), _set(reason, reason.now)
        text = "Give the setting its old value, if nobody meant the new one. Sessions that are connected may keep it until they connect anew; shared_buffers waits for a restart."
        return Cure(text + then, (*back, *again), "reversible", undo)
    if reason and reason.kind == "statistics" and reason.table:
        name = qualified(reason.table.schema, reason.table.name)
        text = "Have the table counted anew: each time it is another sample. If the plan stays bad, let ANALYZE count more values of the columns it asks by (ALTER TABLE … SET STATISTICS 1000)."
        return Cure(text + then, (f"ANALYZE {name}", *again), "reversible")
    if reason and reason.kind == "growth":
        return Cure(
            f"It reads through a table that has grown: ask with EXPLAIN which condition wants an index, or move old rows away.{then}",
            again,
        )
    return Cure(
        f"Compare its plan (EXPLAIN) with the one it had: something changed that Fireline does not see.{then}", again
    )


def _index_again(snapshot: Snapshot, table: Table, old: IndexThen, again: tuple[str, ...], then: str) -> Cure:
    """The index as it was; under another name where its own was given to another index meanwhile."""
    if not old.plain or not old.columns:
        return Cure(f"Make the index {old.name} again as it was: its definition is in the migrations.{then}", again)
    indexes = snapshot.last("indexes", Indexes)
    named = next((one for one in indexes.of(table.oid) if one.name == old.name), None) if indexes else None
    broken = named is not None and not named.usable and index_then(table, named).shape == old.shape
    name = old.name if named is None or broken else fresh_name(snapshot, table, old.columns)
    whole = qualified(table.schema, name)
    columns = ", ".join(map(ident, old.columns))
    make = f"CREATE INDEX CONCURRENTLY {ident(name)} ON {qualified(table.schema, table.name)} USING {old.method} ({columns})"
    drop = f"DROP INDEX CONCURRENTLY {whole}"
    sql = (*((drop,) if broken else ()), make, *again)
    return Cure(f"Make the index again. {GENTLE}{then}", sql, "reversible", (drop,))


def _statements(group: Sequence[Regression]) -> list[Statement]:
    return [one.statement for one in group if one.statement]


def _origin(reason: Difference, value: str) -> Origin:
    whose, _, name = reason.object.rpartition("\t")
    role, _, database = whose.partition("\t")
    return Origin(name, value, database or None, role or None)


def _set(reason: Difference, value: str | None) -> tuple[str, ...]:
    if "\t" in reason.object:
        return _origin(reason, value).gives_again() if value is not None else _origin(reason, "").takes_back("")
    change = f"ALTER SYSTEM SET {ident(reason.object)} = {literal(value or '')}"
    return (change, "SELECT pg_reload_conf()")


def is_back(snapshot: Snapshot, group: Sequence[Regression]) -> Probe:
    """Green once what changed is as it was, or, where nobody knows what, once their calls cost less again."""
    reason = group[0].reason
    if reason and reason.kind == "index" and reason.table and reason.index:
        indexes = snapshot.last("indexes", Indexes)
        there = [one.oid for one in indexes.of(reason.table.oid) if one.usable] if indexes else []
        first = f" AND a.attname = {literal(reason.index.columns[0])}" if reason.index.columns else ""
        return Probe(
            "SELECT i.indexrelid::regclass::text AS index FROM pg_index i LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
            f" WHERE i.indrelid = {reason.table.oid} AND i.indisvalid AND i.indisready AND i.indexrelid NOT IN ({', '.join(map(str, there)) or '0'}){first}",
            "rows >= 1",
        )
    if reason and reason.kind == "setting":
        return _still_set(reason)
    return _still_heavy(snapshot, group)


def _still_set(reason: Difference) -> Probe:
    if "\t" not in reason.object:
        same = f"name = {literal(reason.object)} AND setting = {literal(reason.now or '')}"
        return Probe(f"SELECT name FROM pg_settings WHERE {same}", "rows = 0")
    if reason.now is not None:
        return Probe(_origin(reason, reason.now).seen, "rows = 0")
    return Probe(_origin(reason, reason.then or "").seen, "rows >= 1")


def _still_heavy(snapshot: Snapshot, group: Sequence[Regression]) -> Probe:
    """Green once the calls since this look, or since its figures were forgotten, cost less than half-way to now."""
    seen = snapshot.last("statements", Statements)
    each = " OR ".join(_heavy(one) for one in group if one.statement) or "true"
    return Probe(
        f"SELECT queryid FROM {ident(seen.schema) if seen else 'public'}.pg_stat_statements WHERE {each}", "rows = 0"
    )


def _heavy(one: Regression) -> str:
    what, now, before = one.statement, one.change.now, one.change.before
    assert what is not None
    blocks = (now.blocks if now else 0.0, before.blocks if before else 0.0)
    half = max(round(sum(blocks) / 2), 1)
    return (
        f"(queryid = {what.queryid} AND userid = {what.userid} AND dbid = {what.dbid} AND CASE WHEN calls < {what.calls}"
        f" THEN shared_blks_hit + shared_blks_read >= calls * {half}"
        f" ELSE shared_blks_hit + shared_blks_read - {what.blocks} >= (calls - {what.calls}) * {half} END)"
    )

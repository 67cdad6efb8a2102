"""A statement reads far more for the same rows than it did some hours ago: its plan is another one, and worse.

A drill has no earlier looks to compare with: tests/assess/test_memory.py makes this fault for real.
"""

# ruff: noqa: S608 - names go into these texts as SQL literals
from __future__ import annotations

from fireline.assess.checks.indexes import Indexes
from fireline.assess.checks.statements import Statement, Statements
from fireline.assess.checks.tables import Table
from fireline.assess.forgetting import resets
from fireline.assess.ground import Difference, tables_of
from fireline.assess.kept import index_then
from fireline.assess.new_index import GENTLE
from fireline.assess.origin import Origin
from fireline.assess.past import IndexThen
from fireline.assess.quoting import ident, literal, qualified
from fireline.assess.reasons import MISSING, reasons, stale
from fireline.assess.regressions import Regression, figures, regressions
from fireline.assess.slowness import COMPLAINTS, EXPLAINS, FAMILY, fresh_name
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import shortened
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Severity, Verdict

LABEL = "plan_regression"
EARLIER = "earlier looks"
_MOST = 3
_HIGH_MS, _HIGH_LOAD = 1000.0, 500.0  # of a call; milliseconds of work a second
_SURE = {"index": 0.9, "setting": 0.85, "statistics": 0.7, "growth": 0.6}


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """One verdict for each reason, the one with most load first; where none is known, one for each statement."""
    groups: dict[str, list[Regression]] = {}
    for one in regressions(snapshot):
        groups.setdefault(one.reason.object if one.reason else one.change.text, []).append(one)
    return tuple(_verdict(snapshot, group) for group in list(groups.values())[:_MOST])


def _verdict(snapshot: Snapshot, group: list[Regression]) -> Verdict:
    first, reason = group[0], group[0].reason
    return Verdict(
        cause=LABEL,
        title=_title(first, reason),
        severity=_severity(group),
        confidence=_SURE[reason.kind] if reason else 0.5,
        objects=(reason.object.replace("\t", " ").strip() if reason else shortened(first.change.text),),
        evidence=(
            *(_fact(one) for one in group[:_MOST]),
            *(Evidence(EARLIER, one.words) for one in first.reasons[:_MOST]),
        ),
        explains=("a plan turned bad all of a sudden", "fast until today", *EXPLAINS),
        rejected=_twins(snapshot, first),
        remedy=_cure(snapshot, group, reason),
        probe=_probe(snapshot, group, reason),
        hurt=round(sum(one.change.now.load for one in group if one.change.now) / 10),
        about=tuple(one.change.text for one in group),
    )


def _title(first: Regression, reason: Difference | None) -> str:
    worse = "statements do far more for the same rows than before"
    if reason is None:
        return f"A statement does far more for the same rows than before: {shortened(first.change.text)}."
    if reason.kind == "index" and reason.index:
        return f"The index {reason.index.name} of {reason.index.table} can not be used any more, and {worse}."
    if reason.kind == "setting":
        return f"The setting {reason.object.rpartition(chr(9))[2]} is not what it was, and {worse}."
    changed = "The planner's figures of {} were taken anew" if reason.kind == "statistics" else "{} has grown"
    return f"{changed.format(reason.object)}, and {worse}."


def _severity(group: list[Regression]) -> Severity:
    rates = [one.change.now for one in group if one.change.now]
    bad = any(one.mean_ms >= _HIGH_MS for one in rates) or sum(one.load for one in rates) >= _HIGH_LOAD
    return "high" if bad else "medium"


def _fact(one: Regression) -> Evidence:
    change = one.change
    return Evidence(EARLIER, f"{shortened(change.text)}: now {figures(change.now)}; before {figures(change.before)}")


def _twins(snapshot: Snapshot, first: Regression) -> tuple[Rejected, ...]:
    now, before = first.change.now, first.change.before
    tables, text = tables_of(snapshot, first.change.text), first.change.text
    paths = ", ".join(table.path for table in tables)
    waits = snapshot.locks[-1].blocked if snapshot.locks else {}
    facts = {
        "n_plus_one": f"a call looks at {now.blocks:,.0f} blocks instead of {before.blocks:,.0f}; it is not the number of calls" if now and before else "",
        "autovacuum_disabled_table": f"{paths}: no more dead rows than live ones" if tables else "",
        "idle_in_tx_row_lock": "nobody waits for a lock" if not waits else "",
        "missing_index": "an index that served it was there before" if first.reason and first.reason.kind == "index"
        else "no column it asks by wants an index" if text not in [one.scan.slow.text for one in reasons(snapshot, MISSING)] else "",
        "stale_statistics": f"{sum(table.changed for table in tables):,} rows of {paths} were changed since they were analysed"
        if tables and not any(stale(snapshot, table) for table in tables) else "",
    }  # fmt: skip
    return tuple(Rejected(cause, because) for cause, because in facts.items() if because)


def _cure(snapshot: Snapshot, group: list[Regression], reason: Difference | None) -> Cure:
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


def _statements(group: list[Regression]) -> list[Statement]:
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


def _probe(snapshot: Snapshot, group: list[Regression], reason: Difference | None) -> Probe:
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


def _still_heavy(snapshot: Snapshot, group: list[Regression]) -> Probe:
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


cause = Cause(LABEL, FAMILY, judge, ("statements", "past", "tables", "indexes"), COMPLAINTS, gives_way=True)

"""A statement carries out a subquery for every row it goes through, where one join would do."""

from __future__ import annotations

from fireline.assess.checks.indexes import Indexes
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.forgetting import forget, forgotten
from fireline.assess.new_index import create
from fireline.assess.predicates import Predicate, Subquery
from fireline.assess.quoting import ident
from fireline.assess.reasons import compiled, effective
from fireline.assess.scans import placed_at
from fireline.assess.slow import Slow, every, felt
from fireline.assess.slowness import COMPLAINTS, EXPLAINS, FAMILY, NEEDS, seen, severity, weight
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Rejected, Verdict

LABEL = "correlated_subquery"
_AGAIN, _BLOCKS, _BLOCKS_UNASKED = 2.0, 100, 1000  # times all pages of its tables; blocks of a call
_CALLS_UNASKED, _MS, _MS_UNASKED, _SHARE_UNASKED = 3, 5.0, 50.0, 0.1
_PAGES_RUNNING = 30


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Statements with such a subquery that read all of their tables several times over in one call."""
    tables = snapshot.last("tables", Tables)
    found = []
    for slow in every(snapshot) if tables else ():
        inside = next((one for one in slow.shape.correlated if one.place != "exists"), None)
        if inside and tables and not compiled(slow) and _again(snapshot, slow, tables):
            found.append(_verdict(snapshot, slow, inside, tables))
    return tuple(found[:3])


def _pages(slow: Slow, tables: Tables) -> int:
    named = {one.oid: one for name in slow.shape.tables if (one := tables.named(name.name, name.schema))}
    return sum(tables.pages(one) for one in named.values())


def _again(snapshot: Snapshot, slow: Slow, tables: Tables) -> bool:
    pages = _pages(slow, tables)
    if slow.blocks is None:
        return pages >= _PAGES_RUNNING
    if felt(snapshot):
        return slow.blocks >= max(_AGAIN * pages, _BLOCKS) and slow.mean_ms >= _MS and pages > 0
    often = slow.calls >= _CALLS_UNASKED and (slow.mean_ms >= _MS_UNASKED or slow.share >= _SHARE_UNASKED)
    return often and slow.blocks >= max(_AGAIN * pages, _BLOCKS_UNASKED) and pages > 0


def _verdict(snapshot: Snapshot, slow: Slow, inside: Subquery, tables: Tables) -> Verdict:
    tie, pages = inside.predicates[0], _pages(slow, tables)
    name = inside.tables[0].name if inside.tables else "a table"
    times = f"{slow.blocks / max(pages, 1):,.0f} times the pages of all its tables" if slow.blocks else "still running"
    return Verdict(
        cause=LABEL,
        title=f"A statement asks {name} anew for every row it goes through.",
        severity=severity(snapshot, [slow]),
        confidence=0.9 if slow.blocks else 0.7,
        objects=(
            f"statement {slow.statement.queryid}"
            if slow.statement
            else f"pid {slow.session.pid if slow.session else 0}",
        ),
        evidence=(
            seen(slow),
            Evidence(
                "the statement",
                f"the subquery on {name} is tied to the row outside by {tie.column} {tie.operator} {_outside(tie)}",
            ),
            Evidence(slow.source, f"a call reads {times}"),
        ),
        explains=("a report is slow", *EXPLAINS),
        rejected=_rejected(snapshot, slow, tie, tables),
        remedy=_cure(snapshot, slow, inside, tables),
        probe=forgotten(snapshot, [slow]),
        hurt=weight([slow]),
    )


def _outside(tie: Predicate) -> str:
    return tie.other[1] if tie.other else "an expression"


def _unindexed(snapshot: Snapshot, tie: Predicate, tables: Tables) -> tuple[Table, str] | None:
    """The column it asks by, when no index begins with it: then each time reads the whole table."""
    place, indexes = placed_at(tie, tables), snapshot.last("indexes", Indexes)
    if place is None or indexes is None or tie.wraps or not tie.narrows:
        return None
    table, column = place
    return None if any(one.usable for one in indexes.leading(table.oid, column.number)) else (table, column.name)


def _cure(snapshot: Snapshot, slow: Slow, inside: Subquery, tables: Tables) -> Cure:
    text = "Write it anew with one JOIN on a grouped subquery, or a window function: each table is then read once."
    lacking = _unindexed(snapshot, inside.predicates[0], tables)
    if lacking is None:
        return forget(snapshot, [slow], text)
    table, column = lacking
    index = create(snapshot, table, [ident(column)], [column], why="")
    relief = f"An index on {column} helps at once, as each time reads the whole table now.{index.text} "
    return forget(snapshot, [slow], relief + text, index.sql, index.undo)


def _rejected(snapshot: Snapshot, slow: Slow, tie: Predicate, tables: Tables) -> tuple[Rejected, ...]:
    lacking = _unindexed(snapshot, tie, tables)
    found = [
        Rejected("missing_index", f"an index on {lacking[1]} makes each time cheaper, and not the times fewer")
        if lacking
        else Rejected("missing_index", f"an index begins with {tie.column}; it is used once for every row"),
        Rejected("n_plus_one", "it is one statement that reads so much, not many"),
    ]
    if not effective(snapshot, slow.user):
        found.append(Rejected("planner_guc_disabled", f"no planner setting of {slow.user} differs from the default"))
    return tuple(found)


cause = Cause(LABEL, FAMILY, judge, NEEDS, COMPLAINTS)

"""Why a slow statement reads through a table: the first of the known reasons that a fact supports. Pure.

The order is that of harm done by a wrong guess: a setting that forbids indexes, an index that is there and broken, a
condition no index can serve, figures that mislead the planner; and only then that an index is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fireline.assess.checks.foreign_keys import ForeignKey, ForeignKeys
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.origin import Origin, origins, truth
from fireline.assess.scans import Condition, Scan, scans, unselective
from fireline.assess.slow import Slow, wasteful
from fireline.assess.snapshot import Snapshot

GUC, INVALID, FAILED, WRAPPED = (
    "planner_guc_disabled",
    "invalid_index",
    "failed_concurrent_index",
    "non_sargable_predicate",
)
PATTERN, STALE, MISSING = "pattern_index_missing", "stale_statistics", "missing_index"
METHODS = (
    "enable_indexscan", "enable_bitmapscan", "enable_indexonlyscan", "enable_nestloop", "enable_hashjoin", "enable_mergejoin",
    "enable_partition_pruning", "enable_sort", "enable_hashagg", "enable_seqscan",
)  # fmt: skip
COSTS = ("random_page_cost", "cpu_index_tuple_cost", "seq_page_cost", "plan_cache_mode")
ABSURD = {"random_page_cost": 10.0, "cpu_index_tuple_cost": 0.5}
CHEAPEST_SCAN = 0.05
_JIT_SHARE = 0.5
_CHANGED_ROWS, _CHANGED_PART, _GROWN = 500, 0.5, 2.0
_BLOATED = 4.0
_CHILD_PART, _CHILD_PAGES = 0.5, 30


@dataclass(frozen=True)
class Reason:
    """A scan with the label of its cause; `condition` is the one that tells."""

    label: str
    scan: Scan
    condition: Condition
    origins: tuple[Origin, ...] = ()


def reasons(snapshot: Snapshot, *labels: str) -> tuple[Reason, ...]:
    """The slow scans that have one of these causes; what weighs most comes first."""
    found = (reason(snapshot, scan) for scan in scans(snapshot))
    return tuple(one for one in found if one and one.label in labels)


def reason(snapshot: Snapshot, scan: Scan) -> Reason | None:
    """Why this table is read through; None when none of these reasons is supported, or another family's is."""
    if compiled(scan.slow) or unindexed_children(snapshot, scan.slow) or repeated_subquery(scan):
        return None
    forbidden = hindering(snapshot, scan)
    if forbidden:
        return Reason(GUC, scan, scan.served or scan.chief, forbidden)
    if scan.served is not None:
        return Reason(STALE, scan, scan.served) if stale(snapshot, scan.table) and not bloated(scan.table) else None
    for one in scan.conditions:
        if one.broken and not one.index:
            return Reason(INVALID if one.broken[0].ready else FAILED, scan, one)
    for one in scan.conditions:
        if one.plain and not one.index and one.wrap and not one.pattern and _tells(scan, one):
            return Reason(WRAPPED, scan, one)
    if scan.chief.pattern and not bloated(scan.table):
        return None if unselective(scan) else Reason(PATTERN, scan, scan.chief)
    if unselective(scan) or scan.chief.plain or bloated(scan.table):
        return None
    return Reason(MISSING, scan, scan.chief)


def _tells(scan: Scan, one: Condition) -> bool:
    """Whether the condition decides: one that joins does so only where no value narrows the same table."""
    joins = ("column", "expression")
    return one.predicate.against not in joins or all(other.predicate.against in joins for other in scan.conditions)


def compiled(slow: Slow) -> bool:
    """Whether most of its time went into compiling it."""
    one = slow.statement
    return bool(one and one.jit_ms and one.total_ms and one.jit_ms / one.total_ms > _JIT_SHARE)


def repeated_subquery(scan: Scan) -> bool:
    """Whether it is a subquery carried out for each row that reads the table, so that the statement is to be written anew."""
    levels = {one.level for one in scan.slow.shape.correlated if one.place != "exists"}
    again = scan.slow.blocks is None or scan.slow.blocks >= 2 * scan.pages
    return again and any(one.predicate.level in levels and one.predicate.against == "outer" for one in scan.conditions)


def hindering(snapshot: Snapshot, scan: Scan) -> tuple[Origin, ...]:
    """The planner settings of the one who runs it that keep the planner from the index there is."""
    given = effective(snapshot, scan.slow.user)
    off = {one.name for one in given if one.name in METHODS and not truth(one.value)}
    dear = {one.name for one in given if absurd(one) or (one.name == "plan_cache_mode" and "generic" in one.value)}
    joins = any(one.predicate.against in ("column", "expression", "outer") for one in scan.conditions)
    blamed = set()
    if scan.served is not None:
        blamed = dear | off & {"enable_indexscan", "enable_bitmapscan", "enable_indexonlyscan"}
        blamed |= off & {"enable_nestloop"} if joins else set()
    if joins and scan.slow.blocks is not None and scan.slow.blocks > 3 * scan.pages:
        blamed |= off & {"enable_hashjoin", "enable_mergejoin"}
    if scan.table.kind == "p":
        blamed |= off & {"enable_partition_pruning"}
    return tuple(one for one in given if one.name in blamed)


def absurd(one: Origin) -> bool:
    """Whether a cost is set so high that no index is ever worth it."""
    try:
        value = float(one.value)
    except ValueError:
        return False
    return value >= ABSURD.get(one.name, float("inf")) or (one.name == "seq_page_cost" and value < CHEAPEST_SCAN)


def effective(snapshot: Snapshot, user: str | None) -> tuple[Origin, ...]:
    """The planner settings that a role has in this database, from wherever it has them; the nearest origin counts."""
    found: dict[str, Origin] = {}
    for one in sorted(
        origins(snapshot, *METHODS, *COSTS), key=lambda one: (not one.server, bool(one.role), bool(one.database))
    ):
        if one.role in (None, user):
            found[one.name] = one
    return tuple(found.values())


def stale(snapshot: Snapshot, table: Table) -> tuple[str, ...]:
    """The facts that show that the planner's figures of a table are old; none when they are not.

    Rows that came in one stroke with an ANALYZE are counted as changed after it: then the size of the file has not
    changed, and the server believes that there are more rows than were ever inserted.
    """
    tables = snapshot.last("tables", Tables)
    return next((facts for part in (tables.parts(table) if tables else (table,)) if (facts := _stale(part))), ())


def _stale(table: Table) -> tuple[str, ...]:
    counted = max(table.tuples, 0.0)
    grown = table.bytes is not None and table.blocks > max(_GROWN * table.pages, 50)
    twice = max(table.live - (table.inserted - table.deleted), 0)
    number = table.changed - twice
    changed = number >= max(_CHANGED_ROWS, _CHANGED_PART * counted)
    rewritten = table.updated + table.deleted >= _CHANGED_PART * table.changed
    in_one_stroke = table.bytes is not None and not rewritten and table.pages and table.blocks <= 1.1 * table.pages
    facts = []
    if changed and not in_one_stroke:
        when = "since it was last analysed" if table.analyzed or table.tuples > 0 else "and it was never analysed"
        facts.append(f"{number:,} rows of {table.path} were changed {when}; the planner reckons with {counted:,.0f}")
    if grown:
        facts.append(f"{table.path} has {table.blocks:,} pages now, and had {table.pages:,} when it was last counted")
    return tuple(facts)


def bloated(table: Table) -> bool:
    """Whether it is large only because of dead rows, so that reading through it would be cheap."""
    expected = table.expected_pages
    if expected is not None:
        return table.blocks > max(_BLOATED * expected, 100)
    return table.dead > _BLOATED * max(table.live, 1)


def unindexed_children(snapshot: Snapshot, slow: Slow) -> tuple[ForeignKey, ...]:
    """The foreign keys that make a delete or a change of a key read through a whole referring table."""
    keys, tables = snapshot.last("foreign_keys", ForeignKeys), snapshot.last("tables", Tables)
    target = slow.shape.target
    if keys is None or tables is None or target is None or slow.shape.kind not in ("delete", "update", "merge"):
        return ()
    parent = tables.named(target.name, target.schema)
    return tuple(one for one in keys.keys if parent and one.parent_oid == parent.oid and _checks(one, slow, tables))


def _checks(key: ForeignKey, slow: Slow, tables: Tables) -> bool:
    """Whether the statement makes the server look for referring rows, and no index helps it to."""
    touches = slow.shape.kind != "update" or bool(set(slow.shape.sets) & set(key.parent_columns))
    child = tables.by_oid.get(key.child_oid)
    pages = max(key.child_size.pages, tables.pages(child) if child else 0)
    reads = slow.blocks is None or slow.blocks >= _CHILD_PART * pages * max(slow.rows or 0, 1)
    return key.child_index is None and key.enforced and touches and pages >= _CHILD_PAGES and reads


def deletes(snapshot: Snapshot) -> Iterable[tuple[Slow, ForeignKey]]:
    """Slow statements with the foreign keys that slow them."""
    for slow in wasteful(snapshot):
        for key in unindexed_children(snapshot, slow):
            yield slow, key

"""Most rows of a table are gone because somebody deleted them, or emptied it."""

# ruff: noqa: S608 - quoted names
from __future__ import annotations

from dataclasses import dataclass

from fireline.assess.checks.deletions import ENOUGH, Deletion, Deletions
from fireline.assess.checks.policies import Policies
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.quoting import qualified
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import shortened
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "mass_delete"
FAMILY = "integrity"
_COMPLAINTS = ("lost",)
_MANY, _FEW_CALLS, _HALF, _MOST = 50, 5, 0.5, 0.95


@dataclass(frozen=True)
class Loss:
    """A table, how many rows were deleted from it, how many are left, and by which statements."""

    table: Table
    deleted: int
    left: int
    statements: tuple[Deletion, ...]

    @property
    def share(self) -> float:
        """The part of its rows that is gone, as far as is known."""
        return self.deleted / max(self.deleted + self.left, 1)

    @property
    def emptied(self) -> bool:
        """By TRUNCATE, which counts no rows."""
        return self.left == 0 and any(one.rows is None and one.calls <= _FEW_CALLS for one in self.statements)

    @property
    def missing(self) -> bool:
        """Whether they are still gone: fewer are left than were deleted, or than were there when it was last counted."""
        fewer = self.table.tuples > 0 and self.left < self.table.tuples * _MOST
        return self.left < self.deleted or (fewer and self.deleted >= (self.table.tuples - self.left) / 2)


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Only when rows are missed: whether a delete was meant, nobody can tell from the outside."""
    tables, deletions = snapshot.last("tables", Tables), snapshot.last("deletions", Deletions)
    if tables is None or deletions is None or not snapshot.complaint.about(*_COMPLAINTS):
        return ()
    losses = [
        loss for table in tables.tables if (loss := _loss(table, tables, deletions)) and not _hidden(snapshot, table)
    ]
    named = [loss for loss in losses if snapshot.complaint.mentions(loss.table.name)]
    found = [loss for loss in named or losses if _worth(loss, asked=bool(named))]
    found.sort(key=lambda loss: (-loss.deleted, loss.table.path))
    return tuple(_verdict(snapshot, loss) for loss in found[:3])


def _loss(table: Table, tables: Tables, deletions: Deletions) -> Loss | None:
    """What is known to be gone; None when nothing was deleted, or the rows left can not be told."""
    mine = tuple(
        one for one in deletions.statements if any(tables.named(name, schema) is table for schema, name in one.tables)
    )
    large = tuple(one for one in mine if one.rows is None or one.per_call >= _MANY)
    deleted = max(sum(one.rows or 0 for one in large), 0 if mine else table.deleted)
    if not large and not (deleted and table.deleted >= _MANY and not mine):
        return None
    return Loss(table, deleted, _left(table, deletions, deleted), large)


def _left(table: Table, deletions: Deletions, deleted: int) -> int:
    """Rows that are there: counted, else from counters that may not know of the deletes yet."""
    counted = deletions.rows(table)
    if counted is not None and counted < ENOUGH:
        return counted
    known = [int(one) for one in (table.live, table.tuples) if one > 0]
    late = max(deleted - table.deleted, 0)
    return max(min(known, default=0) - late, counted or 0)


def _worth(loss: Loss, *, asked: bool) -> bool:
    """Enough is gone, and at few strokes: a queue that is worked off deletes all the time."""
    if loss.emptied:
        return asked or loss.table.inserted > 0 or loss.table.tuples > 0
    few = any(one.rows and one.calls <= _FEW_CALLS for one in loss.statements) or (asked and not loss.statements)
    return few and loss.deleted >= _MANY and loss.missing and (asked or loss.share > _HALF)


def _hidden(snapshot: Snapshot, table: Table) -> bool:
    """Row security without a policy explains an empty table without anything being gone; a count as the owner sees them."""
    seen = snapshot.last("policies", Policies)
    relation = seen.by_oid.get(table.oid) if seen else None
    return bool(relation and relation.secured and not relation.policies and table.live > 0)


def _verdict(snapshot: Snapshot, loss: Loss) -> Verdict:
    path = loss.table.path
    by = "TRUNCATE" if loss.emptied else "DELETE"
    return Verdict(
        cause=LABEL,
        title=f"Rows of {path} were deleted by a {by} statement.",
        severity="critical",
        confidence=(0.93 if loss.statements else 0.7)
        if snapshot.complaint.mentions(loss.table.name)
        else (0.85 if loss.statements else 0.6),
        objects=(path,),
        evidence=(*(_fact(one) for one in loss.statements[:3]), *_counters(loss)),
        explains=("data is missing",),
        rejected=_rejected(snapshot, loss),
        remedy=Cure(
            text=f"Stop what deletes, then keep VACUUM away from {path} (the rows are still in the file until then). Restore a backup beside the server up"
            " to the moment before, and copy the missing rows back. See in the log and with the role who ran the statement.",
            level="destructive",
        ),
        probe=_probe(loss),
    )


def _fact(one: Deletion) -> Evidence:
    rows = "emptied it" if one.rows is None else f"deleted {one.rows} rows"
    return Evidence(
        "pg_stat_statements",
        f"{one.user} {rows} in {one.calls} call{'s' if one.calls != 1 else ''}: {shortened(one.text)}",
    )


def _counters(loss: Loss) -> tuple[Evidence, ...]:
    table = loss.table
    counted = Evidence(
        "pg_stat_all_tables",
        f"{table.path}: {table.deleted} rows deleted, {table.inserted} inserted since the figures began (they lag up to 10 s)",
    )
    return counted, Evidence("count", f"{table.path} has {loss.left} rows now")


def _rejected(snapshot: Snapshot, loss: Loss) -> tuple[Rejected, ...]:
    table, seen = loss.table, snapshot.last("policies", Policies)
    relation = seen.by_oid.get(table.oid) if seen else None
    found = []
    if relation is None or not relation.secured:
        found.append(Rejected("rls_enabled_no_policy", f"row security is off at {table.path}: nothing is hidden"))
    else:
        found.append(
            Rejected(
                "rls_enabled_no_policy",
                f"rows of {table.path} are gone also for who sees all: {loss.deleted} were deleted",
            )
        )
    if table.persistence == "p":
        found.append(
            Rejected("unlogged_table_reset", f"{table.path} is an ordinary table, which a crash does not empty")
        )
    found.append(Rejected("index_missing_entries", f"the rows were counted in the table itself: {loss.left}"))
    return tuple(found)


def _probe(loss: Loss) -> Probe:
    """Green when as many rows are there again as were lost and left."""
    wanted = max(loss.left + loss.deleted, 1)
    name = qualified(loss.table.schema, loss.table.name)
    return Probe(
        f"SELECT count(*) AS rows_there FROM (SELECT 1 FROM {name} LIMIT {wanted}) AS few", f"rows_there >= {wanted}"
    )


cause = Cause(LABEL, FAMILY, judge, ("tables",), _COMPLAINTS)

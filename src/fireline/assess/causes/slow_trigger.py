"""Writing one row takes long because of what a trigger does."""

from __future__ import annotations

from dataclasses import dataclass

from fireline.assess.checks.indexes import Indexes
from fireline.assess.checks.tables import Tables
from fireline.assess.checks.triggers import Trigger, Triggers
from fireline.assess.quoting import ident, literal, qualified
from fireline.assess.reasons import unindexed_children
from fireline.assess.scans import scans
from fireline.assess.slow import Slow, every, felt
from fireline.assess.slowness import FAMILY, seen, severity, weight
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "slow_trigger"
_MS, _MS_UNASKED = 0.5, 1.0  # a row
_BLOCKS, _FOR_INDEX = 60.0, 8.0  # a row; what each index may need of them
_CALLS_UNASKED, _SHARE_UNASKED, _PART = 5, 0.05, 0.4
_MODES = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}


@dataclass(frozen=True)
class Slowed:
    """A statement, the trigger, and the part of the time that its function took, where that is counted."""

    slow: Slow
    trigger: Trigger
    part: float | None
    indexes: int


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Writes of few rows that take long, on tables with triggers, where nothing else is known to slow them."""
    triggers, tables, indexes = (
        snapshot.last("triggers", Triggers),
        snapshot.last("tables", Tables),
        snapshot.last("indexes", Indexes),
    )
    if triggers is None or tables is None:
        return ()
    reading = {scan.slow.text for scan in scans(snapshot)}
    found: dict[int, list[Slowed]] = {}
    for slow in every(snapshot):
        target = slow.shape.target
        table = tables.named(target.name, target.schema) if target and slow.statement else None
        if table is None or slow.text in reading or unindexed_children(snapshot, slow):
            continue
        count = len(indexes.of(table.oid)) if indexes else 0
        one = _slowed(slow, triggers.on(table.oid, slow.shape.kind), count, asked=felt(snapshot))
        if one:
            found.setdefault(one.trigger.oid, []).append(one)
    return tuple(_verdict(snapshot, group) for group in found.values())


def _slowed(slow: Slow, triggers: tuple[Trigger, ...], indexes: int, *, asked: bool) -> Slowed | None:
    """The trigger that slows a statement: the one whose function takes most of its time, else one that reads that much."""
    rows = max(slow.rows or 0.0, 1.0)
    ms, blocks = slow.mean_ms / rows, (slow.blocks or 0.0) / rows
    often = asked or (slow.calls >= _CALLS_UNASKED and slow.share >= _SHARE_UNASKED)
    if not triggers or not often or ms < (_MS if asked else _MS_UNASKED):
        return None
    counted = [one for one in triggers if one.calls]
    for one in sorted(counted, key=lambda one: -one.total_ms / one.calls):
        part = one.total_ms / one.calls / ms
        if part >= _PART:
            return Slowed(slow, one, min(part, 1.0), indexes)
    able = [one for one in triggers if one.queries]
    if able and not counted and blocks >= _BLOCKS + _FOR_INDEX * indexes:
        return Slowed(slow, able[0], None, indexes)
    return None


def _verdict(snapshot: Snapshot, group: list[Slowed]) -> Verdict:
    first = max(group, key=lambda one: one.slow.share)
    trigger, slows = first.trigger, [one.slow for one in group]
    table, function = (
        qualified(trigger.schema, trigger.table_name),
        qualified(trigger.function_schema, trigger.function),
    )
    return Verdict(
        cause=LABEL,
        title=f"Writing to {table} is slow because of its trigger {trigger.name}.",
        severity=severity(snapshot, slows),
        confidence=0.95 if first.part is not None else 0.75,
        objects=(f"{table} trigger {trigger.name}", f"{function}()"),
        evidence=(*(seen(one) for one in slows[:2]), _fact(first, function)),
        explains=("saving is slow", "inserts are slow", "timeouts"),
        rejected=(
            Rejected(
                "redundant_indexes",
                f"{first.indexes} {'index needs' if first.indexes == 1 else 'indexes need'} no {first.slow.mean_ms:,.0f} ms a row",
            ),
            Rejected("idle_in_tx_row_lock", "the time goes into the trigger's function, not into waiting")
            if first.part is not None
            else Rejected(
                "idle_in_tx_row_lock",
                f"{first.slow.blocks or 0:,.0f} blocks a call are read, which no waiting explains",
            ),
            Rejected("missing_index", "the statement itself reads through no table"),
            Rejected("fk_missing_index", "no foreign key makes the statement read through a referring table"),
        ),
        remedy=_cure(trigger, table, function),
        probe=Probe(
            "SELECT t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"  # noqa: S608 - a number, a digest
            f" WHERE t.oid = {trigger.oid} AND t.tgenabled <> 'D' AND md5(p.prosrc) = {literal(trigger.body)}",
            "rows = 0",
        ),
        hurt=weight(slows),
    )


def _fact(one: Slowed, function: str) -> Evidence:
    if one.part is None:
        return Evidence(
            "pg_trigger",
            f"{one.trigger.name} calls {function}(); what that takes is not counted (track_functions is none)",
        )
    each = one.trigger.total_ms / one.trigger.calls
    return Evidence(
        "pg_stat_user_functions",
        f"{function}() was called {one.trigger.calls:,} times and takes {each:,.1f} ms each, {one.part:.0%} of the time of a row",
    )


def _cure(trigger: Trigger, table: str, function: str) -> Cure:
    return Cure(
        text=f"Make {function}() quick: mostly a query in it lacks an index, or counts what could be kept. Until then the trigger can be"
        " switched off, but what it writes or checks is then missing for every row, and nothing adds it later.",
        sql=(f"ALTER TABLE {table} DISABLE TRIGGER {ident(trigger.name)}",),
        level="destructive",
        undo=(f"ALTER TABLE {table} {_MODES.get(trigger.enabled, 'ENABLE')} TRIGGER {ident(trigger.name)}",),
    )


cause = Cause(LABEL, FAMILY, judge, ("triggers", "statements", "tables"), ("slow_writes", "slow", "timeout", "stalls"))

"""A partitioned table has no partition for the rows that come now, and no default one: they are refused."""

# ruff: noqa: S608 - numbers, and names and texts as SQL writes them
from __future__ import annotations

import re

from fireline.assess.checks.partitions import Partitioned, Partitions
from fireline.assess.partition_bounds import NUMBERS, TIMES, Gap, gap, name, now, read, recently, written
from fireline.assess.quoting import ident, literal, qualified
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "partition_missing"
FAMILY = "integrity"
_COMPLAINTS = ("partition",)
_SAID = re.compile(r'no partition of relation "?([^"]+?)"? found for row')
_KEY = re.compile(r"failing row contains \((.*?)\) = \((.*)\)")


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The table and value of the error; else tables by time that have no partition for now."""
    seen = snapshot.last("partitions", Partitions)
    if seen is None:
        return ()
    found = [one for table in seen.tables if (one := _asked(snapshot, table))]
    if not found and not _SAID.search(snapshot.complaint.text):
        found = [one for table in seen.tables if (one := _by_now(snapshot, seen, table))]
    return tuple(_verdict(snapshot, one) for one in found)


def _asked(snapshot: Snapshot, table: Partitioned) -> Gap | None:
    """What the error says that is missing, if it still is."""
    said = _SAID.search(snapshot.complaint.text)
    if said is None or said[1].rpartition(".")[2] != table.name:
        return None
    if contents := _KEY.search(snapshot.complaint.text):
        values = contents[2].split(", ")
        try:
            return gap(table, tuple(read(value, kind) for value, kind in zip(values, table.types, strict=True)))
        except ValueError:
            return None
    seen = snapshot.last("partitions", Partitions)
    return gap(table, (now(seen, table),)) if seen and _by_time(table) else None


def _by_time(table: Partitioned) -> bool:
    return table.strategy == "r" and len(table.types) == 1 and table.types[0] in TIMES


def _by_now(snapshot: Snapshot, seen: Partitions, table: Partitioned) -> Gap | None:
    """Nobody having named a value: a table of which later rows exist, or whose last partition ended of late."""
    if table.partition or not _by_time(table):
        return None
    found = gap(table, (now(seen, table),))
    if found is None or found.since is None:
        return None
    asked = snapshot.complaint.about(*_COMPLAINTS) and snapshot.complaint.mentions(table.name)
    return found if asked or found.between or recently(found, seen) else None


def _verdict(snapshot: Snapshot, found: Gap) -> Verdict:
    table = found.table
    values = ", ".join(written(table, one) for one in found.value)
    columns = ", ".join(one or "an expression" for one in table.columns)
    until = (
        f"the last before it, {found.last.name}, ends at {found.last.until[0]}"
        if found.last
        else f"none of its {len(table.parts)} partitions comes before it"
    )
    return Verdict(
        cause=LABEL,
        title=f"Table {table.path} has no partition for the rows that come now.",
        severity="critical",
        confidence=0.97 if snapshot.complaint.about(*_COMPLAINTS) else 0.9,
        objects=(table.path,),
        evidence=(
            Evidence("pg_class.relpartbound", f"no partition of {table.path} takes {columns} = {values}; {until}"),
            Evidence("pg_partitioned_table", f"{table.path} has no default partition"),
        ),
        explains=("inserts fail", "no partition of relation found for row"),
        rejected=(
            Rejected("sequence_exhausted_int4", "the rows are refused for where they belong, not for their number"),
            Rejected("mass_delete", "rows are missing that were never let in"),
        ),
        remedy=_cure(found),
        probe=_probe(found),
    )


def _cure(found: Gap) -> Cure:
    table = found.table
    text = (
        "Make the partition and attach it: readers and writers of the others go on meanwhile. What failed before has to be sent again."
        " Then let a job make partitions ahead of time, or add a default partition."
    )
    if table.strategy == "r" and found.since is None:
        return Cure(f"{text} Its bounds can not be worked out from those that are there.", (), "reversible")
    bounds = (
        f"FROM ({written(table, found.since)}) TO ({written(table, found.until)})" if table.strategy == "r"
        else f"IN ({written(table, found.value[0])})"
    )  # fmt: skip
    parent = qualified(table.schema, table.name)
    made = qualified(found.last.schema if found.last else table.schema, name(found))
    return Cure(
        text,
        (
            f"CREATE TABLE {made} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE)",
            f"ALTER TABLE {made} OWNER TO {ident(table.owner)}",
            f"ALTER TABLE {parent} ATTACH PARTITION {made} FOR VALUES {bounds}",
        ),
        "reversible",
        (f"ALTER TABLE {parent} DETACH PARTITION {made}",),
    )


def _probe(found: Gap) -> Probe:
    """Green when a partition takes the value, or a default one takes what none does."""
    table = found.table
    of = (
        "SELECT b.name FROM (SELECT c.relname AS name, pg_get_expr(c.relpartbound, 0) AS bound FROM pg_inherits i JOIN pg_class c"
        f" ON c.oid = i.inhrelid WHERE i.inhparent = {table.oid}) b WHERE b.bound = 'DEFAULT' OR "
    )
    value = written(table, found.value[0])
    if table.strategy == "l":
        return Probe(f"{of}b.bound LIKE {literal(f'%{value}%')}", "rows >= 1")
    kind = table.types[0]
    if len(table.types) > 1 or kind not in (*TIMES, *NUMBERS):
        return Probe(
            f"SELECT count(*) AS partitions FROM pg_inherits WHERE inhparent = {table.oid}",
            f"partitions > {len(table.parts)}",
        )
    low, high = (f"substring(b.bound FROM '{word} \\(''?([^'')]*)''?\\)')" for word in ("FROM", "TO"))
    return Probe(
        f"{of}(CASE WHEN {low} = 'MINVALUE' THEN true ELSE {low}::{kind} <= {value} END"
        f" AND CASE WHEN {high} = 'MAXVALUE' THEN true ELSE {high}::{kind} > {value} END)",
        "rows >= 1",
    )


cause = Cause(LABEL, FAMILY, judge, ("partitions",), _COMPLAINTS)

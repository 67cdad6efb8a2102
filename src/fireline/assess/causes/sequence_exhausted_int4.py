"""A sequence, or the column that takes its numbers, has no room for the next one: inserts fail, or soon will."""

# ruff: noqa: S608 - numbers, and names and texts as SQL writes them
from __future__ import annotations

import re

from fireline.assess.checks.sequences import Sequence, Sequences
from fireline.assess.quoting import ident, literal, qualified
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Severity, Verdict

LABEL = "sequence_exhausted_int4"
FAMILY = "integrity"
NEAR, VERY_NEAR, _BIG = 0.9, 0.98, 2**31 - 1
_SAID = re.compile(r'reached maximum value of sequence "?([^"]+?)"? \((\d+)\)')


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Sequences with a tenth of their numbers left or less; and one that the server itself said is at its end."""
    seen = snapshot.last("sequences", Sequences)
    found = [one for one in seen.sequences if _short(snapshot, one)] if seen else []
    named = [one for one in found if snapshot.complaint.mentions(one.table_name or "", one.name)]
    chosen = sorted(named or found, key=lambda one: -one.used)
    return (_verdict(snapshot, chosen[:20]),) if chosen else ()


def _short(snapshot: Snapshot, one: Sequence) -> bool:
    if one.cycles or one.step <= 0:
        return False
    return one.used >= NEAR if one.last is not None else _told(snapshot, one)


def _told(snapshot: Snapshot, one: Sequence) -> bool:
    """The message names the sequence and the end that it has now; for a role that can not read the sequence."""
    said = _SAID.search(snapshot.complaint.text)
    return said is not None and said[1].rpartition(".")[2] == one.name and int(said[2]) == one.most and not one.readable


def _spent(one: Sequence) -> bool:
    return one.last is None or one.last + one.step > one.ceiling


def _verdict(snapshot: Snapshot, found: list[Sequence]) -> Verdict:
    spent = [one for one in found if _spent(one)]
    nearest = max(one.used for one in found)
    severity: Severity = "critical" if spent else "high" if nearest >= VERY_NEAR else "medium"
    names, first = listed([one.path for one in spent or found]), found[0]
    many = len(spent or found) > 1
    return Verdict(
        cause=LABEL,
        title=f"{'Sequences' if many else 'Sequence'} {names} {'have' if many else 'has'} {'no numbers left' if spent else 'few numbers left'}.",
        severity=severity,
        confidence=0.98 if spent else 0.9,
        objects=tuple(
            name for one in found for name in (one.path, f"{one.table}.{one.column}" if one.column else "") if name
        ),
        evidence=tuple(_fact(one) for one in found),
        explains=("inserts fail",) if spent else ("inserts will fail",),
        rejected=(
            Rejected(
                "sequence_behind_max", f"{first.path} is at the end of its numbers, not behind those that are taken"
            ),
            Rejected("partition_missing", "the insert fails before a partition is looked for"),
        ),
        remedy=Cure(
            text="Widen the column and the sequence to bigint. Changing a column's type rewrites the table and its indexes under a lock that shuts"
            " out even readers: seconds for a small table, hours for a large one, so look at its size first. What refers to the column, and the"
            " application's own types, must be widened too. If it can not wait: a sequence that counts up from -2147483648 gives as many again.",
            sql=tuple(statement for one in found for statement in _widen(one)),
            undo=tuple(statement for one in reversed(found) for statement in _narrow(one)),
        ),
        probe=Probe(" UNION ALL ".join(_still(one) for one in found), "rows = 0"),
    )


def _fact(one: Sequence) -> Evidence:
    into = f" for {one.table}.{one.column} ({one.column_type})" if one.column else ""
    at = (
        f"{one.last} of {one.ceiling}, {min(one.used, 1):.1%} used"
        if one.last is not None
        else f"its end is {one.most}, which the error names"
    )
    return Evidence("pg_sequences", f"{one.path} ({one.type}){into} is at {at}")


def _widen(one: Sequence) -> list[str]:
    made = []
    if one.column and one.column_type in ("smallint", "integer"):
        made.append(
            f"ALTER TABLE {qualified(one.table_schema or '', one.table_name or '')} ALTER COLUMN {ident(one.column or '')} TYPE bigint"
        )
    if one.type != "bigint":
        made.append(f"ALTER SEQUENCE {qualified(one.schema, one.name)} AS bigint")
    if one.most not in (2**15 - 1, _BIG, 2**63 - 1):
        made.append(f"ALTER SEQUENCE {qualified(one.schema, one.name)} NO MAXVALUE")
    return made


def _narrow(one: Sequence) -> list[str]:
    """As long as no larger number was given."""
    made = []
    if one.type != "bigint" or one.most != 2**63 - 1:
        made.append(f"ALTER SEQUENCE {qualified(one.schema, one.name)} AS {one.type} MAXVALUE {one.most}")
    if one.column and one.column_type in ("smallint", "integer"):
        made.append(
            f"ALTER TABLE {qualified(one.table_schema or '', one.table_name or '')} ALTER COLUMN {ident(one.column or '')} TYPE {one.column_type}"
        )
    return made


def _still(one: Sequence) -> str:
    """Green when both the sequence and the column end further away."""
    parts = []
    if one.most <= one.ceiling:
        parts.append(
            f"SELECT seqmax::text AS ends FROM pg_sequence WHERE seqrelid = {one.oid} AND seqmax <= {one.most}"
        )
    if one.relation and one.column_type in ("smallint", "integer"):
        parts.append(
            f"SELECT attname::text AS ends FROM pg_attribute WHERE attrelid = {one.relation} AND attname = {literal(one.column or '')}"
            f" AND format_type(atttypid, NULL) = '{one.column_type}'"
        )
    return " UNION ALL ".join(parts)


cause = Cause(LABEL, FAMILY, judge, ("sequences",), ("sequence",))

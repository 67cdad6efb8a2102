"""A sequence gives numbers that are taken already: every insert fails until it has passed the highest."""

# ruff: noqa: S608 - numbers, and names and texts as SQL writes them
from __future__ import annotations

from fireline.assess.checks.sequences import Sequence, Sequences
from fireline.assess.follow_ups.taken_numbers import TakenNumbers
from fireline.assess.quoting import ident, literal, qualified
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Severity, Verdict

LABEL = "sequence_behind_max"
FAMILY = "integrity"
_COMPLAINTS = ("duplicate", "sequence")
_SEVERAL = 2  # a single row with a number of its own is reached much later, if ever


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Sequences behind the highest number in their column, as an index or the statistics tell it; where it has to be unique."""
    seen = snapshot.last("sequences", Sequences)
    found = [one for one in seen.sequences if _behind(snapshot, one)] if seen else []
    named = [one for one in found if snapshot.complaint.mentions(one.table_name or "", one.name, *one.keys)]
    chosen = named or found
    return (_verdict(snapshot, chosen[:20]),) if chosen else ()


def highest(snapshot: Snapshot, one: Sequence) -> tuple[int, str] | None:
    """The highest number taken, and where that is known from."""
    taken = snapshot.last("taken_numbers", TakenNumbers)
    if taken is not None and one.oid in taken.highest:
        number = taken.highest[one.oid]
        return (number, f"{one.table}.{one.column}") if number is not None else None
    return (one.highest, "pg_stats") if one.highest is not None else None


def _behind(snapshot: Snapshot, one: Sequence) -> bool:
    known = highest(snapshot, one)
    if known is None or not one.column or not one.keys or one.cycles or one.step <= 0 or not one.readable or one.locked:
        return False
    lone = known[1] == "pg_stats" and one.beyond < _SEVERAL and not snapshot.complaint.about(*_COMPLAINTS)
    return not lone and (one.last if one.last is not None else one.least - one.step) < known[0] <= one.ceiling


def _verdict(snapshot: Snapshot, found: list[Sequence]) -> Verdict:
    asked = snapshot.complaint.about("duplicate")
    severity: Severity = "high" if asked or snapshot.complaint.about("sequence") else "medium"
    proved = any((known := highest(snapshot, one)) and known[1] != "pg_stats" for one in found)
    first = found[0]
    names = listed([one.path for one in found])
    return Verdict(
        cause=LABEL,
        title=f"{'Sequences' if len(found) > 1 else 'Sequence'} {names} {'are' if len(found) > 1 else 'is'} behind the numbers that are taken already.",
        severity=severity,
        confidence=0.97 if proved else 0.8,
        objects=tuple(name for one in found for name in (one.path, f"{one.table}.{one.column}")),
        evidence=tuple(_fact(snapshot, one) for one in found),
        explains=("duplicate key on every insert",),
        rejected=(
            Rejected(
                "unique_index_corrupt_dupes", f"the key that is refused is really there: {_fact(snapshot, first).fact}"
            ),
            Rejected("sequence_exhausted_int4", f"{first.path} has numbers left up to {first.ceiling}"),
        ),
        remedy=Cure(
            text="Set the sequence to the highest number that is taken. Nothing is lost: numbers are only skipped. Rows that were copied in with"
            " their own numbers are the usual reason; let whatever copies them do this at its end.",
            sql=tuple(_set(one) for one in found),
            undo=tuple(_back(one) for one in found),
        ),
        probe=Probe(" UNION ALL ".join(_still(snapshot, one) for one in found), "rows = 0"),
    )


def _fact(snapshot: Snapshot, one: Sequence) -> Evidence:
    number, source = highest(snapshot, one) or (0, "pg_stats")
    at = f"last gave {one.last}" if one.last is not None else "has given no number yet"
    return Evidence(source, f"{one.path} {at}, the highest {one.column} in {one.table} is {number}")


def _set(one: Sequence) -> str:
    """To the highest there is when it is run, and never back."""
    name = literal(qualified(one.schema, one.name))
    table, column = qualified(one.table_schema or "", one.table_name or ""), ident(one.column or "")
    return f"SELECT setval({name}, greatest((SELECT max({column}) FROM {table}), (SELECT last_value FROM {qualified(one.schema, one.name)})))"


def _back(one: Sequence) -> str:
    name = literal(qualified(one.schema, one.name))
    return f"SELECT setval({name}, {one.last if one.last is not None else one.least}, {'true' if one.last is not None else 'false'})"


def _still(snapshot: Snapshot, one: Sequence) -> str:
    """The sequence against the highest number that was seen; the table is not read."""
    number, _ = highest(snapshot, one) or (0, "")
    path = literal(one.path)
    return f"SELECT {path} AS sequence FROM pg_sequence WHERE seqrelid = {one.oid} AND coalesce(pg_sequence_last_value(seqrelid), 0) < {number}"


cause = Cause(LABEL, FAMILY, judge, ("sequences",), _COMPLAINTS)

"""Sequences: how far each is used up, and which column takes its numbers."""

from __future__ import annotations

from typing import Any

from fireline.assess.checks.sequences import Sequence, Sequences
from fireline.assess.headroom import used_up
from fireline.assess.snapshot import Snapshot
from fireline.assess.view import MOST, Section, Shown, View


def show(snapshot: Snapshot) -> Shown:
    """The one nearest to its end first."""
    reading = snapshot.last("sequences", Sequences)
    assert reading is not None
    rows = sorted((_row(one) for one in reading.sequences), key=lambda row: -row["used_share"])
    facts = [f"{len(rows)} sequences"]
    if reading.hidden:
        facts.append(f"{reading.hidden} of them are not shown to our role")
    return Shown(tuple(facts), (Section("Sequences", tuple(rows[:MOST])),))


def _row(sequence: Sequence) -> dict[str, Any]:
    table = f"{sequence.table_schema}.{sequence.table_name}.{sequence.column}" if sequence.column else None
    return {
        "sequence": sequence.path,
        "used_share": round(used_up(sequence), 4),
        "last": sequence.last,
        "end": sequence.most if sequence.step > 0 else sequence.least,
        "type": sequence.type,
        "column": table,
        "column_type": sequence.column_type,
        "highest_seen": sequence.highest,
    }


view = View("sequences", "How far each sequence is used up", ("sequences",), show)

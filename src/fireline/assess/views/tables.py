"""The largest tables: size, rows, dead rows, how they are read, when they were vacuumed and analysed."""

from __future__ import annotations

from typing import Any

from fireline.assess.checks.tables import Table, Tables
from fireline.assess.snapshot import Snapshot
from fireline.assess.view import MOST, PAGE, Section, Shown, View

_MANY_DEAD = 1000


def show(snapshot: Snapshot) -> Shown:
    """By size, then by dead rows."""
    reading = snapshot.last("tables", Tables)
    assert reading is not None
    stored = [one for one in reading.tables if one.kind != "p"]
    dead = sorted((one for one in stored if one.dead >= _MANY_DEAD), key=lambda one: -one.dead)
    size = sum(one.pages for one in stored) * PAGE
    return Shown(
        (f"{len(stored)} tables read, {size / 2**30:.1f} GB as VACUUM and ANALYZE left them",),
        (
            Section("Largest", tuple(_row(one) for one in stored[:MOST])),
            Section("Most dead rows", tuple(_row(one) for one in dead[:10])),
        ),
    )


def _row(table: Table) -> dict[str, Any]:
    rows, expected = max(table.live, 0) + max(table.dead, 0), table.expected_pages
    return {
        "table": table.path,
        "size_bytes": table.pages * PAGE,
        "rows": round(table.rows),
        "dead": table.dead,
        "dead_share": round(table.dead / rows, 4) if rows else 0.0,
        "times_expected": round(table.pages / expected, 1) if expected and expected >= 1 else None,
        "seq_scans": table.seq_scans,
        "index_scans": table.index_scans,
        "changed": table.changed,
        "vacuumed_at": table.vacuumed,
        "analyzed_at": table.analyzed,
    }


view = View("tables", "Size, rows, dead rows, scans, last vacuum and analyze", ("tables",), show)

"""Declared foreign keys: validated or not, enforced or not, indexed or not. Their rows are counted by `fireline integrity`."""

from __future__ import annotations

from fireline.assess.checks.foreign_keys import ForeignKeys
from fireline.assess.snapshot import Snapshot
from fireline.assess.view import Section, Shown, View

_MOST = 100


def show(snapshot: Snapshot) -> Shown:
    """From the catalogs alone; those that are not validated first, then by size."""
    reading = snapshot.last("foreign_keys", ForeignKeys)
    assert reading is not None
    off = {one.constraint for one in reading.disabled if one.constraint is not None}
    rows = tuple(
        {
            "constraint": one.name,
            "table": one.child,
            "columns": ", ".join(one.columns),
            "refers_to": one.parent,
            "validated": one.validated,
            "enforced": one.enforced and one.oid not in off,
            "indexed": one.child_index is not None,
            "rows": round(one.child_size.rows) if one.child_size.rows is not None else None,
        }
        for one in reading.keys[:_MOST]
    )
    triggers = tuple({"trigger": one.name, "table": one.relation, "state": one.state} for one in reading.disabled)
    return Shown(
        (f"{max(reading.total, len(reading.keys))} foreign keys",),
        (Section("Foreign keys", rows), Section("Triggers that do not fire", triggers[:_MOST])),
    )


view = View("foreign-keys", "Declared foreign keys and who enforces them", ("foreign_keys",), show)

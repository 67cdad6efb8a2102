"""Standbys that are connected, whom commits wait for, and the slots."""

from __future__ import annotations

from typing import Any

from fireline.assess.checks.wal import Slot, Wal
from fireline.assess.snapshot import Replication, Snapshot
from fireline.assess.view import Section, Shown, View


def show(snapshot: Snapshot) -> Shown:
    """What the newest reading has."""
    reading, wal = snapshot.last("replication", Replication), snapshot.last("wal", Wal)
    assert reading is not None
    standby = snapshot.server is not None and snapshot.server.standby
    facts = ["This server is a standby" if standby else f"{len(reading.standbys)} standbys are connected"]
    if reading.names:
        facts.append(f"commits wait for {reading.names} (from {reading.source})")
    standbys = tuple({"application": name, "state": state, "sync": sync} for name, state, sync in reading.standbys)
    slots = tuple(_slot(one) for one in wal.slots) if wal else ()
    return Shown(tuple(facts), (Section("Standbys", standbys), Section("Slots", slots)))


def _slot(slot: Slot) -> dict[str, Any]:
    return {
        "slot": slot.name,
        "kind": slot.kind,
        "active": slot.active,
        "keeps_bytes": slot.retained,
        "status": slot.status,
        "inactive_at": slot.inactive_since,
        "xmin_age": slot.xmin_age,
        "catalog_xmin_age": slot.catalog_xmin_age,
    }


view = View("replication", "Standbys, slots, whom commits wait for", ("replication",), show, also=("wal",))

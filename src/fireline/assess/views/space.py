"""Room on disk, by tablespace, as far as this machine can tell; temporary files."""

from __future__ import annotations

from typing import Any

from fireline.assess.checks.space import Space
from fireline.assess.snapshot import Snapshot
from fireline.assess.view import Section, Shown, View
from fireline.postgres.disk import Room


def show(snapshot: Snapshot) -> Shown:
    """The places that the server writes to."""
    space = snapshot.last("space", Space)
    assert space is not None
    facts = [] if space.local else ["The server runs elsewhere: its disks can not be seen from here"]
    if space.temporary_files is not None:
        facts.append(f"{space.temporary_files} temporary files, {(space.temporary_bytes or 0) / 2**20:.1f} MB")
    rows = [_row(one.name, one.location or space.data, one.room) for one in space.tablespaces]
    return Shown(tuple(facts), (Section("Places", (*rows, _row("write-ahead log", space.data, space.wal))),))


def _row(place: str, folder: str | None, room: Room | None) -> dict[str, Any]:
    return {
        "place": place,
        "folder": folder,
        "total_bytes": room.total if room else None,
        "free_bytes": room.free if room else None,
        "free_share": round(room.free / room.total, 4) if room and room.total else None,
    }


view = View("space", "Room on disk and temporary files", ("space",), show)

"""A file system that the server writes to is full: what needs a new page there fails."""

from __future__ import annotations

import re

from fireline.assess.checks.log import Log
from fireline.assess.checks.space import Space, Tablespace
from fireline.assess.log_kept import fills, short, size
from fireline.assess.quoting import literal
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "disk_full_tablespace"
_WORDS = r"No space left on device|53100|disk full|could not extend"
_OTHERS = r"temp_file_limit|temporary file size"
_PLACED = re.compile(r"pg_tblspc/(\d+)/")
_IN_DATA = re.compile(r"\"(?:base|global|pg_wal|pg_xact)/")


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every full file system with a tablespace; where this machine can not tell, the one that the error message names.

    Not when what fills it is known: log kept for a lost consumer, or one that can not be archived.
    """
    space = snapshot.last("space", Space)
    if space is None:
        return ()
    text = _messages(snapshot)
    full = [one for one in space.tablespaces if short(one.room) and one.name != "pg_global"]
    if not full and re.search(_WORDS, text, re.IGNORECASE) and not re.search(_OTHERS, snapshot.complaint.text):
        full = [one for one in _named(space, text) if one.room is None]
    if not full or (fills(snapshot) and all(not one.location for one in full)):
        return ()
    return tuple(_verdict(snapshot, one, text) for one in _apart(full)[:3])


def _messages(snapshot: Snapshot) -> str:
    log = snapshot.last("log", Log)
    return "\n".join([snapshot.complaint.text, *(one.message for one in (log.like("No space left") if log else ()))])


def _named(space: Space, text: str) -> list[Tablespace]:
    """The tablespaces in the paths of a message."""
    numbers = {int(number) for number in _PLACED.findall(text)}
    inside = bool(_IN_DATA.search(text))
    return [one for one in space.tablespaces if one.oid in numbers or (inside and one.name == "pg_default")]


def _apart(full: list[Tablespace]) -> list[Tablespace]:
    """One for each file system: the same figures are the same place."""
    found = {(one.room.total, one.room.free) if one.room else (one.oid, 0): one for one in reversed(full)}
    return sorted(found.values(), key=lambda one: one.oid)


def _verdict(snapshot: Snapshot, one: Tablespace, text: str) -> Verdict:
    space = snapshot.last("space", Space)
    where = one.location or (space.data if space else None) or "the data folder"
    full = short(one.room) and one.room is not None and one.room.free < 0.01 * one.room.total
    told = re.search(_WORDS, text, re.IGNORECASE) is not None
    temporary = space.temporary_bytes if space else None
    room = (
        Evidence("statvfs", f"{size(one.room.free)} of {size(one.room.total)} are free at {where}")
        if one.room
        else Evidence(
            "complaint",
            f"the message names a file of the tablespace {one.name}; how much is free there can not be seen from here",
        )
    )
    return Verdict(
        cause=LABEL,
        title=f"The file system of the tablespace {one.name} ({where}) is full.",
        severity="critical" if full or told else "high",
        confidence=0.97 if one.room and (full or told) else 0.8,
        objects=(f"tablespace {one.name}",),
        evidence=(
            room,
            *((Evidence("log", "the server says: No space left on device"),) if told else ()),
            *((Evidence("pg_ls_tmpdir", f"temporary files take {size(temporary)} now"),) if temporary else ()),
        ),
        explains=("could not extend file: No space left on device", "writes fail"),
        rejected=(
            Rejected(
                "temp_file_limit",
                "the file system itself is full" if one.room else "the message is of the file system, not of a limit",
            ),
            Rejected(
                "inactive_slot_retains_wal",
                "the log is not what fills it" if not one.location else "the log does not lie there",
            ),
        ),
        remedy=Cure(
            text=f"Make room at {where}: extend the file system, drop or truncate what nobody needs there, or move tables to another"
            " tablespace (ALTER TABLE … SET TABLESPACE locks each while it is copied). Do not delete files by hand, least of all in"
            " pg_wal. The queries show the largest things there.",
            sql=(
                "SELECT oid::regclass AS relation, relpages::bigint * current_setting('block_size')::bigint / 1048576 AS mb FROM pg_class"  # noqa: S608
                f" WHERE {f'reltablespace = {one.oid}' if not one.home else f'reltablespace IN (0, {one.oid})'} AND relkind IN ('r', 'i', 'm', 't')"
                " ORDER BY relpages DESC LIMIT 20",
            ),
            level="read",
        ),
        probe=_probe(one),
    )


def _probe(one: Tablespace) -> Probe:
    """Green when some of the tablespace has been freed or moved; an extended file system can not be asked about by SQL."""
    least = int(one.used * 0.97) if one.used else 1
    return Probe(f"SELECT pg_tablespace_size({literal(one.name)}) AS bytes", f"bytes < {least}")


cause = Cause(LABEL, "storage", judge, ("space",), ("disk",))

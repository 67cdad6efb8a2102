"""The catalogue of backups: a row before one is taken, what became of it, and what is found on disk without a row."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import clock
from fireline.errors import NotFound, Refused
from fireline.incident.people import Actor
from fireline.recovery import keys, manifest
from fireline.recovery.held import dead
from fireline.recovery.manifest import PART, Sealed
from fireline.settings import Settings
from fireline.store.connect import Connection, Store, all_rows, one, queries

Q = queries("fireline.recovery")
MOST = 500  # in one answer

_MARKS = {"verified": Q["mark_verified"], "proved": Q["mark_proved"]}
UNSEALED = ".unsealed-"  # how a private folder begins with what a process has decrypted
_LOCK = "taking"  # held by the process that takes the backup; the kernel lets go when it dies
_SHOWN = (
    "name", "target", "database", "state", "host", "folder", "begun_at", "ended_at", "snapshot_at", "bytes", "rows", "tables",
    "encrypted", "signer", "error", "verified_at", "proved_at", "by",
)  # fmt: skip


def home(settings: Settings, to: str | None = None) -> Path:
    """Where backups are kept: the folder that was named, else that of the settings."""
    return Path(to).absolute() if to else settings.path(settings.recovery.folder)


def trusted(settings: Settings) -> set[str]:
    """The fingerprints whose manifests are believed here."""
    return keys.trusted(settings.path(settings.recovery.key), settings.recovery.trusted)


def name_for(target: str, at: datetime) -> str:
    """`main-20261123-151200`: sorts by time, and is a fit name for a folder."""
    clean = "".join(letter if letter.isalnum() or letter in "_." else "-" for letter in target).strip(".-") or "target"
    return f"{clean[:80]}-{at:%Y%m%d-%H%M%S}"


def free_name(conn: Connection, target: str, at: datetime) -> str:
    """A name that no backup bears: two may be asked for in one second, and a clock may be put back."""
    name = name_for(target, at)
    for further in (name, *(f"{name}-{number}" for number in range(2, 100))):
        if one(conn, Q["backup"], name=further) is None:
            return further
    raise Refused(f"there are a hundred backups named {name} already")


@contextmanager
def taking(folder: Path) -> Iterator[None]:
    """Make the unfinished folder and hold it as long as the block lasts; it is removed when the block fails."""
    path = folder.with_name(f"{folder.name}.{_LOCK}")
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = _take_lock(path)
    except OSError as denied:
        raise Refused(f"can not write in {folder.parent}: {denied.strerror}", hint="See recovery.folder.") from None
    if lock is None or folder.exists():
        raise Refused(f"{folder} is there already", hint="Is another backup being taken at this moment?")
    try:
        folder.mkdir(mode=0o700)
        try:
            yield
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            path.unlink(missing_ok=True)
    finally:
        os.close(lock)


def _take_lock(path: Path) -> int | None:
    """A new lock that `settle` has not taken for a dead one's meanwhile; None while somebody else has it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and path.stat().st_ino == os.fstat(handle).st_ino:
                return handle
        except BlockingIOError:
            os.close(handle)
            return None
        os.close(handle)


def settle(store: Store, settings: Settings) -> None:
    """Mark the backups of this machine as failed whose process died, and remove what it left on disk."""
    for left in dead(home(settings), UNSEALED):
        shutil.rmtree(left, ignore_errors=True)  # what a dead process had decrypted
    for left in home(settings).glob(f"*{PART}.{_LOCK}"):
        lock = _take_lock(left)
        if lock is not None:  # its process may have died before there was a row
            shutil.rmtree(left.with_suffix(""), ignore_errors=True)
            left.unlink(missing_ok=True)
            os.close(lock)
    with store.transaction() as conn:
        rows = all_rows(conn, Q["taking_backups"], host=socket.gethostname())
        for row in rows:
            folder = Path(row["folder"])
            part = folder.with_name(folder.name + PART)
            if _held(part) or (folder.is_dir() and _ended(conn, row["name"], folder, settings)):
                continue
            shutil.rmtree(part, ignore_errors=True)
            part.with_name(f"{part.name}.{_LOCK}").unlink(missing_ok=True)
            why = "its process ended before it was whole"
            conn.execute(Q["fail_backup"], {"name": row["name"], "at": clock.now(), "error": why})


def _ended(conn: Connection, name: str, folder: Path, settings: Settings) -> bool:
    """Whether it was closed, and only its row was not; now that is, too, wherever the folder lies."""
    try:
        sealed = manifest.read(folder, trusted(settings))
    except (Refused, NotFound, OSError):
        return False
    if sealed.manifest.name == name:
        end(conn, folder, sealed)
    return sealed.manifest.name == name


def _held(part: Path) -> bool:
    """Whether the process that makes this folder lives."""
    try:
        handle = os.open(part.with_name(f"{part.name}.{_LOCK}"), os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def begin(conn: Connection, *, name: str, target: str, database: str, folder: Path, encrypted: bool, by: str) -> None:
    """The row before anything is done."""
    conn.execute(
        Q["begin_backup"],
        {"name": name, "target": target, "database": database, "host": socket.gethostname(), "folder": str(folder),
         "at": clock.now(), "encrypted": encrypted, "by": by},
    )  # fmt: skip


def fail(conn: Connection, name: str, error: str) -> None:
    """It came to nothing, and why."""
    conn.execute(Q["fail_backup"], {"name": name, "at": clock.now(), "error": error})


def end(conn: Connection, folder: Path, sealed: Sealed) -> None:
    """It is whole: what its manifest says, in its row."""
    conn.execute(Q["end_backup"], _said(folder, sealed))


def _said(folder: Path, sealed: Sealed) -> dict[str, Any]:
    found = sealed.manifest
    tables = found.counted().tables
    return {
        "name": found.name, "target": found.target, "database": found.database, "host": socket.gethostname(), "folder": str(folder),
        "at": clock.now(), "snapshot_at": found.at, "bytes": found.stored, "rows": sum(table.rows for table in tables.values()),
        "tables": len(tables), "encrypted": bool(found.archive.get("encrypted_to")), "manifest": sealed.sha256, "signer": sealed.signer,
    }  # fmt: skip


def find(conn: Connection, settings: Settings) -> None:
    """Take in whole backups that lie in the folder of the settings and are not in the catalogue; mark those that are gone."""
    place, believed = home(settings), trusted(settings)
    if not place.is_dir():
        return
    rows = all_rows(conn, "SELECT name, state, host, folder FROM backup")
    known = {row["name"]: row["state"] for row in rows}
    for row in rows:
        if (
            row["state"] == "whole"
            and row["host"] == socket.gethostname()
            and not (Path(row["folder"]) / manifest.MANIFEST).is_file()
        ):
            set_gone(conn, row["name"], "its folder is not there any more")
    for folder in sorted(place.iterdir()):
        try:
            if known.get(folder.name, "taking") == "whole" or not (folder / manifest.MANIFEST).is_file():
                continue
            sealed = manifest.read(folder, believed)
        except (Refused, NotFound, OSError):  # lost+found, for one, is nobody's to read
            continue  # `backup verify` says what is wrong with it
        if sealed.manifest.name != folder.name:
            continue  # a copy under another name: whose folder it really is says its own row
        said = _said(folder, sealed)
        conn.execute(Q["end_backup" if folder.name in known else "adopt_backup"], said)


def get(conn: Connection, name: str) -> DictRow:
    """One backup by its name, or the newest whole one of a target as `TARGET:latest`; NotFound otherwise."""
    target, _, word = name.rpartition(":")
    row = (
        one(conn, Q["newest_backup"], target=target, verified=False)
        if target and word == "latest"
        else one(conn, Q["backup"], name=name)
    )
    if row is None and word == "latest":
        of = f" of {target}" if target else ": whose latest?"
        raise NotFound(
            f"no backup{of}", hint="`fireline backup show TARGET:latest`; `fireline backup list` shows those there are."
        )
    if row is None:
        raise NotFound(f"no backup {name!r}", hint="`fireline backup list` shows those there are.")
    return row


def newest_verified(conn: Connection, target: str, database: str | None = None) -> datetime | None:
    """The moment that the newest verified backup of a target is of; the gate asks it.

    database: that it must be of, since a target may lead to another one by now. What was on this machine must still be there.
    """
    for row in sorted(whole(conn, target), key=lambda row: row["snapshot_at"], reverse=True):
        here = row["host"] == socket.gethostname()
        gone = here and not (Path(row["folder"]) / manifest.MANIFEST).is_file()
        if row["verified_at"] and not gone and database in (None, row["database"]):
            return row["snapshot_at"]  # type: ignore[no-any-return]
    return None


def newest(conn: Connection, target: str, proof: str) -> str | None:
    """The name of the newest backup that was `verified` or `proved`; None when there is none."""
    rows = sorted((row for row in whole(conn, target) if row[f"{proof}_at"]), key=lambda row: row["snapshot_at"])
    return rows[-1]["name"] if rows else None


def whole(conn: Connection, target: str) -> list[DictRow]:
    """The whole backups of a target, newest first."""
    return [
        row
        for row in all_rows(conn, Q["list_backups"], target=target, all=False, limit=100_000)
        if row["state"] == "whole"
    ]


def set_gone(conn: Connection, name: str, why: str) -> None:
    """Its files are not there any more."""
    conn.execute(Q["mark_gone"], {"name": name, "at": clock.now(), "why": why})


def mark(conn: Connection, name: str, kind: str, facts: dict[str, Any], *, ok: bool) -> None:
    """What verifying or proving it has shown. kind: verified or proved."""
    conn.execute(_MARKS[kind], {"name": name, "ok": ok, "at": clock.now(), "facts": Jsonb(facts)})


def view(row: DictRow) -> dict[str, Any]:
    """One backup as JSON data."""
    return {name: row[name] for name in _SHOWN} | {"last": {name: row[name] for name in ("verified", "proved")}}


def list_backups(
    conn: Connection,
    actor: Actor,
    settings: Settings,
    *,
    target: str | None = None,
    gone: bool = False,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """The backups there are, newest first. gone: also those that failed or are gone."""
    del actor
    find(conn, settings)
    most = min(max(limit, 1), MOST)
    return [view(row) for row in all_rows(conn, Q["list_backups"], target=target, all=gone, limit=most)]


def show(conn: Connection, actor: Actor, settings: Settings, *, name: str) -> dict[str, Any]:
    """One backup with its tables, as its manifest has them."""
    del actor
    found = view(get(conn, name))
    try:
        made = manifest.read(Path(found["folder"]), trusted(settings)).manifest
    except (Refused, NotFound) as wrong:
        return {**found, "manifest": None, "problem": wrong.message}
    census = made.counted()
    tables = [
        {"table": one.name, "rows": one.rows, "bytes": one.bytes, "hash": one.hash} for one in census.tables.values()
    ]
    about = {"server": made.server, "tools": made.tools, "lsn": made.lsn, "archive": made.archive, "size": made.size}
    counts = {part: len(names) for part, names in census.objects.items()}
    return {
        **found,
        "manifest": {**about, "tables": tables, "objects": counts, "left_out": made.left_out},
        "problem": None,
    }

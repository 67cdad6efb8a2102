"""What can be restored: a backup of the catalogue, a backup's folder, or a foreign dump; and whether it is whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.errors import NotFound, Refused
from fireline.postgres.client_tools import ClientTools
from fireline.postgres.watch import Watch
from fireline.recovery import archive, backups, manifest
from fireline.recovery.archive import Archive
from fireline.recovery.held import held
from fireline.recovery.manifest import Manifest
from fireline.settings import Settings
from fireline.store.connect import Connection

_PIECE = 1 << 20


@dataclass(frozen=True)
class Source:
    """One thing to restore. label: what people call it. made: its signed manifest, None for a foreign dump."""

    label: str
    path: Path  # of the dump itself, a file or a folder
    found: Archive | None  # None: it is encrypted, and the key is not here
    made: Manifest | None = None
    backup: int | None = None  # its row

    @property
    def archive(self) -> Archive:
        """What the dump is. Raises Refused when it is encrypted and the key is not here."""
        if self.found is None:
            raise Refused(
                f"{self.label} is encrypted, and its key is not here",
                hint="Set recovery.identity, best as recovery.identity_file.",
            )
        return self.found

    @property
    def snapshot_at(self) -> datetime | None:
        """The moment its data is of, where that is known."""
        return self.made.at if self.made else None

    @property
    def folder(self) -> Path:
        """The backup's folder."""
        return self.path.parent

    @property
    def size(self) -> int:
        """Bytes it is expected to take in a database, as far as can be told: a dump's data, tripled for what it is packed with."""
        return self.made.size if self.made else 3 * self.archive.bytes

    def captured(self) -> dict[str, Any]:
        """What a plan keeps of it: enough to see that it is still the same."""
        seen = self.path.stat()
        return {
            "label": self.label,
            "path": str(self.path),
            "bytes": self.archive.bytes,
            "changed_at": seen.st_mtime_ns,
        }


def find(conn: Connection, settings: Settings, wanted: str, *, target: str | None = None) -> Source:
    """The backup of this name (`latest`: the newest of the target), the backup in this folder, or the foreign dump in this file.

    A manifest's signature is checked; nothing is read to its end yet. Raises NotFound, Refused.
    """
    backups.find(conn, settings)
    name = f"{target}:latest" if wanted == "latest" else wanted
    path = Path(wanted).expanduser()
    try:
        row = backups.get(conn, name)
    except NotFound:
        if not path.exists():
            raise NotFound(
                f"there is no backup {wanted!r}, and no file of that name here",
                hint="`fireline backup list` shows the backups there are.",
            ) from None
        return at(path.absolute(), settings)
    if row["state"] != "whole":
        raise Refused(f"backup {row['name']} is {row['state']}" + (f": {row['error']}" if row["error"] else ""))
    if not Path(row["folder"]).is_dir():
        raise Refused(f"the files of backup {row['name']} are not on this machine: {row['folder']} on {row['host']}",
                      hint="Run a worker there, or name a folder that holds them.")  # fmt: skip
    return at(Path(row["folder"]), settings, label=row["name"], row=row)


def at(path: Path, settings: Settings, *, label: str | None = None, row: DictRow | None = None) -> Source:
    """What lies at a path: a backup with its manifest, or a foreign dump. Needs no store. Raises NotFound, Refused.

    row: what the catalogue has of it; a manifest that is not the one the catalogue has seen is another backup's.
    """
    identity = settings.recovery.identity
    if not (path / manifest.MANIFEST).is_file() and label is None:
        return Source(str(path), path, archive.look(path, identity=identity))
    sealed = manifest.read(path, backups.trusted(settings))
    if row is not None and row["manifest"] not in (None, sealed.sha256):
        raise Refused(f"the manifest in {path} is not the one of backup {row['name']}: it was exchanged",
                      hint="Use another backup, or name the folder itself to restore what is in it.")  # fmt: skip
    made = sealed.manifest
    dump = path / made.dump
    closed = bool(made.archive.get("encrypted_to")) and identity is None
    found = None if closed else archive.look(dump, identity=identity)
    return Source(label or str(path), dump, found, made, None if row is None else row["id"])


@dataclass(frozen=True)
class Checked:
    """What reading a source to its end has shown. facts: for its row. roles: that must be there to restore it."""

    facts: dict[str, Any]
    roles: list[str]


def check(
    source: Source,
    tools: ClientTools,
    settings: Settings,
    watch: Watch,
    *,
    major: int | None = None,
    foreign: bool = False,
    deep: bool = True,
) -> Checked:
    """Read it to its end: signature, checksums, and the archive itself. Raises Refused for anything wrong.

    major: of the server it is to be restored to. foreign: also take a script that pg_dump did not make.
    deep: False trusts the checksums of a signed backup, whose archive was read to its end when it was taken.
    """
    found: dict[str, Any] = {"at": clock.now().isoformat(), "archive": "read to its end"}
    roles: list[str] = []
    if source.made is not None:
        manifest.check_files(source.folder, source.made, watch)
        found |= {"signature": "checked", "files": len(source.made.files), "bytes": source.made.stored}
        roles = source.made.counted().roles
        if not deep:
            return Checked({**found, "archive": "its checksums are those that were signed"}, roles)
        if source.found is None:
            return Checked(
                {**found, "archive": "encrypted, and the key is not here: its checksums were checked"}, roles
            )
    signed = source.made is not None
    contents = archive.check(source.archive, tools, watch, server_major=major, foreign=foreign, signed=signed)
    return Checked(found, roles or sorted(contents.roles))


@contextmanager
def unwrapped(source: Source, settings: Settings, watch: Watch) -> Iterator[Source]:
    """The same source as pg_restore can read it: a wrapped archive is unwrapped into a private folder, removed after the block."""
    if source.archive.kind == "sql" or not source.archive.wrapped:
        yield source
        return
    with held(settings.path(settings.recovery.folder), backups.UNSEALED) as work:
        try:
            plain = work / "dump"
            with archive.opened(source.archive, watch) as reader, plain.open("xb") as writer:
                while piece := reader.read(_PIECE):
                    writer.write(piece)
                    watch.cancel.check()
                    watch.tell("unwrapping", writer.tell(), None, "bytes")
            yield Source(source.label, plain, archive.look(plain), source.made, source.backup)
        finally:
            shutil.rmtree(work, ignore_errors=True)

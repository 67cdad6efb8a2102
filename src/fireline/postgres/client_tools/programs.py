"""Where pg_dump, pg_restore and psql are that fit a server, and what they were built with. Never installs any."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fireline.cluster.binaries import wheel
from fireline.errors import Refused

NEEDED = ("pg_dump", "pg_restore", "psql")
_NOWHERE = "/nonexistent"  # a folder of sockets: what is asked of a program there fails, at the latest at the door
_NAMED_COMPRESSION = 16  # from here on --compress takes the name of a method
_SECONDS = 30
_RESTRICTS = {13: 22, 14: 19, 15: 14, 16: 10, 17: 6}  # the minor versions that brought \restrict
# A setting that pg_restore of 17 and later sets in any server, though one before 17 does not know it.
NEWER_SETTING = re.compile(r'could not execute query: \w+: .*"transaction_timeout"')


@dataclass(frozen=True)
class ClientTools:
    """A folder with pg_dump, pg_restore and psql of one major version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """The path of one of them."""
        return str(self.folder / name)

    @property
    def compressions(self) -> frozenset[str]:
        """What its pg_dump can compress with, asked of the program: of none, gzip, lz4 and zstd."""
        return _compressions(self.folder, self.major)

    @property
    def tls(self) -> bool:
        """Whether it can speak TLS; wheels are built without."""
        return _tls(self.folder)

    @property
    def restricts(self) -> bool:
        """Whether its psql can be told to take no more commands, only SQL."""
        return _minor(self.folder) >= _RESTRICTS.get(self.major, 0)

    def compress(self, how: str) -> str:
        """The option for pg_dump that says `none`, `gzip:1`, `lz4` or `zstd:1` in the words of this version. Raises Refused."""
        method, _, level = how.partition(":")
        if method not in self.compressions:
            able = ", ".join(sorted(self.compressions))
            raise Refused(f"the pg_dump in {self.folder} can not compress with {method}", hint=f"It can do: {able}.")
        if self.major >= _NAMED_COMPRESSION:
            return f"--compress={how}"
        return "--compress=0" if method == "none" else f"--compress={level or 6}"


def find(major: int, *, configured: Path | None = None, tls: bool = False) -> ClientTools:
    """The tools of the smallest version that is not older than `major`; with `tls` only such as can speak it.

    An older pg_dump refuses a newer server, and what a newer one writes an older server may not understand.
    A configured folder is the only place then. Raises Refused, naming what to install.
    """
    hint = f"Install them (`apt install postgresql-client-{major}`), or name a folder with recovery.binaries."
    seen: list[tuple[ClientTools, str]] = []
    for folder in [configured, configured / "bin"] if configured else _places():
        version = _version(folder)
        if version is None:
            continue
        tools = ClientTools(folder, version)
        fault = "older" if version < major else "without TLS" if tls and not tools.tls else ""
        seen.append((tools, fault))
    fitting = [tools for tools, fault in seen if not fault]
    if fitting:
        return min(fitting, key=lambda tools: tools.major)  # the first of those that are equal
    if configured and not seen:
        raise Refused(f"no pg_dump, pg_restore and psql that run are in {configured}", hint=hint)
    others = ", ".join(f"{tools.major} in {tools.folder} ({fault})" for tools, fault in seen)
    raise Refused(
        f"no pg_dump, pg_restore and psql of PostgreSQL {major} or newer were found{f', only {others}' if others else ''}",
        hint=hint,
    )


def _places() -> Iterator[Path]:
    """Where to look; of equals the first is taken."""
    on_path = shutil.which("pg_dump")
    if on_path:  # Debian's is a script that leads to the folders below, and has no neighbours where it really is
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    yield from sorted(Path("/usr").glob("pgsql-*/bin"))
    wheels = wheel()
    if wheels:
        yield wheels


@cache
def _version(folder: Path) -> int | None:
    """The major version that all three say of themselves; None when one is missing or does not run here."""
    versions = set()
    for name in NEEDED:
        if not (folder / name).is_file():
            return None
        said = re.search(r"\(PostgreSQL\)\s+(\d+)", _ask(folder / name, "--version"))
        versions.add(int(said[1]) if said else None)
    return versions.pop() if len(versions) == 1 else None


@cache
def _minor(folder: Path) -> int:
    said = re.search(r"\(PostgreSQL\)\s+\d+\.(\d+)", _ask(folder / "psql", "--version"))
    return int(said[1]) if said else 0


@cache
def _compressions(folder: Path, major: int) -> frozenset[str]:
    """Ask for each: a build without it says so before it tries to connect."""
    methods = {"gzip": "gzip:1", "lz4": "lz4", "zstd": "zstd:1"} if major >= _NAMED_COMPRESSION else {"gzip": "1"}
    able = {"none"}
    for method, asked in methods.items():
        told = _ask(folder / "pg_dump", "--format=custom", f"--compress={asked}", f"--dbname=host={_NOWHERE}")
        if _NOWHERE in told and "compression" not in told:
            able.add(method)
    return frozenset(able)


@cache
def _tls(folder: Path) -> bool:
    """A libpq without TLS refuses to require it before it tries to connect."""
    return _NOWHERE in _ask(folder / "psql", "--no-password", "--no-psqlrc", f"host={_NOWHERE} sslmode=require")


def _ask(program: Path, *arguments: str) -> str:
    """What a program says to that; nothing when it does not run."""
    bare = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    try:
        told = subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=_SECONDS, check=False, cwd="/", env=bare,
            stdin=subprocess.DEVNULL, errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout + told.stderr

"""What an installed program says of itself: its `--help` and `--version`, asked shut in, and kept on disk.

Nothing else of a program is ever run, and not of every program. A script may ignore its arguments and simply do its
work, so `x --help` is asked only of
- a program with a shipped table (it is known to answer `--help`), when it is a binary, a script of node, python or
  ruby (as packages bring them), or a shell script that stands in a folder of the system;
- any other program only when it is a plain binary that belongs to root in /usr/bin or /bin, without set-uid bits;
and never of one within the repository of the runbook: what a repository holds may do anything.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock, RLock
from typing import Any

from fireline.runbook.lint.programs import shut_in
from fireline.runbook.lint.programs.help.reading import Help, read
from fireline.runbook.lint.programs.shut_in import Patience, run

_SYSTEM = ("/usr/", "/bin/", "/sbin/", "/opt/", "/nix/", "/snap/", "/lib/")
_PLAIN = ("/usr/bin", "/bin")
_OFTEN = 2  # times that one is asked who does not answer
_FORMAT = 2  # of what is kept; a new reading of help texts wants a new number


@dataclass
class Told:
    """What one installed program said so far."""

    file: Path
    version: str | None = None
    helps: dict[str, Help | None] = field(default_factory=dict)  # by the subcommands, joined with blanks
    silent: dict[str, int] = field(default_factory=dict)  # how often it had all its time, and did not answer
    patience: Patience = field(default_factory=Patience, compare=False)
    lock: Any = field(default_factory=RLock, compare=False, repr=False)  # of what stands above
    asking: dict[str, Lock] = field(
        default_factory=dict, compare=False, repr=False
    )  # nobody asks the same beside another


def may_ask(program: Path, *, tabled: bool, outside: Iterable[Path] = ()) -> bool:
    """Whether `--help` of this program may be run; see above."""
    try:
        real = program.resolve(strict=True)
        about = real.stat()
        with real.open("rb") as file:
            begin = file.read(128)
    except OSError:
        return False
    if any(real.is_relative_to(one) or program.is_relative_to(one) for one in outside):
        return False
    binary = begin.startswith(b"\x7fELF")
    if not tabled:
        plain = program.parent.resolve() in {Path(one).resolve() for one in _PLAIN}
        return binary and plain and about.st_uid == 0 and not about.st_mode & (stat.S_ISUID | stat.S_ISGID)
    if binary:
        return True
    first = begin.split(b"\n")[0]
    if first.startswith(b"#!") and re.search(rb"\b(?:node|python[\d.]*|ruby)\b", first):
        return True
    return first.startswith(b"#!") and str(real).startswith(_SYSTEM)


def told(program: Path, patience: Patience | None = None) -> Told:
    """What is kept of a program; empty when it is another one by now."""
    about = Told(program, patience=patience or Patience())
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads(_kept(program).read_text(encoding="utf-8"))
        about.version = kept["version"]
        about.helps = {path: _help(one) for path, one in kept["helps"].items()}
        about.silent = dict(kept["silent"])
    return about


def version(about: Told) -> str | None:
    """Its version as its package or `--version` says it; None when it says none."""
    with _alone(about, "--version"):
        if about.version is None:
            about.version = _packaged(about.file)
        if about.version is None:
            said = _ask(about, "--version", ["--version"])
            if said is not None:
                about.version = version_in(said, about.file.name) or ""
                _keep(about)
    return about.version or None


def _packaged(program: Path) -> str | None:
    """What stands in the package.json of a program that npm installed: nothing need be run for it."""
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, KeyError, StopIteration):
        real = program.resolve()
        folder = next(one for one in real.parents if "node_modules" in one.parts and (one / "package.json").is_file())
        about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        bins = about["bin"] if isinstance(about["bin"], dict) else {about["name"].rpartition("/")[2]: about["bin"]}
        if (folder / bins[program.name]).resolve() == real and re.fullmatch(r"\d+(\.\d+)+", about["version"]):
            return str(about["version"])
    return None


def version_in(said: str, program: str) -> str | None:
    """The version in what `--version` prints: the one behind the program's name before any other."""
    number = r"v?(\d+(?:\.\d+)+)(?!:\d)\b"
    named = re.search(rf"\b{re.escape(program)}(?:-cli)?(?: version)?(?:[/ ]| *: *){number}", said)
    found = named or re.search(rf"(?<![\w./-]){number}", said)
    return found[1] if found else None


def help_of(about: Told, path: tuple[str, ...]) -> Help | None:
    """Its help, or that of a subcommand which its own help names; None when it could not be read."""
    key = " ".join(path)
    with _alone(about, key):
        if key not in about.helps:
            said = _ask(about, key, [*path, "--help"])
            if said is None:
                return None
            found = read(said, (about.file.name, *path))
            with about.lock:
                about.helps[key] = found if found.options or found.subcommands else None
                _keep(about)
        return about.helps[key]


def _alone(about: Told, key: str) -> Lock:
    with about.lock:
        return about.asking.setdefault(key, Lock())


def _ask(about: Told, key: str, words: list[str]) -> str | None:
    """What it answers; None when there is no time. It is asked again the next time, but not for ever."""
    left = about.patience.left()
    if left <= 0 or about.silent.get(key, 0) >= _OFTEN:
        return None
    said = run([str(about.file), *words], left)
    if said is None and left >= shut_in.SECONDS:
        with about.lock:
            about.silent[key] = about.silent.get(key, 0) + 1
            _keep(about)
    return said


def _kept(program: Path) -> Path:
    real = program.resolve()
    about = real.stat()
    named = hashlib.sha256(f"{_FORMAT} {program.name} {real} {about.st_size} {about.st_mtime_ns}".encode()).hexdigest()
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return folder / "fireline" / "programs" / f"{program.name}-{named[:24]}.json"


def _keep(about: Told) -> None:
    """Put it on disk, whole or not at all; a disk that takes nothing is no hindrance."""
    with contextlib.suppress(OSError), about.lock:
        file = _kept(about.file)
        file.parent.mkdir(parents=True, exist_ok=True)
        helps = {path: asdict(one) if one else None for path, one in about.helps.items()}
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as new:
            json.dump({"version": about.version, "helps": helps, "silent": about.silent}, new, default=sorted)
        Path(new.name).replace(file)


def _help(kept: dict[str, Any] | None) -> Help | None:
    if kept is None:
        return None
    options = kept["options"]
    return Help(
        options=None if options is None else frozenset(options),
        with_value=frozenset(kept["with_value"]),
        subcommands=tuple(kept["subcommands"]),
        arguments=bool(kept["arguments"]),
        passes=bool(kept["passes"]),
        aliases=tuple(kept["aliases"]),
        partial=bool(kept["partial"]),
    )

"""What an installed program says of itself: its `--help` and `--version`, run shut in, and kept on disk.

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
import selectors
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any

from fireline.runbook.lint.programs.helptext import Help, read

SECONDS = 5.0
MOST_BYTES = 1_000_000
_SYSTEM = ("/usr/", "/bin/", "/sbin/", "/opt/", "/nix/", "/snap/", "/lib/")
_PLAIN = ("/usr/bin", "/bin")
_NOWHERE = "http://127.0.0.1:9"
_FORMAT = 1  # of what is kept; a new reading of help texts wants a new number


@dataclass
class Told:
    """What one installed program said so far."""

    file: Path
    version: str | None = None
    helps: dict[str, Help | None] = field(default_factory=dict)  # by the subcommands, joined with blanks


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


def told(program: Path) -> Told:
    """What is kept of a program; empty when it is another one by now."""
    about = Told(program)
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads(_kept(program).read_text(encoding="utf-8"))
        about.version = kept["version"]
        about.helps = {path: _help(one) for path, one in kept["helps"].items()}
    return about


def version(about: Told) -> str | None:
    """Its version as `--version` says it; None when it says none."""
    if about.version is None:
        said = run([str(about.file), "--version"]) or ""
        about.version = version_in(said, about.file.name) or ""
        _keep(about)
    return about.version or None


def version_in(said: str, program: str) -> str | None:
    """The version in what `--version` prints: the one behind the program's name before any other."""
    number = r"v?(\d+(?:\.\d+)+)(?!:\d)\b"
    named = re.search(rf"\b{re.escape(program)}(?:-cli)?(?: version)?(?:[/ ]| *: *){number}", said)
    found = named or re.search(rf"(?<![\w./-]){number}", said)
    return found[1] if found else None


def help_of(about: Told, path: tuple[str, ...]) -> Help | None:
    """Its help, or that of a subcommand which its own help names; None when it could not be read."""
    key = " ".join(path)
    if key not in about.helps:
        said = run([str(about.file), *path, "--help"])
        if said is None:
            return None  # not kept: the next time it may have more time
        found = read(said, (about.file.name, *path))
        about.helps[key] = found if found.options or found.subcommands else None
        _keep(about)
    return about.helps[key]


def run(command: list[str]) -> str | None:
    """What a program prints within the time, shut in: no network, no input, an empty home; None when it takes longer."""
    with tempfile.TemporaryDirectory(prefix="fireline-help-") as home:
        try:
            process = subprocess.Popen(
                [*_cut_off(), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=home,
                env=_surroundings(home),
                start_new_session=True,
            )
        except OSError:
            return None
        assert process.stdout is not None
        try:
            raw = _output(process.stdout)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.stdout.close()
            process.wait()
    return raw.decode("utf-8", "replace") if raw is not None else None


def _output(pipe: IO[bytes]) -> bytes | None:
    """Everything up to the end, or as much as is read at most; None when the time is over."""
    deadline, parts, size = time.monotonic() + SECONDS, [], 0
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while size < MOST_BYTES:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                return None
            part = os.read(pipe.fileno(), 65536)
            if not part:
                break
            parts.append(part)
            size += len(part)
    return b"".join(parts)


def _surroundings(home: str) -> dict[str, str]:
    """An environment without a secret, a pager, a colour or a way out."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "COLUMNS": "160",
        "NO_COLOR": "1",
        "CI": "1",
        "DO_NOT_TRACK": "1",
        **dict.fromkeys(("PAGER", "GIT_PAGER", "MANPAGER", "AWS_PAGER", "SYSTEMD_PAGER"), "cat"),
        **dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), home),
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), _NOWHERE),
    }


@cache
def _cut_off() -> tuple[str, ...]:
    """The words that take a child's network away, and everything it leaves running, where this machine permits it.

    Some start a daemon before they read their arguments, pm2 for one: it ends with the child in whose namespace it is.
    """
    processes = ("--pid", "--fork", "--kill-child")
    for words in (
        ("unshare", "--net", *processes),
        ("unshare", "--map-current-user", "--net", *processes),
        ("unshare", "--net"),
    ):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            done = subprocess.run(
                [*words, "true"], stdin=subprocess.DEVNULL, capture_output=True, timeout=5, check=False
            )
            if done.returncode == 0:
                return words
    return ()


def _kept(program: Path) -> Path:
    real = program.resolve()
    about = real.stat()
    named = hashlib.sha256(f"{_FORMAT} {program.name} {real} {about.st_size} {about.st_mtime_ns}".encode()).hexdigest()
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return folder / "fireline" / "programs" / f"{program.name}-{named[:24]}.json"


def _keep(about: Told) -> None:
    """Put it on disk, whole or not at all; a disk that takes nothing is no hindrance."""
    with contextlib.suppress(OSError):
        file = _kept(about.file)
        file.parent.mkdir(parents=True, exist_ok=True)
        helps = {path: asdict(one) if one else None for path, one in about.helps.items()}
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as new:
            json.dump({"version": about.version, "helps": helps}, new, default=sorted)
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

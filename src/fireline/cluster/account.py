"""As whom PostgreSQL's programs run: they refuse root, so root takes another number for them, or another account."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fireline.errors import ClusterError

# Runs as a program of its own: unshare needs a process with one thread, which a process of ours may not be.
_ENTER = """
import ctypes, os, sys
inside, outside = sys.argv[1:3], (os.geteuid(), os.getegid())
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000):
    sys.exit("unshare: " + os.strerror(ctypes.get_errno()))
maps = [f"{there} {here} 1" for there, here in zip(inside, outside)]
for name, text in zip(("setgroups", "uid_map", "gid_map"), ("deny", *maps)):
    with open("/proc/self/" + name, "w") as file:
        file.write(text)
os.execv(sys.argv[3], sys.argv[3:])
"""


@dataclass(frozen=True)
class Account:
    """Somebody who may run PostgreSQL.

    own: ourselves. namespace: root that calls itself `name` inside a user namespace; its files stay root's when seen
    from outside, and it has none of root's powers over other people's files. other: an existing unprivileged account.
    """

    way: Literal["own", "namespace", "other"]
    uid: int  # the owner of its files as seen from outside
    gid: int
    name: str = ""
    inside: tuple[int, int] = (0, 0)

    def start(self, argv: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start a program as this account, away from our folder and without our environment."""
        return subprocess.Popen(self._argv(argv), **self._options(), **options)

    def run(self, argv: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; its output is in the answer."""
        return subprocess.run(
            self._argv(argv),
            **self._options(),
            capture_output=True,
            text=True,
            check=False,
            errors="replace",
            **options,
        )

    def can(self, argv: list[str]) -> bool:
        """Whether this account can run that program with success."""
        try:
            return self.run(argv, timeout=30).returncode == 0
        except (OSError, subprocess.SubprocessError):
            return False

    def own(self, path: Path) -> None:
        """Make a file or folder of ours this account's."""
        if self.way == "other":
            os.chown(path, self.uid, self.gid)

    def _argv(self, argv: list[str]) -> list[str]:
        if self.way != "namespace":
            return argv
        return [sys.executable, "-I", "-S", "-c", _ENTER, *map(str, self.inside), *argv]

    def _options(self) -> dict[str, Any]:
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        options: dict[str, Any] = {"cwd": "/", "env": {**kept, "LC_ALL": "C", "HOME": "/"}}
        if self.way == "other":
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options


def choose(owner: int | None = None, *, namespace: bool = True) -> Account:
    """Who runs the server whose data belongs to `owner` (None: there is no data yet).

    Root tries a user namespace first, unless told not to; then an existing account. Raises ClusterError when nobody can.
    """
    me = os.geteuid()
    if me != 0:
        if owner not in (None, me):
            raise ClusterError(f"the data belongs to {_name(owner)}", hint="Run this as that account.")
        return Account("own", me, os.getegid(), _name(me))
    somebody = _somebody()
    if owner in (None, 0) and namespace:
        mapped = Account("namespace", 0, 0, somebody.pw_name, (somebody.pw_uid, somebody.pw_gid))
        if mapped.can(["/bin/sh", "-c", 'test "$(id -u)" != 0']):
            return mapped
    if owner == 0:
        raise ClusterError(
            "the data belongs to root, PostgreSQL refuses root, and user namespaces are switched off here",
            hint="Allow them (sysctl user.max_user_namespaces), or start with a new folder.",
        )
    if owner is None:
        return Account("other", somebody.pw_uid, somebody.pw_gid, somebody.pw_name)
    return Account("other", owner, _group(owner), _name(owner))


def _somebody() -> pwd.struct_passwd:
    """An existing account without powers; initdb wants one that has a name."""
    for name in ("postgres", "nobody", "daemon"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return found
    raise ClusterError(
        "PostgreSQL refuses root, and there is no account postgres or nobody to run it as",
        hint="Run this as an ordinary account.",
    )


def _name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return f"uid {uid}"


def _group(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid

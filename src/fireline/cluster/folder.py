"""A cluster's folder: its `data`, `socket`, `password`, `log` and `lock`, and where a part must lie when not here."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fireline.cluster.account import Account
from fireline.errors import ClusterError
from fireline.redact import Secret

LONGEST = 100  # bytes of a socket's path: Linux takes 107, macOS 103
LARGEST_LOG = 10_000_000
_ELSEWHERE = ("/var/lib", "/var/tmp")  # noqa: S108 - a new folder of our own under it
_SHORT = "/tmp"  # noqa: S108 - likewise


class Folder:
    """The folder on disk; `data` lies `elsewhere` for an account that can not get here, `socket` for a short path."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    @property
    def data(self) -> Path:
        """The data folder; it is there whole or not at all."""
        away = self.path / "elsewhere" / "data"
        return away.resolve() if away.is_dir() else self.path / "data"

    @property
    def exists(self) -> bool:
        """Whether there is a folder. Raises ClusterError when it is somebody else's."""
        try:
            next(self.data.iterdir(), None)
        except FileNotFoundError:
            return self.path.is_dir()
        except PermissionError:
            raise ClusterError(f"{self.path} belongs to another account", hint="Run this as its owner.") from None
        return True

    @property
    def has_data(self) -> bool:
        """Whether it was made."""
        return (self.data / "PG_VERSION").is_file()

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.path / "log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time starts or stops the cluster; the kernel lets go when it dies."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self.path / "lock").open("w")
        except OSError as denied:
            raise ClusterError(f"can not write in {self.path}: {denied.strerror}") from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def password(self) -> Secret:
        """The superuser's, made at the first call before there is data."""
        file = self.path / "password"
        try:
            word = file.read_text().strip()
        except FileNotFoundError:
            word = ""
        except OSError as denied:
            raise ClusterError(f"can not read {file}: {denied.strerror}", hint="Run this as its owner.") from None
        if not word:
            if self.has_data:
                raise ClusterError(f"the password of the PostgreSQL in {self.path} is gone: {file}")
            word = secrets.token_urlsafe(24)
            write_private(file, word)
        return Secret(word)

    def place(self, account: Account) -> Path:
        """Where data and socket go: here, or for another account that can not get here, where it can."""
        if account.way != "other":
            return self.path
        self.path.chmod(0o711)
        return self.path if account.can(["/bin/sh", "-c", 'cd "$0"', str(self.path)]) else self.elsewhere()

    def elsewhere(self) -> Path:
        """A folder of this cluster outside its own, made once and remembered by a link; all may pass through it."""
        link = self.path / "elsewhere"
        if not link.is_dir():
            root = next((root for root in _ELSEWHERE if os.access(root, os.W_OK)), tempfile.gettempdir())
            made = Path(tempfile.mkdtemp(prefix="fireline-", dir=root))
            made.chmod(0o711)
            _link(link, made)
        return link.resolve()

    def socket(self, account: Account, port: int) -> Path:
        """The private folder of the socket; a new one with a short path when it would be too long here."""
        here = self.path / "socket"
        if not _private(here.resolve(), account.uid):
            folder = self.place(account) / "socket"
            if len(os.fsencode(folder / f".s.PGSQL.{port}")) > LONGEST:
                folder = Path(tempfile.mkdtemp(prefix="fireline-", dir=_SHORT))
            folder.mkdir(mode=0o700, exist_ok=True)
            account.own(folder)
            if folder != here:
                _link(here, folder)
        return here.resolve()

    def open_log(self) -> int:
        """Set a large log aside, and see that only we can read it; the size of what is left."""
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.path / "log.1")
        self.log.touch(mode=0o600)
        return self.log.stat().st_size

    def remove(self) -> None:
        """Delete the folder and what lies elsewhere; its server must be down."""
        for name in ("socket", "elsewhere"):
            if (self.path / name).is_symlink():
                shutil.rmtree((self.path / name).resolve(), ignore_errors=True)
        shutil.rmtree(self.path, ignore_errors=True)


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read: whole or not at all."""
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)


def move(folder: Path, to: Path) -> None:
    """Rename a folder and see that the disk knows it."""
    folder.rename(to)
    parent = os.open(to.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _private(folder: Path, uid: int) -> bool:
    """Whether it is a folder that only this account can use: one in /tmp may have been made anew by somebody else."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and not found.st_mode & 0o077


def _link(link: Path, to: Path) -> None:
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.symlink_to(to)

"""The life of one cluster: made, started, adopted when found running, stopped."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal
from urllib.parse import quote

from fireline.cluster import postmaster
from fireline.cluster.account import Account, choose
from fireline.cluster.binaries import Binaries, find_binaries, runnable
from fireline.cluster.folder import Folder, move, write_private
from fireline.cluster.postmaster import Postmaster
from fireline.errors import ClusterError

SUPERUSER = "postgres"
SOCKET_PORT = 5432  # of a server without TCP: only a part of the socket's name, in a private folder
_PASSES = ("could not bind", "could not create any TCP/IP sockets", "is still in use")
_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_LOST_WITH_THE_MACHINE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Cluster:
    """One folder of data and its server.

    binaries: a folder with initdb and postgres; by default found as `find_binaries` says, of the version of the data.
    settings: lines of the configuration, which ALTER SYSTEM overrides. tcp: also listen on 127.0.0.1, at a free port.
    fsync: False for data that may be lost with the machine. namespace: False keeps root from trying a user namespace.
    """

    def __init__(
        self,
        folder: Path,
        binaries: Path | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        tcp: bool = False,
        fsync: bool = True,
        namespace: bool = True,
    ) -> None:
        self.folder = Folder(folder)
        self.configured = binaries
        self.tcp = tcp
        self.fsync = fsync
        self.namespace = namespace
        self.settings = {"timezone": "UTC", "log_timezone": "UTC"} | ({} if fsync else _LOST_WITH_THE_MACHINE)
        self.settings |= dict(settings or {})

    @property
    def binaries(self) -> Binaries:
        """The programs for this data, pg_dump and its kin among them. Raises ClusterError when there are none."""
        version = self.folder.data / "PG_VERSION"
        return find_binaries(self.configured, major=int(version.read_text()) if self.folder.has_data else None)

    @property
    def system_identifier(self) -> str:
        """The number that initdb gave this data, and that every physical copy of it shares."""
        return str(struct.unpack("=Q", (self.folder.data / "global" / "pg_control").read_bytes()[:8])[0])

    @property
    def running(self) -> Postmaster | None:
        """The server of this data, or None."""
        try:
            return postmaster.running(self.folder.data)
        except PermissionError:
            raise ClusterError(
                f"{self.folder.path} belongs to another account", hint="Run this as its owner."
            ) from None

    def url(self, database: str = "postgres", *, tcp: bool = False) -> str:
        """How to connect as the superuser: by the socket, or by 127.0.0.1. Raises ClusterError when it is not running."""
        found = self.running
        if found is None:
            raise ClusterError(f"the PostgreSQL in {self.folder.path} is not running", hint="`fireline up` starts it.")
        user = f"{SUPERUSER}:{quote(self.folder.password().reveal(), safe='')}"
        if not tcp:
            return f"postgresql://{user}@/{quote(database)}?host={quote(found.socket, safe='')}&port={found.port}"
        if not found.address:
            raise ClusterError(f"the PostgreSQL in {self.folder.path} listens on its socket alone")
        return f"postgresql://{user}@{found.address}:{found.port}/{quote(database)}"

    def start(self, *, patience: float = 60) -> Cluster:
        """Adopt the server found running, else make what is missing and start it; returns when it answers.

        Many processes may do so at once: one starts it, the others adopt it. Raises ClusterError with the server's words.
        """
        deadline = time.monotonic() + patience
        with self.folder.locked():
            if self.running is None:
                account = choose(
                    self.folder.data.stat().st_uid if self.folder.has_data else None, namespace=self.namespace
                )
                binaries = runnable(self.binaries, account, self.folder.elsewhere)
                if not self.folder.has_data:
                    self._make(account, binaries)
                self._launch(account, binaries, deadline)
            self._prove(deadline)
        return self

    def adopt(self, *, patience: float = 60) -> bool:
        """Whether the server of this data is running and answers, proved by its identity; starts nothing."""
        if self.running is None:
            return False
        self._prove(time.monotonic() + patience)
        return True

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast", *, patience: float = 30) -> None:
        """Stop the server of this data, whoever started it; one that does not obey in time is stopped harder.

        Harder loses nothing: the next start recovers. Raises ClusterError when it is not ours to stop.
        """
        if not self.folder.path.is_dir():
            return
        with self.folder.locked():
            for number in (_SIGNALS[mode], signal.SIGQUIT, signal.SIGKILL):
                found = self.running
                if found is None:
                    return
                try:
                    os.kill(found.pid, number)
                except PermissionError:
                    raise ClusterError(f"the PostgreSQL in {self.folder.path} belongs to another account") from None
                if _until(lambda: self.running is None, time.monotonic() + patience):
                    return
        raise ClusterError(f"the PostgreSQL in {self.folder.path} does not stop")

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self.stop("immediate")
        self.folder.remove()

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database unless it is there; its URL."""
        import psycopg
        from psycopg import errors, sql

        command = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template:
            command += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        here_already = suppress(errors.DuplicateDatabase, errors.UniqueViolation)  # the second: two processes at once
        with psycopg.connect(self.url(), autocommit=True) as conn, here_already:
            conn.execute(command)
        return self.url(name)

    def __enter__(self) -> Cluster:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _make(self, account: Account, binaries: Binaries) -> None:
        """Run initdb beside and rename what it made: a crash half-way leaves nothing that looks like a cluster."""
        place = self.folder.place(account)
        fresh, word = place / "data.new", place / "superuser.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        write_private(word, self.folder.password().reveal())
        account.own(fresh)
        account.own(word)
        options = ["--auth=scram-sha-256", f"--pwfile={word}", "--encoding=UTF8", "--no-locale", "-U", SUPERUSER]
        if binaries.major >= 17:  # noqa: PLR2004 - since then a UTF-8 locale that no operating system can change
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self.fsync:
            options += ["--no-sync"]
        done = account.run([binaries.program("initdb"), "-D", str(fresh), *options])
        word.unlink()
        if done.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise ClusterError(
                f"initdb failed: {_last_line(done.stderr)}", hint=f"It ran in {place} as {account.name}."
            )
        with (fresh / "postgresql.conf").open("a") as conf:
            conf.write("include_if_exists = 'fireline.conf'\n")
        move(fresh, place / "data")

    def _launch(self, account: Account, binaries: Binaries, deadline: float) -> None:
        """Start the server in a session of its own, so that Ctrl-C does not reach it; wait until it says it is ready."""
        data = self.folder.data
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in self.settings.items()]
        conf = data / "fireline.conf"
        write_private(conf, "".join(lines))
        account.own(conf)
        postmaster.forget_stranger(data)
        while True:
            port = _free_port() if self.tcp else SOCKET_PORT
            sockets = self.folder.socket(account, port)
            for leftover in sockets.glob(".s.PGSQL.*"):
                leftover.unlink()
            network = {
                "port": str(port),
                "listen_addresses": "127.0.0.1" if self.tcp else "",
                "unix_socket_directories": str(sockets),
                "unix_socket_permissions": "0700",
            }
            argv = [binaries.program("postgres"), "-D", str(data)]
            argv += [word for name, value in network.items() for word in ("-c", f"{name}={value}")]
            before = self.folder.open_log()
            with self.folder.log.open("ab") as log:
                process = account.start(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            postmaster.keep(process)
            if _until(lambda: process.poll() is not None or self._is_ready(process.pid), deadline):  # noqa: B023 - at once
                if process.returncode is None:
                    return
                said = self.folder.log.read_bytes()[before:].decode(errors="replace")
                if time.monotonic() < deadline and any(words in said for words in _PASSES):
                    time.sleep(0.1)
                    continue
                raise ClusterError(f"PostgreSQL did not start: {_fault(said)}", hint=f"See {self.folder.log}.")
            raise ClusterError(
                "PostgreSQL is not ready yet; it may be recovering from a crash",
                hint=f"See {self.folder.log}, wait, and start again.",
            )

    def _is_ready(self, pid: int | None = None) -> bool:
        found = self.running
        return bool(found and found.ready and pid in (None, found.pid))

    def _prove(self, deadline: float) -> None:
        """See that what answers at the socket is the server of this very data, not of a copy or another folder."""
        import psycopg

        if not _until(self._is_ready, deadline):
            raise ClusterError(f"the PostgreSQL in {self.folder.path} is not ready", hint=f"See {self.folder.log}.")
        try:
            with psycopg.connect(self.url(), connect_timeout=10) as conn:
                row = conn.execute(
                    "SELECT system_identifier::text, current_setting('data_directory') FROM pg_control_system()"
                ).fetchone()
        except psycopg.Error as down:
            raise ClusterError(
                f"the PostgreSQL in {self.folder.path} does not answer: {_last_line(str(down))}"
            ) from None
        if row != (self.system_identifier, str(self.folder.data)):
            raise ClusterError(f"another server answers at the socket of {self.folder.path}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(done: Callable[[], bool], deadline: float) -> bool:
    """Whether it came to be before the deadline."""
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _fault(said: str) -> str:
    """The server's own reason in one line."""
    fatal = [line.partition("FATAL:")[2].strip() for line in said.splitlines() if "FATAL:" in line]
    return fatal[-1] if fatal else _last_line(said)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"

"""The life of one cluster: made, started, adopted when found running, stopped."""

from __future__ import annotations

import os
import signal
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal
from urllib.parse import quote

from fireline.cluster import postmaster
from fireline.cluster.account import choose
from fireline.cluster.binaries import OLDEST, Binaries, find_binaries, runnable
from fireline.cluster.folder import Folder
from fireline.cluster.launch import SUPERUSER, initdb, last_line, launch, until, write_settings
from fireline.cluster.postmaster import Postmaster
from fireline.errors import ClusterError

_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_LOST_WITH_THE_MACHINE = {"fsync": "off", "full_page_writes": "off"}  # and not with the server: commits are written


class Cluster:
    """One folder of data and its server.

    binaries: a folder with initdb and postgres; by default found as `find_binaries` says, of the version of the data.
    settings: lines of the configuration, which ALTER SYSTEM overrides. tcp: also listen on 127.0.0.1, at a free port.
    fsync: False for data that may be lost with the machine. namespace: False keeps root from trying a user namespace.
    """

    oldest = OLDEST  # that can hold a store; what is only looked at may be older

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
        major = int(version.read_text()) if self.folder.has_data else None
        return find_binaries(self.configured, major=major, oldest=self.oldest)

    @property
    def system_identifier(self) -> str:
        """The number that initdb gave this data, and that every physical copy of it shares."""
        return str(struct.unpack("=Q", (self.folder.data / "global" / "pg_control").read_bytes()[:8])[0])

    @property
    def running(self) -> Postmaster | None:
        """The server of this data, or None."""
        return postmaster.running(self.folder.data) if self.folder.exists else None

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
            while True:
                if self.running is None:
                    self._launch(deadline)
                try:
                    self._prove(deadline)
                except ClusterError:
                    if self.running is None and time.monotonic() < deadline:
                        continue  # it was found in the moment of its death
                    raise
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
        if not self.folder.exists:
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
                pid = found.pid
                if until(lambda: not postmaster.serves(pid, self.folder.data), time.monotonic() + patience):  # noqa: B023
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

    def _launch(self, deadline: float) -> None:
        """Start the server; its data is made before when there is none."""
        owner = self.folder.data.stat().st_uid if self.folder.has_data else None
        account = choose(owner, namespace=self.namespace)
        binaries = runnable(self.binaries, account, self.folder.elsewhere)
        if owner is None:
            initdb(self.folder, account, binaries, fsync=self.fsync)
        write_settings(self.folder, account, self.settings)
        launch(self.folder, account, binaries, deadline, tcp=self.tcp)

    def _is_ready_or_gone(self) -> bool:
        found = self.running
        return found is None or found.ready

    def _prove(self, deadline: float) -> None:
        """See that what answers at the socket is the server of this very data, not of a copy or another folder."""
        import psycopg

        if not until(self._is_ready_or_gone, deadline):
            raise ClusterError(f"the PostgreSQL in {self.folder.path} is not ready", hint=f"See {self.folder.log}.")
        if self.running is None:
            raise ClusterError(f"the PostgreSQL in {self.folder.path} died", hint=f"See {self.folder.log}.")
        try:
            with psycopg.connect(self.url(), connect_timeout=10) as conn:
                row = conn.execute(
                    "SELECT system_identifier::text, current_setting('data_directory') FROM pg_control_system()"
                ).fetchone()
        except psycopg.Error as down:
            raise ClusterError(
                f"the PostgreSQL in {self.folder.path} does not answer: {last_line(str(down))}"
            ) from None
        if row != (self.system_identifier, str(self.folder.data)):
            raise ClusterError(f"another server answers at the socket of {self.folder.path}")

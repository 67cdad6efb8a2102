"""A real streaming standby of a drill's server, made with pg_basebackup."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from fireline.postgres.connect import Target
from fireline.redact import Secret
from tests import servers
from tests.drills.place import PASSWORD, Conn, Place

_PATIENCE = 20.0


class Standby:
    """The standby, removed with the place; its sessions are closed with it."""

    def __init__(self, at: Place, name: str, **settings: str) -> None:
        self.at, self.name = at, name
        folder = at.cluster.folder.path.parent / name
        folder.mkdir(mode=0o700)
        shutil.copy(at.cluster.folder.path / "password", folder / "password")
        primary = make_conninfo(at.cluster.url(), application_name=name)
        program = Path(at.cluster.binaries.program("pg_basebackup"))
        if not program.exists():  # not every package has it; a newer one copies older servers, too
            program = servers.embedded() / "pg_basebackup"
        options = ["-D", str(folder / "data"), "-X", "stream", "-c", "fast", "--no-sync"]
        subprocess.run([str(program), "-d", primary, *options], check=True, capture_output=True)
        (
            folder / "data" / "standby.signal"
        ).touch()  # as -R does, which writes options that an older server does not know
        self._own(folder / "data")
        wanted = {**at.settings, "hot_standby": "on", "cluster_name": name, "primary_conninfo": primary, **settings}
        self.cluster = servers.Patient(folder, at.cluster.configured, settings=wanted, fsync=False)
        self._conns: list[Conn] = []  # a session that nobody holds would be closed
        at.others.append(self)
        self.cluster.start()
        at.until("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming' AND application_name = %s", name)
        self.admin = self.connect()

    def remove(self) -> None:
        """Close what is open on it, and leave nothing of it."""
        for conn in self._conns:
            conn.close()
        self.cluster.remove()

    def _own(self, data: Any) -> None:
        """The copy belongs to the account that the original belongs to."""
        owner = self.at.data.stat()
        if os.geteuid() == 0 and owner.st_uid:
            for path in (data, *data.rglob("*")):
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def dsn(self, role: str | None = None) -> str:
        """How to connect to the application's database here."""
        who = {"user": role, "password": PASSWORD} if role else {}
        return make_conninfo(self.cluster.url(self.at.database), **who)

    def target(self, role: str | None = None) -> Target:
        """The standby, to be diagnosed."""
        return Target("main", Secret(self.dsn(role)))

    def connect(self, *, application: str = "drill", autocommit: bool = True) -> Conn:
        """A session of the superuser."""
        dsn = make_conninfo(self.dsn(), application_name=application)
        self._conns.append(psycopg.connect(dsn, autocommit=autocommit, prepare_threshold=None))
        return self._conns[-1]

    def sql(self, statement: str) -> list[Any]:
        """Carry out a statement; its rows, if it has any."""
        done = self.admin.execute(statement.encode())
        return done.fetchall() if done.description else []

    def until(self, question: str) -> None:
        """Wait until a query has rows here."""
        end = time.monotonic() + _PATIENCE
        while not self.sql(question):
            assert time.monotonic() < end, f"never seen on the standby: {question}"
            time.sleep(0.02)

    def caught_up(self) -> None:
        """Wait until all that is written now is replayed here."""
        position = self.at.sql("SELECT pg_current_wal_lsn()")[0][0]
        self.until(f"SELECT 1 WHERE pg_last_wal_replay_lsn() >= '{position}'")

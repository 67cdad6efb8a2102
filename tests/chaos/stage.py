"""Real processes on one store: servers and workers that are killed, frozen and started again, and what they left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from fireline import settings as settings_file
from fireline.app.context import Context, make
from fireline.app.desk import perform
from fireline.incident.people import Actor
from fireline.postgres.connect import Target
from fireline.run.start import start
from fireline.store.chain import plain
from fireline.store.connect import Store

ADA = Actor("ada", role="admin")
PATIENCE = 40.0  # seconds; what must happen within ten is looked at by the rows' own times


def until(true: Callable[[], Any], what: str, *, seconds: float = PATIENCE) -> Any:
    """Wait for something to become true; what it returned."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"did not happen within {seconds:g} s: {what}")


class Stage:
    """A folder with settings, a store and a target, and the processes that work on them."""

    def __init__(self, folder: Path, store_url: str, target: Target) -> None:
        self.folder, self.store_url, self.target = folder, store_url, target
        self.processes: list[subprocess.Popen[bytes]] = []
        (folder / "fireline.toml").write_text(
            f"""
[server]
bind = "127.0.0.1:0"
[store]
url = "{store_url}"
folder = "{folder}/state"
[targets.main]
dsn = "{target.dsn.reveal()}"
[runbook]
folder = "{folder}"
[sources.generic]
format = "generic"
token = "a-token-of-the-test"
"""
        )
        self.reread()
        self.store = Store(store_url, application="fireline-chaos", pool_size=4)

    def reread(self) -> None:
        """Take the settings from their file."""
        self.settings = settings_file.read(self.folder / "fireline.toml", {})

    def context(self) -> Context:
        """The same parts as the processes have."""
        return make(self.settings, application="fireline-chaos", pool_size=4)

    def spawn(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start `fireline …` as a process of its own."""
        log = (self.folder / f"{words[0]}-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "fireline", *words],
            cwd=self.folder,
            env={**os.environ, "FIRELINE_CONFIG": str(self.folder / "fireline.toml"), **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        log.close()
        self.processes.append(process)
        return process

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker and wait until it has said that it lives."""
        process = self.spawn("worker", **environment)
        until(
            lambda: self.rows("SELECT 1 AS yes FROM worker WHERE pid = %s", process.pid),
            f"worker {process.pid} lives: {self.logs()}",
        )
        return process

    def logs(self) -> str:
        """What the processes said, for a failing test."""
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(self.folder.glob("*.log")))

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9."""
        process.send_signal(signal.SIGKILL)
        process.wait()

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of the store."""
        with self.store.transaction() as conn:
            return [dict(row) for row in conn.execute(statement.encode(), list(values)).fetchall()]

    def patient(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Do something in the target, committed; its rows."""
        with psycopg.connect(self.target.dsn.reveal(), autocommit=True, row_factory=dict_row) as conn:
            done = conn.execute(statement.encode(), list(values))
            return [dict(row) for row in done.fetchall()] if done.description else []

    def start(self, *steps: dict[str, Any]) -> int:
        """Start a run of these steps; a worker is woken."""
        numbered = [{**one, "key": f"step-{at}"} for at, one in enumerate(steps, 1)]
        compiled = {"id": "chaos/procedure", "title": "A procedure", "file": "runbook.md", "revision": "r1", "line": 1,
                    "folder": str(self.folder), "steps": numbered}  # fmt: skip
        with self.store.transaction() as conn:
            return start(conn, ADA, compiled=compiled, incident=None, target="main", reason="a test")

    def say(self, operation: str, /, **words: Any) -> Any:
        """A person's operation."""
        context = self.context()
        try:
            with context.store.transaction() as conn:
                return plain(perform(context, conn, ADA, operation, words))
        finally:
            context.close()

    def states(self, run: int) -> list[str]:
        """The states of a run's steps."""
        return [row["state"] for row in self.rows("SELECT state FROM step WHERE run_id = %s ORDER BY position", run)]

    def end(self) -> None:
        """Stop everything that was started here."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        self.store.close()


@contextmanager
def stage(folder: Path, store_url: str, target: Target) -> Iterator[Stage]:
    """A stage that is always cleared."""
    made = Stage(folder, store_url, target)
    try:
        yield made
    finally:
        made.end()

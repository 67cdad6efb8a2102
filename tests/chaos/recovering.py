"""A shop whose application writes all the time, a Fireline of real processes, and what must hold whenever something of it was killed."""

from __future__ import annotations

import getpass
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

import psycopg
import pyrage
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from fireline.cluster import Cluster
from fireline.errors import FirelineError
from fireline.postgres import client_tools
from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.recovery import sources
from fireline.redact import Secret
from fireline.store.migrate import migrate
from tests import servers
from tests.chaos import stage as staging
from tests.chaos.stage import Stage, until
from tests.recovery.traffic import Writers

ENDED = ("succeeded", "failed", "unknown", "timed_out", "cancelled")
OVER = ("succeeded", "failed", "unknown", "skipped", "cancelled")
DATABASE, APP, PASSWORD = "shop", "shop_app", "swordfish-of-the-shop"
SYSTEM = {"postgres", "template0", "template1", DATABASE}
AWAY = (FirelineError, psycopg.Error)
SHOP = (
    "CREATE TABLE orders (id bigint PRIMARY KEY, what text)",
    "CREATE TABLE pages (id int PRIMARY KEY, body text NOT NULL)",
    "INSERT INTO pages SELECT n, repeat(md5(n::text), 8) FROM generate_series(1, {rows}) AS n",
    "CREATE INDEX ON pages (body)",
    f"GRANT SELECT, INSERT ON orders TO {APP}",
)
STANDING = (
    f"CREATE ROLE {APP} LOGIN PASSWORD '{PASSWORD}'",
    f"ALTER DATABASE {DATABASE} CONNECTION LIMIT 40",
    f"ALTER DATABASE {DATABASE} SET work_mem TO '7777kB'",
    f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC",
    f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP}",
)


@dataclass
class Shop:
    """cluster: the target's server, which may be killed. clock: seconds by which all clocks are moved."""

    stage: Stage
    cluster: Cluster
    writers: Writers
    clock: Path
    server: Popen[bytes]
    worker: Popen[bytes]
    as_it_was: list[Any] = field(default_factory=list)
    took: dict[str, float] = field(default_factory=dict)  # seconds that each command takes undisturbed, once agreed to
    broken: bool = False

    # what a person does -----------------------------------------------------------------------------------------

    def begin(self, phase: str, remedy: str, **arguments: Any) -> int:
        """Have a worker carry a remedy out, agreed to; its run."""
        run = int(self.stage.say("remedy.run", phase=phase, remedy=remedy, target="main", arguments=arguments)["run"])
        self.agree(run)
        return run

    def say_and_die(self, seconds: float, phase: str, remedy: str, **arguments: Any) -> int:
        """Have a `fireline` command of a person's ask for it and agree, and kill that after so long; its run goes on."""
        newest = "SELECT coalesce(max(id), 0) AS run FROM run"
        before = self.stage.rows(newest)[0]["run"]
        words = [word for key, value in arguments.items() for word in _words(key, value)]
        process = self.stage.spawn(phase, remedy, *words, "--target", "main", "--yes", "--json")
        until(lambda: self.stage.rows(newest)[0]["run"] > before, f"it is asked for: {self.stage.logs()}")
        time.sleep(seconds)
        self.stage.kill(process)
        run = int(self.stage.rows(newest)[0]["run"])
        self.agree(run)
        return run

    def agree(self, run: int) -> None:
        """Somebody says yes as soon as it is asked for."""

        def yes() -> bool:
            state = self.stage.states(run)[0]
            if state in OVER or state == "running":
                return True
            with suppress(*AWAY):
                self.stage.say("run.approve", run=run, step=1)
                return True
            return False

        until(yes, f"run {run} is agreed to: {self.told(run)} {self.stage.logs()}")

    def attempt(self, run: int) -> dict[str, Any]:
        """The last attempt of a run's step."""
        rows = self.stage.rows("SELECT * FROM attempt WHERE run_id = %s ORDER BY id DESC LIMIT 1", run)
        return rows[0] if rows else {"state": "none", "outcome": None, "kind": "do", "id": 0}

    def end(self, run: int, *, after: int = 0, seconds: float = 90) -> dict[str, Any]:
        """How it ended, once nobody works on it any more. after: the number of the attempt before."""

        def over() -> Any:
            row = self.attempt(run)
            if row["id"] > after:
                return row if row["state"] in ENDED and self.stage.states(run)[0] != "running" else None
            gone = after == 0 and self.stage.states(run)[0] in OVER  # its plan was refused: nothing was begun
            return {**row, "state": self.stage.states(run)[0]} if gone else None

        return dict(until(over, f"run {run} ends: {self.told(run)} {self.stage.logs()}", seconds=seconds))

    def told(self, run: int) -> str:
        """What its attempts say, for a failing test."""
        rows = self.stage.rows("SELECT kind, state, outcome FROM attempt WHERE run_id = %s ORDER BY id", run)
        return f"{self.stage.states(run)} {rows}"

    def to_its_end(self, phase: str, remedy: str, **arguments: Any) -> dict[str, Any]:
        """The same command, undisturbed: it must succeed."""
        run = self.begin(phase, remedy, **arguments)
        began = time.monotonic()
        done = self.end(run)
        assert done["state"] == "succeeded", f"{remedy} {arguments}: {self.told(run)}"
        self.took[remedy] = time.monotonic() - began
        return done | {"run": run}

    def undo(self, run: int) -> dict[str, Any]:
        """The way back of a run, undisturbed."""
        before = self.attempt(run)["id"]
        self.begin_undo(run)
        return self.end(run, after=before)

    def begin_undo(self, run: int) -> None:
        """Ask for the way back of a run, and agree to it."""
        self.stage.say("run.undo", run=run, step=1)
        self.stage.say("run.approve", run=run, step=1)

    def move(self, seconds: float) -> None:
        """Move everybody's clock on."""
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(str(float(self.clock.read_text()) + seconds))
        fresh.replace(self.clock)

    # who is killed ----------------------------------------------------------------------------------------------

    def kill(self, victim: str, chance: random.Random) -> None:
        """kill -9 of one of them, and a while later it is there again."""
        if victim == "worker":
            self.stage.kill(self.worker)
            until(lambda: not self.children(), f"the worker's programs end with it: {self.children()}", seconds=10)
            self.move(10)  # its leases run out
            self.worker = self.stage.worker()
        elif victim == "server":
            self.stage.kill(self.server)
            self.server = self.stage.spawn("server")
        elif victim == "target":
            running = self.cluster.running
            assert running is not None
            os.kill(running.pid, signal.SIGKILL)
            time.sleep(chance.uniform(0, 1.5))
            self.revive()
        else:
            self.cluster.stop("immediate")
            time.sleep(chance.uniform(0, 1.5))
            self.cluster.start()

    def revive(self) -> None:
        """Start the killed server again; its old processes may hold its memory for a moment."""

        def started() -> bool:
            with suppress(FirelineError):
                self.cluster.start()
                return True
            return False

        until(started, "the target starts again")

    def children(self) -> list[str]:
        """Client programs that work for us still."""
        found = list[str]()
        for one in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                words = one.read_bytes().replace(b"\0", b" ").decode(errors="replace")
                ours = str(self.stage.folder) in words or str(self.cluster.folder.path) in words
                if ours and Path(words.split(" ")[0]).name in ("pg_dump", "pg_restore", "psql", "setpriv"):
                    found.append(f"{one.parent.name} {words[:200]}")
        return found

    def scratch(self) -> list[str]:
        """Scratch servers that are there."""
        folder = self.stage.folder / "state" / "scratch"
        return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []

    def halves(self) -> list[str]:
        """What is left of backups that were not ended, and what was decrypted."""
        folder = self.stage.folder / "backups"
        return sorted(
            one.name
            for one in folder.iterdir()
            if one.name.endswith((".part", ".taking")) or one.name.startswith(".unsealed-")
        )

    # what must hold ---------------------------------------------------------------------------------------------

    def outside(self, statement: str) -> list[tuple[Any, ...]]:
        """One statement as superuser from another database of the target's server; its rows."""
        with psycopg.connect(self.cluster.url("postgres"), autocommit=True) as conn:
            done = conn.execute(statement.encode())
            return done.fetchall() if done.description else []

    def standing(self) -> list[Any]:
        """What stands on the database in use and its application's role; it is the same whenever nothing is fenced."""
        return [
            *self.outside(f"SELECT datallowconn, datconnlimit, datacl::text FROM pg_database WHERE datname = '{DATABASE}'"),
            *self.outside(f"SELECT rolcanlogin, rolconnlimit FROM pg_roles WHERE rolname = '{APP}'"),
            *self.outside(
                "SELECT setrole::regrole::text, setconfig::text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
                f" WHERE datname = '{DATABASE}' ORDER BY 1, 2"
            ),
        ]  # fmt: skip

    def orders(self, name: str = DATABASE) -> set[int]:
        """The orders in a database, whether or not it lets anybody in."""
        ((allowed,),) = self.outside(f"SELECT datallowconn FROM pg_database WHERE datname = '{name}'")
        it = sql.Identifier(name)
        with psycopg.connect(self.cluster.url("postgres"), autocommit=True) as conn:
            if not allowed:
                conn.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(it))
            try:
                with psycopg.connect(self.cluster.url(name)) as inside:
                    return {row[0] for row in inside.execute("SELECT id FROM orders")}
            finally:
                if not allowed:
                    conn.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(it))

    def restores(self) -> list[dict[str, Any]]:
        """Rows of restores, newest first."""
        return self.stage.rows("SELECT * FROM restore ORDER BY id DESC")

    def databases(self) -> set[str]:
        """Databases beside the one in use."""
        return {row[0] for row in self.outside("SELECT datname FROM pg_database")} - SYSTEM

    def expected(self) -> set[str]:
        """Databases that somebody is told of: restored ones that are ready, and replaced ones."""
        ready = {row["beside"] for row in self.restores() if row["state"] in ("passed", "differs", "unchecked")}
        return ready | {row["kept"] for row in self.restores() if row["state"] == "swapped" and row["kept"]}

    def is_open(self) -> None:
        """The application writes."""
        self.writers.more(5, patience=45)

    def nothing_is_left(self) -> None:
        """No database, folder, program or fence of ours that nobody is told of."""
        assert self.databases() == self.expected()
        until(lambda: not self.halves(), f"half backups and what was decrypted are cleared away: {self.halves()}")
        assert self.children() == []
        until(lambda: not self.scratch(), f"scratch servers are cleared away: {self.scratch()}", seconds=20)
        until(self._no_fence, f"every fence is lifted: {self._fences()}", seconds=20)
        assert self.standing() == self.as_it_was

    def _fences(self) -> list[dict[str, Any]]:
        return self.stage.rows("SELECT id, state, level, passing, error FROM fence WHERE state <> 'lifted'")

    def _no_fence(self) -> bool:
        return not self._fences()

    def listed_backups_are_whole(self) -> int:
        """Every backup that is listed as whole can be read to its end, and nothing else looks like one; how many."""
        self.stage.say("backup.list")
        rows = self.stage.rows("SELECT name, folder FROM backup WHERE state = 'whole'")
        tools = client_tools.find(18, configured=None)
        for row in rows:
            source = sources.at(Path(row["folder"]), self.stage.settings, label=row["name"])
            sources.check(source, tools, self.stage.settings, Watch())
        look_whole = {one.parent.name for one in (self.stage.folder / "backups").glob("*/manifest.json")}
        assert look_whole == {row["name"] for row in rows}
        return len(rows)


@contextmanager
def shop(*, rows: int, sealed: bool) -> Iterator[Shop]:
    """Everything started, the application writing; all of it stopped and removed afterwards. sealed: backups are encrypted."""
    with servers.private_folder() as folder, ExitStack() as last:  # in this order: what lives in it is stopped first
        patch = last.enter_context(pytest.MonkeyPatch.context())
        clock = folder / "clock"
        clock.write_text("0")
        patch.setenv("FIRELINE_CLOCK_FILE", str(clock))
        store = Cluster(folder / "s", servers.embedded(), settings=servers.STORE, fsync=False)
        last.callback(store.remove)
        store.start()
        cluster = Cluster(folder / "pg", servers.embedded(), settings={"shared_buffers": "32MB"}, fsync=False)
        last.callback(cluster.remove)
        cluster.start()
        url = store.create_database("store")
        migrate(url)
        live = _fill(cluster, rows)
        work = folder / "f"
        work.mkdir()
        stage = last.enter_context(staging.stage(work, url, Target("main", Secret(live))))
        app = make_conninfo(live, user=APP, password=PASSWORD, connect_timeout=5)
        _settings(stage, app, sealed=sealed)
        worker, server = stage.worker(), stage.spawn("server")
        writers = last.enter_context(Writers(app, number=2, pause=0.01))
        made = Shop(stage, cluster, writers, clock, server, worker)
        made.as_it_was = made.standing()
        stage.say("person.add", name="ada", role="admin", os_user=getpass.getuser())
        yield made


def _fill(cluster: Cluster, rows: int) -> str:
    url = cluster.create_database(DATABASE)
    with psycopg.connect(url, autocommit=True) as conn:
        for statement in STANDING:
            conn.execute(statement.encode())
        for statement in SHOP:
            conn.execute(statement.replace("{rows}", str(rows)).encode())
    return url


def _words(name: str, value: str) -> list[str]:
    return [value] if name in ("backup", "restore") else [f"--{name.strip('_')}", value]


def _settings(stage: Stage, app: str, *, sealed: bool) -> None:
    path = stage.folder / "fireline.toml"
    text = path.read_text().replace("[targets.main]\n", f'[targets.main]\napplication_dsn = "{app}"\n', 1)
    own = f'[recovery]\nfolder = "{stage.folder}/backups"\nkey = "{stage.folder}/signing.key"\njobs = 2\n'
    if sealed:
        key = pyrage.x25519.Identity.generate()
        own += f'encrypt = ["{key.to_public()}"]\nidentity = "{key}"\n'
    path.write_text(text + own)
    stage.reread()

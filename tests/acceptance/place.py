"""A Fireline of real processes beside a school app on a real PostgreSQL: what the stories are played on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import psycopg
import pytest

from fireline import clock
from fireline.cluster import Cluster
from fireline.demo import alertmanager
from fireline.demo.home import Home, clean_environment
from fireline.demo.person import Person
from fireline.demo.school import School
from fireline.demo.sink import Sink
from fireline.demo.trouble import Trouble
from tests import servers

PATIENCE = 40.0  # seconds for what Fireline does by itself; it takes a second or two on a quiet machine
View = dict[str, Any]


@dataclass
class Place:
    """Everything a story needs, and how its people speak: over HTTP and by the command line."""

    school: School
    home: Home
    sink: Sink
    person: Person
    moved: Path

    def post(self, status: Literal["firing", "resolved"] = "firing", **changed: str) -> httpx.Response:
        """Alertmanager posts its alert; `changed` labels make another alert of it."""
        began = clock.now() - timedelta(minutes=1)
        body = alertmanager.notification(status, began, clock.now())
        if changed:
            body["alerts"][0]["labels"] = alertmanager.LABELS | changed
            body["alerts"][0]["fingerprint"] = "".join(changed.values())
            body["groupKey"] += "".join(changed.values())
        return self.knock(body, self.home.token.reveal())

    def knock(self, body: Any, token: str) -> httpx.Response:
        """Any body at the door, with any token."""
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.post(f"{self.home.url}/in/alertmanager", json=body, headers=headers, timeout=10)

    def cli(self, *words: str, code: int = 0) -> Any:
        """A `fireline` command of the person's, as a process, through the API; its JSON answer."""
        assert self.person.token is not None
        done = subprocess.run(
            [sys.executable, "-m", "fireline", *words, "--json"],
            capture_output=True, text=True, check=False, cwd="/", stdin=subprocess.DEVNULL,
            env=clean_environment() | {"FIRELINE_URL": self.home.url, "FIRELINE_TOKEN": self.person.token.reveal()},
        )  # fmt: skip
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)

    def call(self, name: str, /, **arguments: Any) -> Any:
        """An operation of the person's over HTTP."""
        return self.person.call(name, **arguments)

    def show(self, incident: str, wanted: Callable[[View], Any] = lambda _: True) -> View:
        """The incident, as soon as it is as wanted; fails when it does not come to be."""
        seen = self.person.incident(incident, lambda view: bool(wanted(view)), PATIENCE)
        assert wanted(seen), json.dumps(seen, indent=1)[:20_000]
        return seen

    def run(self, run: int, wanted: Callable[[View], Any]) -> View:
        """The run, as soon as it is as wanted."""
        seen: View = self.person.watch(
            lambda: self.call("run.show", run=run), lambda view: bool(wanted(view)), PATIENCE
        )
        assert wanted(seen), json.dumps(seen, indent=1)[:20_000]
        return seen

    def opened(self, count: int = 1) -> list[View]:
        """The open incidents, as soon as there are so many."""
        found: list[View] = self.person.watch(
            lambda: self.call("incident.list", status="open", limit=50), lambda seen: len(seen) >= count, PATIENCE
        )
        assert len(found) >= count, found
        return found

    def move(self, by: timedelta) -> None:
        """Move the clock of all processes of this Fireline, and ours."""
        before = float(self.moved.read_text())
        fresh = self.moved.with_suffix(".new")
        fresh.write_text(str(before + by.total_seconds()))
        fresh.replace(self.moved)

    def start_again(self) -> None:
        """Start Fireline again, after it was killed; the same person finds it at its new address."""
        self.home.down()
        self.home.up()
        self.person.close()
        self.person = Person(self.home.url, self.person.token)

    def store(self) -> str:
        """The URL of Fireline's own store."""
        return Cluster(self.home.folder / ".fireline" / "postgres").url("fireline")

    def everything_stored(self) -> str:
        """Every row of every table of the store, as text."""
        with psycopg.connect(self.store()) as conn:
            tables = conn.execute(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('fireline', 'jobs')"
            ).fetchall()
            assert len(tables) > 20
            every = (conn.execute(f"SELECT t::text FROM {name} t".encode()).fetchall() for (name,) in tables)
            return "\n".join(row[0] for rows in every for row in rows)


@contextmanager
def place() -> Iterator[Place]:
    """A place, started; everything of it is stopped and removed afterwards."""
    with servers.private_folder() as folder, ExitStack() as last:  # in this order: what lives in it is stopped first
        patch = last.enter_context(pytest.MonkeyPatch.context())
        moved = folder / "clock"
        moved.write_text("0")
        patch.setenv("FIRELINE_CLOCK_FILE", str(moved))
        school = School(folder / "school")
        last.callback(school.remove)
        school.start()
        school.fill()
        sink = Sink()
        sink.start()
        last.callback(sink.stop)
        home = Home(folder)
        last.callback(home.remove)
        home.init(school.dsn("fireline"), school.dsn("fireline_read"), sink.url)
        home.up()
        made = Place(school, home, sink, Person(home.url), moved)
        last.callback(lambda: made.person.close())  # noqa: PLW0108 - it may be another person by then
        made.person.begin()
        yield made


@contextmanager
def trouble(school: School) -> Iterator[Trouble]:
    """The report that forgets to commit and the migration behind it."""
    made = Trouble(school)
    try:
        assert made.begin()
        yield made
    finally:
        made.end()


def steps_of(view: View) -> list[View]:
    """The steps of the incident's first run."""
    return list(view["runs"][0]["steps"]) if view["runs"] else []


def waits(view: View) -> View | None:
    """The step that waits for an approval that can be given."""
    for step in (step for run in view["runs"] for step in run["steps"]):
        if step["waits_for"] == "approval" and step["approval"] and step["approval"]["state"] == "asked":
            return dict(step)
    return None

"""The real program as a process, in a folder and with a store of its own."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest

from fireline.postgres.connect import Target
from tests.cli.nursery import Nursery

T = TypeVar("T")

COMMAND = [sys.executable, "-m", "fireline"]


# Many commands in one process, each as if it were alone; starting Python for each would take most of the time.
EACH = """
import io, json, sys
from fireline.cli import main, terminal
real, done = sys.stdout, []
for words in json.load(sys.stdin):
    terminal.options.__init__()
    terminal.console.cache_clear()
    sys.stdout, sys.stderr = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    code = main.main(words)
    done.append([code, *(one.buffer.getvalue().decode() for one in (sys.stdout, sys.stderr))])
json.dump({"done": done, "modules": sorted(sys.modules)}, real)
"""


@cache
def nursery() -> Nursery:
    """The one of this test process."""
    made = Nursery()
    atexit.register(made.close)
    return made


@dataclass
class Done:
    """What a call left behind."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


@dataclass
class Fireline:
    """`fireline …` in a folder."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, given: str | None = None, **environment: str) -> Done:
        """Run to the end; `given` is its standard input, none by default."""
        return Done(*nursery().run(arguments, self.folder, {**self.clean, **environment}, given or ""))

    def data(self, *arguments: str) -> Any:
        """The JSON of a call that must succeed."""
        done = self(*arguments, "--json")
        assert done.code == 0, done.out + done.err
        assert done.err == ""
        return done.data

    def each(self, *lines: str) -> tuple[list[Done], set[str]]:
        """Run many commands in one process; what each left behind, and the modules that were needed for all."""
        told = subprocess.run(
            [sys.executable, "-c", EACH],
            cwd=self.folder,
            env=self.clean,
            input=json.dumps([line.split() for line in lines]),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        found = json.loads(told.stdout)
        return [Done(*one) for one in found["done"]], set(found["modules"])

    @property
    def clean(self) -> dict[str, str]:
        """Our environment without what would lead the program elsewhere."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("FIRELINE") and key != "COLUMNS"}
        return {**kept, "PYTHONWARNINGS": "error", **self.environment}


@pytest.fixture
def bare(tmp_path: Path) -> Fireline:
    """The program without settings and without a store."""
    return Fireline(tmp_path)


@pytest.fixture
def fireline(tmp_path: Path, store_url: str) -> Fireline:
    """The program with a fresh store and no settings file."""
    return Fireline(tmp_path, {"FIRELINE_DATABASE_URL": store_url})


RUNBOOK = """# Runbook

## Incident Severity Levels

### Critical (P0)
- Everything is down
- **Response Time**: Immediate

### High (P1)
- A major part is down
- **Response Time**: Within 1 hour

## Database Incidents

### Stuck Queue

**Symptoms:**
- Queue is stuck
- Jobs pile up

**Steps:**

1. **Count the jobs:**
   ```sql
   SELECT 40 + 2 AS jobs;
   ```

2. **Leave a mark:**
   ```sql {level=reversible}
   CREATE TABLE marks (i int);
   ```

3. **Call the vendor**

### Data Loss

**Symptoms:**
- Rows are missing

**Steps:**

1. **Look at them:**
   ```sql
   SELECT 1 AS one;
   ```

## Emergency Contacts

- **On-Call Engineer**: [Contact Info]
- **Database Admin**: dba@example.com

See [the other one](gone.md).
"""

SETTINGS = """
[server]
bind = "127.0.0.1:0"

[runbook]
files = ["runbook.md"]

[targets.main]
dsn_file = "main.dsn"

[sources.generic]
format = "generic"
token = "a-token-long-enough"
target = "main"
"""


@pytest.fixture
def house(fireline: Fireline, patient: Target) -> Fireline:
    """The program with a store, a target, a runbook and a source."""
    (fireline.folder / "runbook.md").write_text(RUNBOOK, encoding="utf-8")
    (fireline.folder / "fireline.toml").write_text(SETTINGS, encoding="utf-8")
    secret = fireline.folder / "main.dsn"
    secret.write_text(patient.dsn.reveal(), encoding="utf-8")
    secret.chmod(0o600)
    return fireline


@contextmanager
def process(program: Fireline, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A fireline command that goes on until the block ends; what it says on stderr goes to a file beside."""
    with (program.folder / f"{arguments[0]}.log").open("w") as log:
        started = subprocess.Popen(
            [*COMMAND, *arguments], cwd=program.folder, env=program.clean, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            yield started
        finally:
            started.terminate()
            try:
                started.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                started.kill()
                started.communicate()


@contextmanager
def at_work(program: Fireline, *arguments: str) -> Iterator[int]:
    """The same for a test to which only what it does matters: its number; Python is not started for it."""
    with (
        (program.folder / f"{arguments[0]}.log").open("w") as log,
        nursery().running(arguments, program.folder, program.clean, log.fileno()) as pid,
    ):
        yield pid


@pytest.fixture
def worker(house: Fireline) -> Iterator[int]:
    """A worker at work."""
    with at_work(house, "worker") as pid:
        yield pid


def until(look: Callable[[], T], *, seconds: float = 20, what: str = "it") -> T:
    """What `look` finds as soon as it finds something."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"{what} did not happen in {seconds} s"
        time.sleep(0.1)

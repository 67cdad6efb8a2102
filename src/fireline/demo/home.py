"""Fireline itself in the demo: a folder set up by `fireline init`, and `fireline up` as a process of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.abc import Traversable
from importlib.resources import files
from pathlib import Path
from typing import Any

from fireline.cluster import Cluster
from fireline.errors import FirelineError
from fireline.redact import Secret

PREFIX = "fireline-demo-"
RUNBOOK = "incident-response.md"
IMPROVED = "improved/RUNBOOKS/incident-response.md"
TARGET = "main"
CONTACT = "on-call"
READY_SECONDS = 60.0
STOP_SECONDS = 40.0
_KEPT = "FIRELINE_CLOCK_FILE"

# `fireline up` gets SIGTERM from the kernel when we die, even by kill -9; it survives the exec.
_TIED = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 15); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)

_CONTACT = """
[contacts.{contact}]
role = "On-Call Engineer"
channel = "webhook"
address = "{address}"               # a webhook of the demo on this machine: nobody else is told
confirmed = true
"""


class Home:
    """One folder with fireline.toml, the runbook, the embedded store and what its processes say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self._up: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.folder / "fireline.toml"

    @property
    def token(self) -> Secret:
        """What Alertmanager must present."""
        return Secret((self.folder / ".fireline" / "secrets" / "alertmanager.token").read_text().strip())

    def init(self, dsn: Secret, read_dsn: Secret, telling: str) -> Any:
        """Write the settings as `fireline init` does, then fill in what a person would; what init said."""
        runbook = self.folder / RUNBOOK
        runbook.write_bytes((files("fireline.demo") / "data" / RUNBOOK).read_bytes())
        said = self.run(
            "init", "--runbook", str(runbook), "--target", f"{TARGET}={dsn.reveal()}", "--dir", str(self.folder)
        )
        reading = self.folder / ".fireline" / "secrets" / f"{TARGET}.read.dsn"
        reading.touch(mode=0o600)
        reading.write_text(read_dsn.reveal() + "\n", encoding="utf-8")
        text = self.settings.read_text(encoding="utf-8")
        line = f'read_dsn_file = ".fireline/secrets/{reading.name}"'
        text, found = re.subn(r"^# read_dsn_file = .*$", line, text, count=1, flags=re.M)
        if not found:
            raise FirelineError("`fireline init` wrote no place for a reading role")
        self.settings.write_text(text + _CONTACT.format(contact=CONTACT, address=telling), encoding="utf-8")
        return said

    def improve(self) -> None:
        """Lay out the improved runbook as a repository has it: with the documents it links to."""
        _copy(files("fireline.demo") / "data" / "docs", self.folder / IMPROVED.partition("/")[0])

    def run(self, *words: str, stdin: str | None = None, environment: dict[str, str] | None = None) -> Any:
        """One `fireline` command with --json, as a process; its answer. Raises FirelineError with its own words."""
        done = subprocess.run(
            [sys.executable, "-m", "fireline", *words, "--json"],
            capture_output=True, text=True, check=False, input=stdin, cwd=self.folder,
            env={**clean_environment(), **(environment or {})},
        )  # fmt: skip
        try:
            said = json.loads(done.stdout)
        except ValueError:
            said = {"error": (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]}
        if done.returncode and isinstance(said, dict) and "error" in said:
            raise FirelineError(f"`fireline {words[0]}`: {said['error']}", hint=said.get("hint"))
        return said

    def up(self, port: int = 0) -> None:
        """Start the store, the server and a worker; returns when the server answers, and `url` is known then."""
        self.url = ""
        command = ["-m", "fireline", "up", "--bind", f"127.0.0.1:{port}", "--json"]
        tied = [sys.executable, "-c", _TIED] if sys.platform == "linux" else [sys.executable]
        with self._said("up.out").open("wb") as out, self._said("up.log").open("wb") as log:
            self._up = subprocess.Popen(
                [*tied, *command], cwd=self.folder, env=clean_environment(),
                stdin=subprocess.DEVNULL, stdout=out, stderr=log, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + READY_SECONDS
        while not self.url:
            try:
                self.url = json.loads(self._said("up.out").read_text())["url"]
            except (ValueError, KeyError):
                self._refuse_a_failed_start(end)
                time.sleep(0.05)

    def _refuse_a_failed_start(self, end: float) -> None:
        assert self._up is not None, "up starts it"
        if self._up.poll() is None and time.monotonic() < end:
            return
        said = self._said("up.log").read_text() + self._said("up.out").read_text()  # a child's own words come first
        fault = re.search(r'(?:"error": "|error: )(.*?)"?,?$', said, flags=re.M)
        words = fault[1] if fault else (said.strip().splitlines() or ["it said nothing"])[-1]
        raise FirelineError(f"`fireline up` did not start: {words}", hint=f"See {self._said('up.log')}.")

    @property
    def pid(self) -> int | None:
        """The process of `fireline up`, while it runs."""
        return self._up.pid if self._up is not None and self._up.poll() is None else None

    def down(self) -> None:
        """Stop what `up` started, in peace; harder when it does not obey."""
        if self._up is None:
            return
        if self._up.poll() is None:
            self._up.send_signal(signal.SIGTERM)
            try:
                self._up.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._up.kill()
                self._up.wait()
        self._up = None

    def remove(self) -> None:
        """Stop everything and delete the folder."""
        self.down()
        _remove(self.folder)

    def keep(self) -> None:
        """Stop everything and leave the folder, under a name that `sweep` does not look for."""
        self.down()
        self.folder = self.folder.rename(self.folder.with_name(f"{PREFIX}kept-{self.folder.name.rpartition('-')[2]}"))

    def _said(self, name: str) -> Path:
        return self.folder / name


def _copy(source: Traversable, to: Path) -> None:
    to.mkdir()
    for one in source.iterdir():
        if one.is_dir():
            _copy(one, to / one.name)
        else:
            (to / one.name).write_bytes(one.read_bytes())


def clean_environment() -> dict[str, str]:
    """Our environment without what would lead a `fireline` or a PostgreSQL client somewhere else."""
    return {
        name: value for name, value in os.environ.items() if name == _KEPT or not name.startswith(("FIRELINE", "PG"))
    }


def make_folder() -> Path:
    """A new private folder; its name holds our number, for `sweep`."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


def sweep() -> None:
    """Stop and delete what demos of this account that were killed have left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and not _lives(int(pid)) and folder.stat().st_uid == os.getuid():
            _remove(folder)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove(folder: Path) -> None:
    for cluster in (folder / ".fireline" / "postgres", folder / "school"):
        Cluster(cluster).remove()
    shutil.rmtree(folder, ignore_errors=True)

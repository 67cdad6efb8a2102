"""The real program as a process, in a folder and with a store of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "fireline"]


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
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env={**self.clean, **environment},
            input=given or "",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def data(self, *arguments: str) -> Any:
        """The JSON of a call that must succeed."""
        done = self(*arguments, "--json")
        assert done.code == 0, done.out + done.err
        assert done.err == ""
        return done.data

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

"""What calling a loaded program can not show: that each command loads by itself, and what the caller is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, Fireline, nursery

ALONE = """
import os, sys
import httpx, psycopg, psycopg_pool, pydantic, rich.console, typer
from fireline.cli.main import COMMANDS
from fireline.shelf import load
for name, entry in COMMANDS.items():
    pid = os.fork()
    if not pid:
        load(f"fireline.cli.{entry.place}")
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        print(name)
"""


def test_each_command_loads_without_the_others() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", ALONE], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("words", [["--version"], ["incident", "list"], ["ack"], ["nonsense"], ["incident", "--help"]])
def test_a_call_is_as_a_process_from_the_start(bare: Fireline, words: list[str]) -> None:
    alone = subprocess.run(
        [*COMMAND, *words], cwd=bare.folder, env=bare.clean, capture_output=True, text=True, check=False
    )
    called = bare(*words)
    assert (called.code, called.out, called.err) == (alone.returncode, alone.stdout, alone.stderr)


def test_a_call_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        nursery().run(("worker",), tmp_path, {**os.environ, "FIRELINE_DATABASE_URL": "host=10.255.255.1"}, "", 0.2)

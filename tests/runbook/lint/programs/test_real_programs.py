"""What lint learns from the real eas-cli and Supabase CLI, where somebody has installed them: their folders in FIRELINE_TEST_PROGRAMS."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from fireline.runbook.lint import checking
from fireline.runbook.lint.programs import tools
from fireline.runbook.lint.world import Tools, World
from tests.runbook.rules.saying import REFERENCE

PROGRAMS = os.environ.get("FIRELINE_TEST_PROGRAMS", "")
WORDS = {"unknown-subcommand", "unknown-option"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    for program in ("eas", "supabase"):
        if shutil.which(program, path=PROGRAMS) is None:
            pytest.skip(f"{program} is not in a folder of FIRELINE_TEST_PROGRAMS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tools.here(path=f"{PROGRAMS}:/usr/bin:/bin")


def said(program: str) -> str:
    done = subprocess.run(
        [program, "--version"], env={"PATH": f"{PROGRAMS}:/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    return done.stdout


def test_they_are_judged_as_the_version_that_is_installed(here: Tools) -> None:
    for program, words, there in (
        ("eas", ("update:rollback",), True),
        ("eas", ("build:rollback",), False),
        ("eas", ("build:list",), True),
        ("supabase", ("status",), True),
        ("supabase", ("statsu",), False),
    ):
        known = here.known(program, words)
        assert known is not None
        assert known.exists is there or (known.exists is None and not there), (program, words)  # None: not all was read
        assert str(known.version) in said(program)


def test_the_reference_runbook_is_held_against_them_and_the_second_time_nobody_is_asked(here: Tools) -> None:
    first = checking.check([REFERENCE], World(tools=here), only=WORDS)
    lines = {one.line for one in first.findings if one.severity == "error"}
    assert 275 in lines  # eas build:rollback
    assert lines <= {96, 275}  # supabase logs, by its version
    again = tools.here(path=f"{PROGRAMS}:/usr/bin:/bin")
    began = time.process_time()
    assert checking.check([REFERENCE], World(tools=again), only=WORDS).findings == first.findings
    assert time.process_time() - began < 5  # read from the cache; no program runs

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from fireline.demo import home
from fireline.errors import FirelineError


def test_what_would_lead_the_demo_elsewhere_is_taken_out_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRELINE_URL", "FIRELINE_DATABASE_URL", "FIRELINE__STORE__URL", "PGHOST", "PGSERVICE"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("FIRELINE_CLOCK_FILE", "/clock")
    left = home.clean_environment()
    assert not any(value == "elsewhere" for value in left.values())
    assert left["FIRELINE_CLOCK_FILE"] == "/clock"
    assert "PATH" in left


def test_what_a_killed_demo_left_is_swept_and_what_lives_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f"{home.PREFIX}{dead.pid}-abc"
    (left / "school").mkdir(parents=True)
    strange = tmp_path / f"{home.PREFIX}x-abc"
    strange.mkdir()
    alive = home.make_folder()
    assert alive.stat().st_mode & 0o077 == 0
    home.sweep()
    assert not left.exists()
    assert alive.is_dir()
    assert strange.is_dir()


def test_a_command_that_fails_is_told_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(FirelineError, match="`fireline init`: ") as told:
        home.Home(tmp_path).run("init", "--runbook", "absent.md", "--target", "main=postgresql://x")
    assert "absent.md" in str(told.value)


def test_a_fireline_that_can_not_start_is_told_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "fireline.toml").write_text("[nonsense]\n")
    made = home.Home(tmp_path)
    with pytest.raises(FirelineError, match=r"`fireline up` did not start: .*unknown key nonsense"):
        made.up()
    made.down()
    assert made.pid is None


def test_our_own_process_is_alive() -> None:
    assert home._lives(os.getpid())

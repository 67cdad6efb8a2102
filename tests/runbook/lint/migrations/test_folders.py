"""A folder is somebody's as long as its lock is held."""

from __future__ import annotations

import os
import shutil

from fireline.runbook.lint.migrations.folders import left_by, sweep, taken


def test_what_is_held_is_not_swept_away_and_what_was_left_is() -> None:
    folder, handle = taken()
    try:
        sweep()
        assert folder.is_dir()
        assert left_by(os.getpid())
    finally:
        os.close(handle)
    try:
        sweep()
        assert not folder.exists()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_it_bears_the_number_of_whoever_took_it() -> None:
    folder, handle = taken()
    os.close(handle)
    assert f"-{os.getpid()}-" in folder.name
    assert folder.stat().st_mode & 0o077 == 0
    sweep()
    assert not left_by(2**30)

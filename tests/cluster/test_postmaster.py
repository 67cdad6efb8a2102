"""Reading postmaster.pid without believing it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fireline.cluster.postmaster import NO_SUCH_PID, forget_stranger, keep, running, serves


def test_no_file_a_half_written_one_and_a_stale_one_are_no_server(tmp_path: Path) -> None:
    assert running(tmp_path) is None
    for text in ("", "rubbish\n", f"{NO_SUCH_PID}\n", f"{NO_SUCH_PID}\n{tmp_path}\n1\n5432\n/tmp\n\n1 2\nready\n"):
        (tmp_path / "postmaster.pid").write_text(text)
        assert running(tmp_path) is None


def test_a_process_that_names_the_folder_serves_it_and_one_that_names_a_longer_one_does_not(tmp_path: Path) -> None:
    argv = ["sh", "-c", "echo up; read line", "postgres", "-D", str(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        assert serves(process.pid, tmp_path)
        assert not serves(process.pid, tmp_path.parent)
        assert not serves(process.pid, Path(f"{tmp_path}x"))
        process.communicate(b"\n")


def test_we_ourselves_serve_nothing(tmp_path: Path) -> None:
    assert not serves(os.getpid(), tmp_path)


def test_a_strangers_number_is_replaced_and_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "postmaster.pid"
    file.write_text(f"{os.getpid()}\n{tmp_path}\nrest\n")
    forget_stranger(tmp_path)
    assert file.read_text() == f"{NO_SUCH_PID}\n{tmp_path}\nrest\n"


def test_a_dead_number_is_left_for_postgresql_to_judge(tmp_path: Path) -> None:
    file = tmp_path / "postmaster.pid"
    file.write_text(f"{NO_SUCH_PID + 1}\nrest\n")
    forget_stranger(tmp_path)
    assert file.read_text() == f"{NO_SUCH_PID + 1}\nrest\n"


def test_a_server_that_ends_while_we_look_is_cleared_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    with monkeypatch.context() as patch:
        patch.setattr(process, "poll", lambda: None)  # as it was a moment before
        keep(process)
        assert not serves(process.pid, tmp_path)
    assert process.returncode == 0

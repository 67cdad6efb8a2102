"""A cluster's folder on disk: private, whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fireline.cluster.folder import LARGEST_LOG, Folder, write_private
from fireline.errors import ClusterError


def test_the_password_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    first = folder.password()
    assert Folder(tmp_path).password() == first
    assert len(first.reveal()) >= 24
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    write_private(tmp_path / "x", "one")
    (tmp_path / "x.new").write_text("a crash left this")
    write_private(tmp_path / "x", "two")
    assert (tmp_path / "x").read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_large_log_is_set_aside_and_a_small_one_goes_on(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert folder.open_log() == 0
    folder.log.write_text("a line\n")
    assert folder.open_log() == 7
    folder.log.write_bytes(b"x" * (LARGEST_LOG + 1))
    assert folder.open_log() == 0
    assert (tmp_path / "log.1").stat().st_size == LARGEST_LOG + 1


def test_only_one_process_holds_the_lock_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from fireline.cluster.folder import Folder\n"
        "with Folder(Path(sys.argv[1])).locked(): print('held', flush=True); sys.stdin.read()"
    )
    argv = [sys.executable, "-c", code, str(tmp_path)]
    with (
        subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first,
        subprocess.Popen(["flock", "-n", tmp_path / "lock", "true"]) as early,
    ):
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        early.wait()
        assert subprocess.run(["flock", "-n", tmp_path / "lock", "true"], check=False).returncode == 1
        first.kill()
        first.wait()
        assert subprocess.run(["flock", "-n", tmp_path / "lock", "true"], check=False).returncode == 0


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ClusterError, match="can not write in"), Folder(tmp_path / "file" / "pg").locked():
        pass

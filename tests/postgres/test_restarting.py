"""The parts of a restart that need no server to go down: folders, logs, programs, moments."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fireline.cluster import Cluster
from fireline.errors import Refused
from fireline.postgres import restarting
from fireline.postgres.connect import Identity, Target, connect, identity
from fireline.postgres.data_folder import DataFolder, last_lines, log_files, unit_of
from fireline.redact import Secret
from fireline.settings import RestartSettings


def test_a_folder_tells_its_server_and_its_processes(patient: Target, patient_server: Cluster) -> None:
    folder = DataFolder(patient_server.folder.data)
    with connect(patient) as conn:
        seen = identity(conn)
        folder.check("main", seen)
        assert any(one.pid == conn.info.backend_pid and one.state in "SR" for one in folder.left())
    assert (folder.major, folder.system_identifier) == (18, seen.system_identifier)
    assert folder.log == patient_server.folder.log
    assert folder.programs is not None
    assert (folder.programs / "pg_ctl").is_file()
    assert unit_of(os.getpid()) == ""


def test_a_copy_of_the_data_that_another_server_runs_on_is_refused(patient: Target, patient_server: Cluster) -> None:
    with connect(patient) as conn:
        seen = identity(conn)
    later = Identity(seen.system_identifier, None, "2020-01-01T00:00:00.000000Z", 1)
    with pytest.raises(Refused, match="the server that answers for target main does not run in "):
        DataFolder(patient_server.folder.data).check("main", later)


def test_a_broken_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("15\n")
    with pytest.raises(Refused, match="is no whole data folder"):
        DataFolder(tmp_path).check("main", None)
    (tmp_path / "global").mkdir()
    (tmp_path / "global" / "pg_control").write_bytes(b"abc")
    with pytest.raises(Refused, match="is no whole data folder"):
        DataFolder(tmp_path).check("main", None)
    (tmp_path / "postmaster.pid").write_text("4194305\n/x\n1\n")
    assert DataFolder(tmp_path).postmaster is None
    assert DataFolder(tmp_path).left() == []


def test_only_what_was_written_since_is_told_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "pg.log"
    log.write_text("long ago\n")
    before = log_files(log)
    assert last_lines(log, before) == []
    with log.open("a") as file:
        file.write("".join(f"line {number}\n" for number in range(9)))
    assert last_lines(log, before) == [f"line {number}" for number in range(3, 9)]
    (tmp_path / "pg-2.log").write_text("FATAL: in a new file\n")
    os.utime(tmp_path / "pg-2.log", (9e9, 9e9))
    assert last_lines(log, before) == ["FATAL: in a new file"]
    assert last_lines(tmp_path / "gone" / "x.log", {}) == last_lines(None, {}) == []


def test_new_is_another_start_or_one_since_we_began() -> None:
    one = Identity("1", None, "2026-11-23T03:00:00.000000Z", 1)
    assert not restarting.is_new(one, "2026-11-23T03:00:00.000000Z", 0)
    assert restarting.is_new(one, "2026-11-22T03:00:00.000000Z", 0)
    moment = 1795402800.0  # the same moment
    assert restarting.is_new(one, None, moment)
    assert not restarting.is_new(one, None, moment + 60)


def test_a_program_that_does_not_end_is_left_alone_and_said_to_run() -> None:
    way = restarting.Way("command", ["/bin/sh", "-c", "echo begun; sleep 7"], None, None, patience=-4.9)
    ran = restarting.run(way, restarting.environment_of("/bin", {}))
    assert ran.exit is None
    left = restarting._left.pop()
    os.killpg(left.pid, signal.SIGKILL)
    left.wait()


def test_a_program_finds_only_what_was_meant_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_OURS", "x")
    way = restarting.Way("command", ["/usr/bin/env"], None, None, patience=5)
    assert restarting.run(way, restarting.environment_of("/bin", {"Z": "last"})).said == "Z=last"
    assert "SECRET_OF_OURS" not in restarting.environment_of("/bin", {})


def test_a_missing_program_says_where_it_was_looked_for(tmp_path: Path) -> None:
    away = Target("main", Secret("host=x"), restart=RestartSettings(way="command", command=["no-such-program"]))
    with pytest.raises(Refused, match="there is no program no-such-program on this machine") as none:
        restarting.way_of(away, Path, str(tmp_path))
    assert none.value.hint == f"The worker must run beside the server; it looks in {tmp_path}."


def test_a_program_outlives_the_worker_that_began_it(tmp_path: Path) -> None:
    """A worker that is killed between stop and start must not leave the server down."""
    words = [
        "/bin/sh",
        "-c",
        f"touch {tmp_path}/begun; while [ ! -e {tmp_path}/killed ]; do sleep 0.02; done; touch {tmp_path}/done",
    ]
    code = (
        "from fireline.postgres import restarting\n"
        f"restarting.run(restarting.Way('command', {words!r}, None, None, 60), restarting.environment_of('/bin:/usr/bin', {{}}))"
    )
    worker = subprocess.Popen([sys.executable, "-c", code])
    until(tmp_path / "begun")
    worker.kill()
    worker.wait()
    (tmp_path / "killed").touch()
    until(tmp_path / "done")


def until(file: Path) -> None:
    end = time.monotonic() + 20
    while not file.exists():
        assert time.monotonic() < end, f"{file.name} did not come"
        time.sleep(0.02)

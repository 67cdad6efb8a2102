"""Small programs made here, run without a network, an input, a home and a secret."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fireline.runbook.lint.programs import shut_in
from tests.runbook.lint.programs.test_learning import program


def test_it_sees_no_secret_no_home_and_no_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    body = "import os, sys\nprint(sorted(os.environ), os.listdir(os.environ['HOME']), repr(sys.stdin.read()))\n"
    said = shut_in.run([str(program(tmp_path / "bin", body)), "--help"])
    assert said is not None
    assert "PGPASSWORD" not in said
    assert "[] ''" in said


def test_it_reaches_nobody(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        body = f"import socket\ntry:\n    socket.create_connection(('127.0.0.1', {port}), 1)\n    print('reached')\nexcept OSError:\n    print('cut off')\n"
        said = shut_in.run([str(program(tmp_path / "bin", body))])
    if not shut_in._cut_off():
        pytest.skip("this machine permits no namespaces")
    assert said == "cut off\n"


def test_what_prints_without_end_is_cut(tmp_path: Path) -> None:
    said = shut_in.run([str(program(tmp_path / "bin", "while True: print('x' * 9999)\n"))])
    assert said is not None
    assert len(said) < 2 * shut_in.MOST_BYTES


def test_what_it_leaves_running_ends_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    body = (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    os.close(1)\n    os.close(2)\n    time.sleep(1.5)\n"
        f"    open({str(mark)!r}, 'w')\n    os._exit(0)\nprint('x')\n"
    )
    if "--pid" not in shut_in._cut_off():
        pytest.skip("this machine permits no namespaces")
    assert shut_in.run([str(program(tmp_path / "bin", body))]) == "x\n"
    time.sleep(2)
    assert not mark.exists()

"""Real programs of this machine, and small ones made here, asked for their help."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from fireline.runbook.lint.programs import learning


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def program(folder: Path, body: str, name: str = "pm2", shebang: str = "/usr/bin/env python3") -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!{shebang}\n{body}")
    file.chmod(0o755)
    return file


def test_a_plain_binary_of_the_system_may_be_asked_and_no_script() -> None:
    assert learning.may_ask(Path("/usr/bin/sort"), tabled=False)
    assert not learning.may_ask(Path("/usr/bin/ldd"), tabled=False)


def test_a_set_uid_program_is_not_asked(tmp_path: Path) -> None:
    assert not learning.may_ask(Path(shutil.which("su") or "/usr/bin/su"), tabled=False)


def test_a_program_that_is_known_may_be_a_script_of_node_python_or_ruby_only(tmp_path: Path) -> None:
    assert learning.may_ask(program(tmp_path / "bin", ""), tabled=True)
    assert not learning.may_ask(program(tmp_path / "bin", "rm -rf /", shebang="/bin/sh"), tabled=True)
    assert not learning.may_ask(program(tmp_path / "bin", ""), tabled=False)


def test_nothing_within_a_repository_of_the_runbook_is_asked(tmp_path: Path) -> None:
    file = program(tmp_path / "bin", "")
    assert not learning.may_ask(file, tabled=True, outside=[tmp_path])


def test_what_is_not_there_is_not_asked(tmp_path: Path) -> None:
    assert not learning.may_ask(tmp_path / "nothing", tabled=True)


def test_its_help_and_its_version_are_read_once_and_kept(tmp_path: Path, cache: Path) -> None:
    counted = tmp_path / "count"
    body = f"import sys\nopen({str(counted)!r}, 'a').write('x')\nprint('1.2.3' if '--version' in sys.argv else '  --json   as JSON')\n"
    file = program(tmp_path / "bin", body)
    for _ in range(2):
        about = learning.told(file)
        assert learning.version(about) == "1.2.3"
        told = learning.help_of(about, ())
        assert told is not None
        assert set(told.options or ()) == {"--json"}
    assert counted.read_text() == "xx"
    assert len(list((cache / "fireline" / "programs").iterdir())) == 1


def test_another_version_of_it_is_asked_anew(tmp_path: Path) -> None:
    file = program(tmp_path / "bin", "print('  --old   is')\n")
    learning.help_of(learning.told(file), ())
    os.utime(program(tmp_path / "bin", "print('  --new   is')\n"), (1, 1))
    told = learning.help_of(learning.told(file), ())
    assert told is not None
    assert set(told.options or ()) == {"--new"}


def test_it_sees_no_secret_no_home_and_no_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    body = "import os, sys\nprint(sorted(os.environ), os.listdir(os.environ['HOME']), repr(sys.stdin.read()))\n"
    said = learning.run([str(program(tmp_path / "bin", body)), "--help"])
    assert said is not None
    assert "PGPASSWORD" not in said
    assert "[] ''" in said


def test_it_reaches_nobody(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        body = f"import socket\ntry:\n    socket.create_connection(('127.0.0.1', {port}), 1)\n    print('reached')\nexcept OSError:\n    print('cut off')\n"
        said = learning.run([str(program(tmp_path / "bin", body))])
    if not learning._cut_off():
        pytest.skip("this machine permits no namespaces")
    assert said == "cut off\n"


def test_one_that_does_not_end_is_ended_and_that_is_not_kept(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "SECONDS", 0.3)
    file = program(tmp_path / "bin", "import time\nprint('  --json   as JSON', flush=True)\ntime.sleep(60)\n")
    began = time.monotonic()
    assert learning.help_of(learning.told(file), ()) is None
    assert time.monotonic() - began < 5
    assert not cache.exists()


def test_what_prints_without_end_is_cut(tmp_path: Path) -> None:
    said = learning.run([str(program(tmp_path / "bin", "while True: print('x' * 9999)\n"))])
    assert said is not None
    assert len(said) < 2 * learning.MOST_BYTES


def test_what_it_leaves_running_ends_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    body = (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    os.close(1)\n    os.close(2)\n    time.sleep(1.5)\n"
        f"    open({str(mark)!r}, 'w')\n    os._exit(0)\nprint('x')\n"
    )
    if "--pid" not in learning._cut_off():
        pytest.skip("this machine permits no namespaces")
    assert learning.run([str(program(tmp_path / "bin", body))]) == "x\n"
    time.sleep(2)
    assert not mark.exists()


def test_the_version_behind_the_name_goes_before_any_other_number() -> None:
    assert learning.version_in("proxy 127.0.0.1 failed\nheroku/11.10.0 linux-x64 node-v20.1.0", "heroku") == "11.10.0"
    assert learning.version_in("psql (PostgreSQL) 18.6", "psql") == "18.6"
    assert learning.version_in("Client Version: v1.32.4-dispatcher", "kubectl") == "1.32.4"
    assert learning.version_in("no number", "x") is None

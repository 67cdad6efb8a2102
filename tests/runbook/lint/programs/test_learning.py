"""Real programs of this machine, and small ones made here, asked for their help."""

from __future__ import annotations

import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fireline.runbook.lint.programs import learning, shut_in


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


def test_the_version_of_a_package_of_npm_is_read_and_nothing_run(tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / "@cli" / "pm2"
    package.parent.mkdir(parents=True)
    file = program(package, "raise SystemExit('it was run')\n", "run.js")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pm2").symlink_to(file)
    about = {"name": "@cli/pm2", "version": "7.0.1", "bin": {"pm2": "run.js"}}
    (package / "package.json").write_text(json.dumps(about))
    assert learning.version(learning.told(tmp_path / "bin" / "pm2")) == "7.0.1"
    (package / "package.json").write_text(json.dumps(about | {"bin": {"other": "run.js"}}))
    assert learning.version(learning.told(tmp_path / "bin" / "pm2")) is None


def test_another_version_of_it_is_asked_anew(tmp_path: Path) -> None:
    file = program(tmp_path / "bin", "print('  --old   is')\n")
    learning.help_of(learning.told(file), ())
    os.utime(program(tmp_path / "bin", "print('  --new   is')\n"), (1, 1))
    told = learning.help_of(learning.told(file), ())
    assert told is not None
    assert set(told.options or ()) == {"--new"}


def test_one_that_does_not_end_is_ended_and_asked_twice_and_never_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shut_in, "SECONDS", 2.0)  # time to start and be counted
    counted = tmp_path / "count"
    body = f"import time\nopen({str(counted)!r}, 'a').write('x')\nprint('  --json   as JSON', flush=True)\ntime.sleep(60)\n"
    file = program(tmp_path / "bin", body)
    began = time.monotonic()
    for _ in range(4):
        assert learning.help_of(learning.told(file), ()) is None
    assert time.monotonic() - began < 20
    assert counted.read_text() == "xx"


def test_what_all_of_them_together_have_no_time_for_is_asked_the_next_time(tmp_path: Path) -> None:
    file = program(tmp_path / "bin", "print('  --json   as JSON')\n")
    assert learning.help_of(learning.told(file, shut_in.Patience(0)), ()) is None
    assert learning.version(learning.told(file, shut_in.Patience(0))) is None
    assert learning.help_of(learning.told(file), ()) is not None


def test_nobody_is_asked_the_same_beside_another(tmp_path: Path) -> None:
    counted = tmp_path / "count"
    body = f"import time\nopen({str(counted)!r}, 'a').write('x')\ntime.sleep(0.3)\nprint('  --json   as JSON')\n"
    about = learning.told(program(tmp_path / "bin", body))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda path: learning.help_of(about, path), [(), (), ("a",), ("a",)]))
    assert None not in found
    assert counted.read_text() == "xx"


def test_the_version_behind_the_name_goes_before_any_other_number() -> None:
    assert learning.version_in("proxy 127.0.0.1 failed\nheroku/11.10.0 linux-x64 node-v20.1.0", "heroku") == "11.10.0"
    assert learning.version_in("psql (PostgreSQL) 18.6", "psql") == "18.6"
    assert learning.version_in("Client Version: v1.32.4-dispatcher", "kubectl") == "1.32.4"
    assert learning.version_in("no number", "x") is None

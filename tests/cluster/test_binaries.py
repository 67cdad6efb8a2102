"""PostgreSQL's programs: where they are looked for, and what is said when they do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from fireline.cluster.binaries import find_binaries, look, wheel
from fireline.errors import ClusterError
from tests.servers import embedded


def fake(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_configured_folder_wins_with_or_without_bin(tmp_path: Path) -> None:
    fake(tmp_path / "pg" / "bin", "16.3")
    for named in (tmp_path / "pg", tmp_path / "pg" / "bin"):
        found = find_binaries(named)
        assert (found.folder, found.major) == (tmp_path / "pg" / "bin", 16)


def test_the_configured_folder_may_be_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path / "pg", "16.3")
    monkeypatch.chdir(tmp_path)
    assert find_binaries(Path("pg")).folder == tmp_path / "pg"


def test_those_on_path_come_before_the_distributions_and_the_wheels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{fake(tmp_path / 'bin', '17beta2')}:/usr/bin:/bin")
    assert find_binaries().major == 17


def test_too_old_ones_on_path_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{fake(tmp_path / 'bin', '13.4')}:/usr/bin:/bin")
    assert find_binaries().major > 13


def test_the_wheel_is_found_by_its_version() -> None:
    assert find_binaries(major=18).folder == wheel() == embedded()


def test_a_version_that_is_nowhere_is_named_with_what_there_is() -> None:
    with pytest.raises(ClusterError, match=r"no programs of PostgreSQL 99 were found, only .*18 in ") as refused:
        find_binaries(major=99)
    assert "store.binaries" in str(refused.value.hint)


def test_a_configured_folder_without_programs_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=f"no initdb and postgres in {tmp_path}"):
        find_binaries(tmp_path)


def test_a_configured_version_that_is_too_old_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="are of PostgreSQL 13"):
        find_binaries(fake(tmp_path / "bin", "13.22"))


def test_programs_that_do_not_run_say_why(tmp_path: Path) -> None:
    folder = fake(tmp_path / "bin", "18.0")
    (folder / "postgres").write_text("#!/bin/sh\necho 'error while loading libicu.so' >&2; exit 127\n")
    assert look(folder) == (None, f"{folder}/postgres does not run: error while loading libicu.so")
    (folder / "postgres").chmod(0o644)
    found, fault = look(folder)
    assert found is None
    assert "Permission denied" in fault

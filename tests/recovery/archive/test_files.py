from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from fireline.errors import Refused
from fireline.postgres.client_tools import find
from fireline.postgres.watch import Progress, Watch
from fireline.recovery.archive.files import check_files, check_listed, check_tar
from tests.recovery.archive.conftest import Dumps


@pytest.mark.parametrize("form", ["directory", "raw.directory"])
def test_a_file_that_is_cut_is_named(form: str, dumped: Dumps, tmp_path: Path) -> None:
    copy = shutil.copytree(dumped(18)[form], tmp_path / "copy")
    told = list[Progress]()
    check_files(copy, Watch(told=told.append))
    assert told[0].unit == "files"
    file = max(copy.glob("[0-9]*.dat*"), key=lambda one: one.stat().st_size)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(Refused, match=rf"{file.name} in it: .*cut"):
        check_files(copy, Watch())


def test_a_file_that_is_not_compressed_any_more_is_refused(dumped: Dumps, tmp_path: Path) -> None:
    copy = shutil.copytree(dumped(18)["directory"], tmp_path / "copy")
    next(copy.glob("blob*.dat.gz")).write_bytes(b"plain")
    with pytest.raises(Refused, match="does not begin as it must"):
        check_files(copy, Watch())


def test_a_tar_archive_must_have_its_end(dumped: Dumps, tmp_path: Path) -> None:
    check_tar(dumped(18)["tar"])
    whole = dumped(18)["tar"].read_bytes()
    for less in (1, 512, 1024, 2000):
        (tmp_path / "cut.tar").write_bytes(whole[:-less])
        with pytest.raises(Refused, match="cut"):
            check_tar(tmp_path / "cut.tar")


def test_a_table_without_its_file_and_a_file_without_its_table_are_named(dumped: Dumps, tmp_path: Path) -> None:
    copy = shutil.copytree(dumped(18)["directory"], tmp_path / "copy")
    listed = subprocess.run(
        [find(18).program("pg_restore"), "--list", str(copy)], check=True, capture_output=True
    ).stdout
    check_listed(copy, listed)
    file = next(copy.glob("[0-9]*.dat*"))
    more = file.rename(copy / "99999.dat.gz")
    with pytest.raises(
        Refused, match=rf"{file.name.partition('.')[0]}\.dat in it is missing|99999\.dat in it is not in"
    ):
        check_listed(copy, listed)
    more.unlink()
    with pytest.raises(Refused, match="is missing"):
        check_listed(copy, listed)

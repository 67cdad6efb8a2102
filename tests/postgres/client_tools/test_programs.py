from __future__ import annotations

from pathlib import Path

import pytest

from fireline.errors import Refused
from fireline.postgres.client_tools import find, programs
from tests import servers


def test_of_several_versions_the_smallest_that_is_not_older_is_taken() -> None:
    assert find(18).major == 18
    assert Path(find(18).program("pg_dump")).is_file()


@pytest.mark.debian15
def test_the_exact_version_is_preferred_to_a_newer_one() -> None:
    assert find(15) == find(13)
    assert find(15).folder == servers.DEBIAN15
    assert find(16).major == 18


def test_what_is_missing_is_named_with_its_package() -> None:
    with pytest.raises(Refused, match="of PostgreSQL 77 or newer were found, only") as refused:
        find(77)
    assert "apt install postgresql-client-77" in str(refused.value.hint)


def test_tools_without_tls_are_not_taken_for_a_server_that_wants_it() -> None:
    bare = servers.embedded()
    assert find(18, configured=bare).folder == bare
    with pytest.raises(Refused, match=r"18 in .* \(without TLS\)"):
        find(18, configured=bare, tls=True)


@pytest.mark.debian15
def test_tools_with_tls_are_known() -> None:
    assert find(15, tls=True).tls


def test_a_configured_folder_is_the_only_place() -> None:
    assert find(18, configured=servers.embedded().parent).folder == servers.embedded()  # or the bin under it
    with pytest.raises(Refused, match="no pg_dump, pg_restore and psql that run are in /etc"):
        find(18, configured=Path("/etc"))
    with pytest.raises(Refused, match="older"):
        find(19, configured=servers.embedded())


def test_a_folder_with_one_tool_missing_or_broken_is_not_taken(tmp_path: Path) -> None:
    for name in ("pg_dump", "pg_restore"):
        (tmp_path / name).symlink_to(servers.embedded() / name)
    assert programs._version(tmp_path) is None
    broken = tmp_path / "bin"
    broken.mkdir()
    for name in programs.NEEDED:
        (broken / name).write_text("#!/bin/sh\nexit 127\n")
        (broken / name).chmod(0o755)
    assert programs._version(broken) is None


def test_the_build_is_asked_what_it_can_compress_with() -> None:
    assert find(18, configured=servers.embedded()).compressions == {"none", "gzip"}


@pytest.mark.debian15
def test_before_16_there_is_gzip_alone_and_it_is_said_by_its_level() -> None:
    tools = find(15, configured=servers.DEBIAN15)
    assert tools.compressions == {"none", "gzip"}
    assert tools.compress("gzip:1") == "--compress=1"
    assert tools.compress("none") == "--compress=0"


def test_a_compression_that_the_build_lacks_is_refused() -> None:
    tools = find(18, configured=servers.embedded())
    assert tools.compress("gzip:3") == "--compress=gzip:3"
    with pytest.raises(Refused, match="can not compress with zstd"):
        tools.compress("zstd:1")


def test_whether_psql_can_be_restricted_is_known(tmp_path: Path) -> None:
    assert find(18).restricts
    for name in programs.NEEDED:
        (tmp_path / name).write_text("#!/bin/sh\necho 'psql (PostgreSQL) 15.13'\n")
        (tmp_path / name).chmod(0o755)
    assert not find(15, configured=tmp_path).restricts

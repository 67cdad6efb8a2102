from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fireline.errors import Refused
from fireline.postgres.cancel import Cancel, StatementFailed
from fireline.postgres.client_tools import ClientTools, environment, find
from fireline.postgres.connect import Target
from fireline.postgres.watch import Progress, Watch
from fireline.recovery import archive
from fireline.redact import Secret
from tests.recovery import dumps
from tests.recovery.archive.conftest import Dumps

MAJORS = [18, pytest.param(15, marks=pytest.mark.debian15)]
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(path: Path, tools: ClientTools, **named: object) -> archive.Contents:
    return archive.check(archive.look(path, identity=dumps.IDENTITY), tools, Watch(), **named)  # type: ignore[arg-type]


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("form", dumps.FORMS)
def test_a_whole_dump_is_let_through_and_told(form: str, major: int, dumped: Dumps, tools: ClientTools) -> None:
    path = dumped(major)[form]
    found = archive.look(path, identity=dumps.IDENTITY)
    assert (found.server_major, found.tool_major) == (major, major)
    told = list[Progress]()
    contents = archive.check(found, tools, Watch(told=told.append), server_major=major)
    assert contents.roles >= dumps.ROLES
    assert contents.extensions == {"hstore"}
    assert contents.large_objects == 1
    if not contents.inserts:
        assert {'"Odd; Name".notes', "public.parent", "public.child", "public.empty"} <= set(contents.tables)


@pytest.mark.parametrize(
    "form", ["sql", "rows.sql", "sql.gz", "sql.zst", "sql.lz4", "sql.bz2", "sql.xz", "sql.age", "sql.armored.age"]
)
@given(data=st.data())
@QUICK
def test_a_script_cut_at_any_byte_is_refused(form: str, data: st.DataObject, dumped: Dumps, tools: ClientTools) -> None:
    whole = dumped(18)[form].read_bytes()
    least = 1 if whole[-1:] == b"\n" else 0  # a last line break is no loss
    while least and whole[-least - 1 : -least] == b"\n":
        least += 1
    cut = dumped(18)[form].with_name(f"cut.{form}")
    cut.write_bytes(whole[: data.draw(st.integers(0, len(whole) - least - 1))])
    with pytest.raises(Refused):
        check(cut, tools)


@pytest.mark.parametrize("form", ["dump", "raw.dump", "tar", "dump.gz", "dump.age", "tar.zst"])
@given(data=st.data())
@settings(QUICK, max_examples=12)
def test_an_archive_cut_at_any_byte_is_refused(
    form: str, data: st.DataObject, dumped: Dumps, tools: ClientTools
) -> None:
    whole = dumped(18)[form].read_bytes()
    cut = dumped(18)[form].with_name(f"cut.{form}")
    cut.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(Refused):
        check(cut, tools)


@pytest.mark.parametrize("form", ["dump", "tar", "sql.gz", "sql.zst", "sql.lz4", "sql.xz", "dump.gz"])
def test_one_byte_less_is_enough(form: str, dumped: Dumps, tools: ClientTools) -> None:
    whole = dumped(18)[form].read_bytes()
    cut = dumped(18)[form].with_name(f"less.{form}")
    cut.write_bytes(whole[:-1])
    with pytest.raises(Refused, match="cut"):
        check(cut, tools)


@pytest.mark.parametrize("form", ["sql.gz", "sql.zst", "sql.lz4", "sql.bz2", "dump.gz", "sql"])
def test_something_behind_the_end_is_refused(form: str, dumped: Dumps, tools: ClientTools) -> None:
    more = dumped(18)[form].with_name(f"more.{form}")
    more.write_bytes(dumped(18)[form].read_bytes() + b"DROP TABLE parent;\n")
    with pytest.raises(Refused, match="behind"):
        check(more, tools)


@given(st.binary(max_size=3000), st.sampled_from([b"", b"PGDMP\x01\x10\x00\x04\x08\x01", b"\x1f\x8b\x08", b"(\xb5/\xfd", b"-- PostgreSQL database dump\n"]))  # fmt: skip
@QUICK
def test_any_bytes_are_refused_and_nothing_else(
    tmp_path: Path, tools: ClientTools, content: bytes, begin: bytes
) -> None:
    path = tmp_path / "random"
    path.write_bytes(begin + content)
    with pytest.raises(Refused):
        check(path, tools)


@pytest.mark.parametrize("form", ["directory", "raw.directory"])
def test_each_file_of_a_folder_is_looked_at(form: str, dumped: Dumps, tools: ClientTools, tmp_path: Path) -> None:
    for file in sorted(dumped(18)[form].glob("[0-9]*.dat*")):
        for spoil in ("cut", "empty", "missing"):
            copy = tmp_path / f"{file.name}-{spoil}"
            shutil.copytree(dumped(18)[form], copy)
            spoiled = copy / file.name
            spoiled.unlink() if spoil == "missing" else spoiled.write_bytes(
                b"" if spoil == "empty" else file.read_bytes()[:-3]
            )
            with pytest.raises(Refused):
                check(copy, tools)


def test_the_key_must_be_here_and_the_right_one(dumped: Dumps) -> None:
    with pytest.raises(Refused, match="encrypted with age, and no key is known"):
        archive.look(dumped(18)["sql.gz.age"])
    with pytest.raises(Refused, match="encrypted to somebody else"):
        archive.look(dumped(18)["dump.age"], identity=Secret(str(pyrage.x25519.Identity.generate())))


def test_one_from_a_newer_server_is_refused(dumped: Dumps, tools: ClientTools) -> None:
    for form in ("sql.gz", "dump", "directory"):
        with pytest.raises(Refused, match="taken from PostgreSQL 18, which is newer than the server's 15"):
            check(dumped(18)[form], tools, server_major=15)


@pytest.mark.debian15
def test_one_that_these_tools_do_not_understand_is_refused_with_the_package(dumped: Dumps) -> None:
    with pytest.raises(Refused, match="pg_dump 18 made it") as refused:
        check(dumped(18)["dump"], find(15))
    assert "postgresql-client-18" in str(refused.value.hint)


def test_a_script_by_hand_is_let_in_only_when_somebody_says_so(tmp_path: Path, tools: ClientTools) -> None:
    path = tmp_path / "mine.sql"
    path.write_text("CREATE TABLE t (n int);\nCOPY t FROM stdin;\n1\n\\.\n")
    with pytest.raises(Refused, match="was not made by pg_dump"):
        check(path, tools)
    assert check(path, tools, foreign=True).tables == ["t"]
    path.write_text("CREATE TABLE t (n int);\nCOPY t FROM stdin;\n1\n")
    with pytest.raises(Refused, match="cut in the middle of the rows of t"):
        check(path, tools, foreign=True)


def test_reading_can_be_cancelled(dumped: Dumps, tools: ClientTools) -> None:
    cancel = Cancel()
    cancel.cancel()
    for form in ("sql.gz", "dump", "directory", "dump.age"):
        with pytest.raises(StatementFailed):
            archive.check(archive.look(dumped(18)[form], identity=dumps.IDENTITY), tools, Watch(cancel))


def test_what_pg_restore_says_goes_into_one_line(dumped: Dumps, tools: ClientTools, tmp_path: Path) -> None:
    path = tmp_path / "cut.dump"
    path.write_bytes(dumped(18)["dump"].read_bytes()[:-500])
    with pytest.raises(Refused) as refused:
        check(path, tools)
    assert refused.value.message.startswith("cut.dump: it is cut or damaged: ")
    assert "\n" not in refused.value.message


def test_a_dump_with_create_would_leave_the_database(patient: Target, tools: ClientTools, tmp_path: Path) -> None:
    path = dumps.dump(tools, patient.dsn.reveal(), tmp_path / "c.sql", "--create")
    with pytest.raises(Refused, match=r"line \d+: it leaves the database that is restored into: CREATE DATABASE"):
        check(path, tools)


def test_a_dump_of_a_whole_server_is_refused(patient: Target, tools: ClientTools, tmp_path: Path) -> None:
    path = tmp_path / "all.sql"
    with environment(patient.dsn) as access:
        argv = [
            tools.program("pg_dumpall"),
            "--no-password",
            "--globals-only",
            f"--dbname={access.conninfo}",
            f"--file={path}",
        ]
        subprocess.run(argv, env=access.env, check=True)
    with pytest.raises(Refused, match="a dump of a whole server by pg_dumpall"):
        check(path, tools)

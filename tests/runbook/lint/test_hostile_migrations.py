"""Migrations that want to do harm: nothing of them leaves the scratch server, each of them ends, and the rest is built."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fireline.runbook.lint.migrations import building, session
from fireline.runbook.lint.migrations.building import built
from fireline.runbook.lint.migrations.files import Unread, files, pieces
from fireline.runbook.lint.migrations.folders import PREFIX
from fireline.runbook.lint.world import Patient, Unapplied
from tests import servers

VERSIONS = [
    pytest.param(servers.embedded(), id="18"),
    pytest.param(servers.DEBIAN15, id="15", marks=pytest.mark.debian15),
]
LAST = "CREATE TABLE at_the_end (i int);"


@contextmanager
def _built(folder: Path, binaries: Path | None, *texts: str) -> Iterator[tuple[Patient, list[Unapplied]]]:
    """Each text is a migration, and one behind them shows that the rest is built; the folder of the server is gone afterwards."""
    for number, text in enumerate((*texts, LAST)):
        (folder / f"{number}_a.sql").write_text(text)
    with built(folder, binaries) as (patient, faults):
        yield patient, list(faults)
    assert not _ours()


def _ours() -> list[Path]:
    """Folders of scratch servers that this process made and left."""
    return list(Path("/tmp").glob(f"{PREFIX}{os.getpid()}-*"))


OUTWARDS = """GRANT pg_execute_server_program TO postgres;
GRANT pg_read_server_files, pg_write_server_files TO postgres;
CREATE ROLE go_between IN ROLE pg_execute_server_program ROLE postgres;
CREATE TABLE files (t text);
COPY files FROM '/etc/passwd';
COPY files FROM PROGRAM 'cat /etc/passwd; touch OUT';
COPY (SELECT 1) TO PROGRAM 'touch OUT';
COPY (SELECT 1) TO 'OUT';
SELECT pg_read_file('/etc/passwd');
SELECT pg_ls_dir('/');
SELECT lo_import('/etc/passwd');
SELECT lo_export(lo_create(0), 'OUT');
ALTER SYSTEM SET archive_command = 'touch OUT';
ALTER DATABASE postgres SET session_preload_libraries = '/tmp/x.so';
CREATE EXTENSION "../../../tmp/x";
CREATE EXTENSION dblink;
SELECT dblink_connect('host=127.0.0.1');
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION file_fdw;
CREATE EXTENSION plperl;
CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1' PUBLICATION p;
CREATE FUNCTION c(text) RETURNS int LANGUAGE c AS '/lib/x86_64-linux-gnu/libc.so.6', 'system';
CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION c();
CREATE TABLESPACE t LOCATION '/tmp';
LOAD '/tmp/x.so';
DROP DATABASE postgres;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'fireline_scratch';
ALTER ROLE fireline_scratch PASSWORD 'x';
"""
NO_FAULT_OF_ITS_OWN = (
    2,
    3,
    4,
    7,
    12,
    17,
    23,
)  # it is there for the others, or refused with the words of the one before


@pytest.mark.parametrize("binaries", VERSIONS)
def test_nothing_leaves_the_scratch_server(tmp_path: Path, binaries: Path) -> None:
    out = tmp_path / "out"
    tmp_path.chmod(0o777)
    with _built(tmp_path, binaries, OUTWARDS.replace("OUT", str(out)), _TRAP.replace("OUT", str(out))) as (
        patient,
        faults,
    ):
        assert patient.judge("SELECT * FROM at_the_end").problem is None
        assert patient.judge("ALTER TABLE at_the_end ADD COLUMN j int").problem is None
        assert patient.judge("SELECT pg_read_file('/etc/passwd')").problem is None  # it is only parsed
    told = {one.line for one in faults if one.file.endswith("0_a.sql")}
    asked = set(range(1, OUTWARDS.count("\n") + 1))
    assert asked - told <= set(NO_FAULT_OF_ITS_OWN)
    assert "root:" not in str(faults)
    assert not out.exists()


# What a superuser would run if he looked at this database with the path that its owner set for everybody.
_TRAP = """
CREATE SCHEMA fireline_scratch;
CREATE FUNCTION fireline_scratch.trap() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) current_user) THEN
    EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch OUT''';
  END IF; END $$;
CREATE FUNCTION public.current_setting(text, boolean) RETURNS text LANGUAGE plpgsql AS $$
  BEGIN PERFORM fireline_scratch.trap(); RETURN pg_catalog.current_setting($1, $2); END $$;
CREATE FUNCTION public.over(int, int) RETURNS int LANGUAGE plpgsql AS $$
  BEGIN PERFORM fireline_scratch.trap(); RETURN $1 OPERATOR(pg_catalog./) $2; END $$;
CREATE OPERATOR public./ (leftarg = int, rightarg = int, function = public.over);
CREATE FUNCTION public.same(name, text) RETURNS bool LANGUAGE plpgsql AS $$
  BEGIN PERFORM fireline_scratch.trap(); RETURN true; END $$;
CREATE OPERATOR public.= (leftarg = name, rightarg = text, function = public.same);
CREATE ROLE fireline_reader;
CREATE TABLE kept (i int);
ALTER TABLE kept OWNER TO fireline_reader;
ALTER DATABASE postgres SET search_path = public, pg_catalog;
ALTER DATABASE postgres SET default_transaction_read_only = on;
ALTER DATABASE postgres SET statement_timeout = 1;
ALTER DATABASE postgres CONNECTION LIMIT 0;
"""


ENDLESS = (
    "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$;",
    "SELECT set_config('statement_timeout', '0', false);\nSELECT pg_sleep(60);",
    "SELECT repeat('x', 10000), generate_series(1, 1000000000000);",
    "COPY (SELECT repeat('x', 10000), generate_series(1, 1000000000000)) TO STDOUT;",
    "DO $$ BEGIN LOOP RAISE NOTICE '%', repeat('x', 1000); END LOOP; END $$;",
    "WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT count(*) FROM r;",
)
BROKEN = (
    "SELECT pg_terminate_backend(pg_backend_pid());\nCREATE TABLE later (i int);",
    "SET idle_session_timeout = '1ms';\nSELECT pg_sleep(0.01);",
    "CREATE TABLE c (i int);\nCOPY c FROM STDIN;\nCOPY c TO STDOUT;",
    "BEGIN;\nSELECT 'abc;",
    "ALTER ROLE postgres PASSWORD 'x';\nSELECT pg_terminate_backend(pg_backend_pid());",
    "DO $$ BEGIN RAISE EXCEPTION '%', repeat('x', 100000000); END $$;",
    "\\! touch OUT\n\\i /etc/passwd\n\\copy c to program 'touch OUT'\n\\set a 1\nSELECT 1/0;",
)


def test_each_ends_and_the_rest_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "STATEMENT_SECONDS", 0.3)
    monkeypatch.setattr(session, "_GRACE", 0.3)
    monkeypatch.setattr(session, "_TICK", 0.1)
    monkeypatch.setitem(session._OPTIONS, "statement_timeout", "300ms")
    begun = time.monotonic()
    out = tmp_path / "out"
    with _built(tmp_path, None, *ENDLESS, *(one.replace("OUT", str(out)) for one in BROKEN)) as (patient, faults):
        assert patient.judge("SELECT * FROM at_the_end").problem is None
    assert time.monotonic() - begun < 60
    said = {(int(Path(one.file).name.partition("_")[0]), one.line): one for one in faults}
    assert {(0, 1), (1, 2), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (8, 2), (9, 2), (12, 1), (12, 2), (12, 3)} <= set(
        said
    )
    assert all(said[number, line].unknown for number, line in ((0, 1), (1, 2), (2, 1), (3, 1), (6, 1), (12, 1)))
    assert said[12, 5].unknown is None  # the line of what really fails
    assert max(len(one.message) for one in faults) < 3000
    assert not out.exists()


def test_memory_and_room_have_an_end_and_then_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "ROOM", 100_000_000)
    monkeypatch.setattr(building, "MEMORY", 1_000_000_000)
    monkeypatch.setattr(session, "_TICK", 0.1)
    hungry = (
        "DO $$ DECLARE a text := 'x'; b text[]; BEGIN LOOP a := repeat('x', 200000000); b := b || a; END LOOP; END $$;"
    )
    filling = "CREATE TABLE big AS SELECT repeat(md5(i::text), 30) FROM generate_series(1, 1000000000) i;"
    for number, text in enumerate((hungry, filling, LAST)):
        (tmp_path / f"{number}_a.sql").write_text(text)
    with built(tmp_path) as (patient, faults):
        missing = patient.judge("SELECT * FROM at_the_end")
        other = patient.judge("SELECT * FROM nobody_knows")
        still = patient.judge("SELECT 1/'x'")
    assert [(Path(one.file).name, one.sqlstate) for one in faults][:2] == [("0_a.sql", "53200"), ("1_a.sql", "57014")]
    assert "did not apply" in str(missing.unknown)
    assert "room" in str(other.unknown)
    assert still.problem is not None


def test_what_can_not_be_read_as_a_file_is_said_and_opened_no_further(tmp_path: Path) -> None:
    secret = tmp_path / "secret.env"
    secret.write_text("TOKEN=very-secret\n")
    folder = tmp_path / "repo" / "migrations"
    folder.mkdir(parents=True)
    (folder / "1_link.sql").symlink_to(secret)
    (folder / "2_nul.sql").write_bytes(b"CREATE TABLE a (i int);\0CREATE TABLE b (i int);")
    (folder / "3_big.sql").write_bytes(b"SELECT 1;\n" * 500_001)
    (folder / "4_loop.sql").symlink_to("4_loop.sql")
    (folder / "²5²6_odd.sql").write_text("CREATE TABLE odd (i int);")
    (folder / "9_in.sql").symlink_to(folder / "²5²6_odd.sql")
    (folder / "99_x.sql").write_bytes(b"SELECT '\xff\xfe';\n")
    with built(folder) as (patient, faults):
        assert "was not read" in str(patient.judge("SELECT * FROM b").unknown)
        assert patient.judge("SELECT * FROM odd").problem is None
    told = {Path(one.file).name: one for one in faults}
    assert {"1_link.sql", "2_nul.sql", "3_big.sql"} <= set(told)
    assert all(told[name].unknown for name in ("1_link.sql", "2_nul.sql", "3_big.sql"))
    assert "very-secret" not in str(faults)


def test_pipes_and_folders_named_like_migrations_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "1" / "migration.sql").mkdir(parents=True)
    (tmp_path / "2").mkdir()
    os.mkfifo(tmp_path / "2" / "migration.sql")
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "migration.sql").write_text("CREATE TABLE a (i int);")
    *odd, good = files(tmp_path)
    for one in odd:
        with pytest.raises(Unread, match="no regular file"):
            list(pieces(one))
    assert [one.sql for one in pieces(good)] == ["CREATE TABLE a (i int)"]


@pytest.mark.parametrize(
    "text", ["copy x\n" * 20_000, "copy a from stdin;\n\\.\n" * 10_000, "\\! x\n" * 20_000, "from " * 40_000]
)
def test_a_long_file_is_cut_in_time(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.sql").write_text(text)
    begun = time.monotonic()
    for file in files(tmp_path):
        list(pieces(file))
    assert time.monotonic() - begun < 10


KILLED = """
import sys, time
from pathlib import Path
from fireline.runbook.lint.migrations import building
with building.built(Path(sys.argv[1])) as (patient, _):
    print("there", flush=True)
    time.sleep(120)
"""


def test_a_lint_that_is_killed_leaves_neither_server_nor_folder(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("CREATE TABLE a (i int);")
    (tmp_path / "fireline").mkdir()
    (tmp_path / "fireline" / "__init__.py").write_text("open('hacked', 'w')")  # what lies in the folder is not imported
    lint = subprocess.Popen([sys.executable, "-P", "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, cwd=tmp_path)
    assert lint.stdout is not None
    assert lint.stdout.readline() == b"there\n"
    (held,) = Path("/tmp").glob(f"{PREFIX}{lint.pid}-*")
    lint.send_signal(signal.SIGKILL)
    lint.wait()
    lint.stdout.close()
    ends = time.monotonic() + 30
    while held.exists() and time.monotonic() < ends:
        time.sleep(0.05)
    assert not held.exists()
    assert not (tmp_path / "hacked").exists()

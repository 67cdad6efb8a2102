from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg
import pytest

from fireline.errors import Refused
from fireline.postgres.client_tools import ClientTools, ToolFailed, environment, run
from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.recovery import archive
from tests.recovery import dumps
from tests.recovery.archive.conftest import Dumps


@pytest.mark.parametrize("form", ["sql", "sql.gz", "sql.zst.age", "clean.sql", "inserts.sql"])
def test_what_is_streamed_loads_into_a_database(form: str, dumped: Dumps, tools: ClientTools, patient: Target) -> None:
    found = archive.look(dumped(18)[form], identity=dumps.IDENTITY)
    with archive.stream(found, tools=tools) as reader, environment(patient.dsn) as access:
        argv = [tools.program("psql"), "-Xqw", "--set=ON_ERROR_STOP=1", f"--dbname={access.conninfo}"]
        run(argv, access.env, watch=Watch(), stdin=reader)
    with psycopg.connect(patient.dsn.reveal()) as conn:
        assert conn.execute('SELECT count(*) FROM "Odd; Name".notes').fetchone() == (dumps.ROWS,)


def test_nothing_reaches_psql_before_it_was_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "sly.sql"
    evil = tmp_path / "evil"
    path.write_text(f"SELECT 1{' ' * 300_000}\n\\! touch {evil}\n;\n")
    got = b""
    with (
        archive.stream(archive.look(path), foreign=True) as reader,
        pytest.raises(Refused, match="command to psql inside"),
    ):
        got += reader.read(1 << 20)
    assert b"touch" not in got


@pytest.mark.debian15
@pytest.mark.parametrize("form", ["sql", "sql.gz.age"])
def test_what_a_newer_pg_dump_sets_does_not_hinder_an_older_server(
    form: str, patient15: Target, tools: ClientTools, tmp_path: Path
) -> None:
    dumps.fill(patient15.dsn.reveal())
    path = dumps.dump(tools, patient15.dsn.reveal(), tmp_path / "new.sql")
    assert b"SET transaction_timeout" in path.read_bytes()
    if form != "sql":
        path.write_bytes(dumps.PACKED["gz.age"](path.read_bytes()))
    found = archive.look(path, identity=dumps.IDENTITY)
    with psycopg.connect(patient15.dsn.reveal(), autocommit=True) as conn:
        conn.execute("SELECT lo_unlink(oid) FROM pg_largeobject_metadata")
        conn.execute('DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA "Odd; Name" CASCADE')
    with archive.stream(found, server_major=15) as reader, environment(patient15.dsn) as access:
        argv = [tools.program("psql"), "-Xqw", "--set=ON_ERROR_STOP=1", f"--dbname={access.conninfo}"]
        run(argv, access.env, watch=Watch(), stdin=reader)
    with psycopg.connect(patient15.dsn.reveal()) as conn:
        assert conn.execute('SELECT count(*) FROM "Odd; Name".notes').fetchone() == (dumps.ROWS,)


@pytest.mark.parametrize("own", [True, False])
def test_psql_itself_takes_no_commands_from_a_script(
    own: bool, tools: ClientTools, patient: Target, tmp_path: Path
) -> None:
    trace, path = tmp_path / "trace", tmp_path / "sly.sql"
    # A function of the dump changes how psql reads texts, so that what is a text for us is none for it.
    path.write_text(
        ("\\restrict own\n" if own else "") + "CREATE FUNCTION sly() RETURNS text LANGUAGE plpgsql AS $$ BEGIN"
        " PERFORM set_config('standard' || '_conforming_strings', 'off', false); RETURN ''; END $$;\n"
        f"SELECT sly();\nSELECT '\\', ' \\! touch {trace}\n';\n" + ("\\unrestrict own\n" if own else "")
    )
    argv = [tools.program("psql"), "-Xqw", "--set=ON_ERROR_STOP=1"]
    with environment(patient.dsn) as access:
        if not own:
            subprocess.run([*argv, f"--dbname={access.conninfo}", f"--file={path}"], env=access.env, check=False)
            assert trace.exists()
            trace.unlink()
            subprocess.run(
                [*argv, f"--dbname={access.conninfo}", "--command=DROP FUNCTION sly"], env=access.env, check=True
            )
        argv.append(f"--dbname={access.conninfo}")
        with (
            archive.stream(archive.look(path), foreign=True, tools=tools) as reader,
            pytest.raises(ToolFailed, match="restrict"),
        ):
            run(argv, access.env, watch=Watch(), stdin=reader)
    assert not trace.exists()


def test_a_dump_with_a_byte_order_mark_loads(
    dumped: Dumps, tools: ClientTools, patient: Target, tmp_path: Path
) -> None:
    path = tmp_path / "bom.sql"
    path.write_bytes(b"\xef\xbb\xbf" + dumped(18)["sql"].read_bytes())
    with archive.stream(archive.look(path), tools=tools) as reader, environment(patient.dsn) as access:
        argv = [tools.program("psql"), "-Xqw", "--set=ON_ERROR_STOP=1", f"--dbname={access.conninfo}"]
        run(argv, access.env, watch=Watch(), stdin=reader)


def test_an_archive_is_not_streamed_to_psql(dumped: Dumps) -> None:
    with pytest.raises(Refused, match="is no script"), archive.stream(archive.look(dumped(18)["dump"])):
        pass


def test_the_bytes_inside_are_the_same(dumped: Dumps) -> None:
    found = archive.look(dumped(18)["dump.age"], identity=dumps.IDENTITY)
    with archive.opened(found) as reader:
        assert b"".join(iter(lambda: reader.read(1000), b"")) == dumped(18)["dump"].read_bytes()

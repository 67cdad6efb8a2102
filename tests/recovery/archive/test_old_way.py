"""Each way in which the usual restore loses data and reports success: first that it does so, then that ours refuses in one line."""

from __future__ import annotations

import gzip
import shlex
import shutil
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


def usual(script: str, patient: Target, tools: ClientTools) -> int:
    """Run it by a shell as a runbook does; "$DB" leads to the patient."""
    with environment(patient.dsn) as access:
        where = shlex.quote(access.conninfo)
        env = {**access.env, "PATH": f"{tools.folder}:{access.env['PATH']}"}
        return subprocess.run(
            ["bash", "-c", f"DB={where}; {script}"], env=env, capture_output=True, check=False
        ).returncode


def rows(patient: Target, table: str) -> int | None:
    with psycopg.connect(patient.dsn.reveal()) as conn:
        if conn.execute("SELECT to_regclass(%s)", [table]).fetchone() == (None,):
            return None
        found = conn.execute(psycopg.sql.SQL("SELECT count(*) FROM ") + psycopg.sql.SQL(table)).fetchone()
        assert found is not None
        return int(found[0])


def refused(path: Path, tools: ClientTools, words: str) -> None:
    with pytest.raises(Refused, match=words) as ours:
        archive.check(archive.look(path), tools, Watch())
    assert "\n" not in ours.value.message
    assert path.name in ours.value.message


@pytest.mark.parametrize("share", [0.99, 0.7, 0.4])
def test_a_cut_file(share: float, dumped: Dumps, patient: Target, tools: ClientTools, tmp_path: Path) -> None:
    whole = dumped(18)["sql.gz"].read_bytes()
    cut = tmp_path / "backup.sql.gz"
    cut.write_bytes(whole[: int(len(whole) * share)])
    assert usual(f'gunzip -c {cut} | psql "$DB"', patient, tools) == 0
    assert (rows(patient, "pg_policy") or 0) + (rows(patient, "pg_default_acl") or 0) < 2  # they stand at the end
    refused(cut, tools, "the gzip data is cut")


def test_a_file_that_is_no_backup(patient: Target, tools: ClientTools, tmp_path: Path) -> None:
    page = tmp_path / "backup.sql.gz"
    page.write_bytes(gzip.compress(b"<html><body>403 Forbidden</body></html>\n"))
    assert usual(f'gunzip -c {page} | psql "$DB"', patient, tools) == 0
    refused(page, tools, "a page or a message of a web server")


def test_a_backup_that_could_not_connect(patient: Target, tools: ClientTools, tmp_path: Path) -> None:
    nothing = tmp_path / "backup.sql.gz"
    assert usual(f'pg_dump "host=/nowhere" | gzip > {nothing}', patient, tools) == 0
    assert nothing.stat().st_size == 20
    assert usual(f'gzip -t {nothing} && gunzip -c {nothing} | psql "$DB"', patient, tools) == 0
    refused(nothing, tools, "nothing is in it: 20 bytes")


def test_a_disk_that_was_full_from_the_begin(patient: Target, tools: ClientTools, tmp_path: Path) -> None:
    empty = tmp_path / "backup.sql"
    empty.touch()
    assert usual(f'psql "$DB" < {empty}', patient, tools) == 0
    refused(empty, tools, "0 bytes")


def test_a_pg_dump_that_was_killed(dumped: Dumps, patient: Target, tools: ClientTools, tmp_path: Path) -> None:
    killed = tmp_path / "backup.sql"
    whole = dumped(18)["sql"].read_bytes()
    killed.write_bytes(whole[: whole.index(b"COPY public.parent")])
    assert usual(f'psql --set=ON_ERROR_STOP=1 "$DB" < {killed}', patient, tools) == 0  # even so
    assert rows(patient, "parent") == 0
    refused(killed, tools, "it is cut: the last line that pg_dump writes is missing")


def test_an_archive_whose_pg_dump_was_killed(
    dumped: Dumps, patient: Target, tools: ClientTools, tmp_path: Path
) -> None:
    killed = tmp_path / "backup.dump"
    whole = dumped(18)["dump"].read_bytes()
    killed.write_bytes(whole[: len(whole) * 3 // 4])
    assert usual(f"pg_restore --list {killed} && file -b {killed} || true", patient, tools) == 0  # what people check
    refused(killed, tools, "cut or damaged")


@pytest.mark.parametrize("form", ["raw.directory", "directory"])
def test_a_file_of_a_folder_that_was_not_copied_whole(
    form: str, dumped: Dumps, patient: Target, tools: ClientTools, tmp_path: Path
) -> None:
    copy = shutil.copytree(dumped(18)[form], tmp_path / "backup")
    file = max(copy.glob("[0-9]*.dat*"), key=lambda one: one.stat().st_size)
    content = file.read_bytes()
    kept = content[: len(content) * 2 // 3]
    file.write_bytes(kept if form == "directory" else kept[: kept.rindex(b"\n") + 1])
    status = usual(f'pg_restore --no-owner --no-acl --exit-on-error --dbname="$DB" {copy}', patient, tools)
    if form == "raw.directory":
        assert status == 0
        assert 0 < (rows(patient, '"Odd; Name".notes') or 0) < dumps.ROWS
    refused(copy, tools, f"{file.name} in it: .*cut")


def test_a_script_that_goes_elsewhere(patient: Target, patient_two: Target, tools: ClientTools, tmp_path: Path) -> None:
    with psycopg.connect(patient_two.dsn.reveal()) as conn:
        other = conn.info.dbname
    script = tmp_path / "backup.sql"
    script.write_text(f"-- PostgreSQL database dump\n\\connect {other}\nCREATE TABLE lost (n int);\n")
    assert usual(f'psql "$DB" < {script}', patient, tools) == 0
    assert rows(patient, "lost") is None
    assert rows(patient_two, "lost") == 0
    refused(script, tools, "line 2: it leaves the database that is restored into")


def test_a_script_that_runs_programs(patient: Target, tools: ClientTools, tmp_path: Path) -> None:
    script, trace = tmp_path / "backup.sql", tmp_path / "trace"
    script.write_text(f"-- PostgreSQL database dump\nSELECT 1;\n\\! touch {trace}\n")
    assert usual(f'psql "$DB" < {script}', patient, tools) == 0
    assert trace.exists()
    refused(script, tools, "line 3: it runs a program")


def test_something_behind_the_gzip_data(dumped: Dumps, patient: Target, tools: ClientTools, tmp_path: Path) -> None:
    more = tmp_path / "backup.sql.gz"
    more.write_bytes(dumped(18)["sql.gz"].read_bytes() + b"garbage of a bad copy")
    assert usual(f'gunzip -c {more} | psql "$DB"', patient, tools) == 0
    refused(more, tools, "something that is no gzip data stands behind the end")


def test_a_source_whose_foreign_key_does_not_hold(
    patient: Target, patient_two: Target, tools: ClientTools, tmp_path: Path
) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int REFERENCES p)")
        conn.execute("SET session_replication_role = replica")
        conn.execute("INSERT INTO c VALUES (1)")
    path = dumps.dump(tools, patient.dsn.reveal(), tmp_path / "backup.sql")
    assert usual(f'psql "$DB" < {path}', patient_two, tools) == 0
    with psycopg.connect(patient_two.dsn.reveal(), autocommit=True) as conn:
        assert conn.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'f'").fetchone() == (0,)
        conn.execute("DROP TABLE c; DROP TABLE p")
    found = archive.look(path)  # the file is whole: only loading it shows
    archive.check(found, tools, Watch())
    with archive.stream(found) as reader, environment(patient_two.dsn) as access:
        argv = [tools.program("psql"), "-Xqw", "--set=ON_ERROR_STOP=1", f"--dbname={access.conninfo}"]
        with pytest.raises(ToolFailed, match='violates foreign key constraint "c_id_fkey"'):
            run(argv, access.env, watch=Watch(), stdin=reader)

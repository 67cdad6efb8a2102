"""What is to be restored: found by name or path, said plainly when it is not here, and unwrapped where nobody else can look."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest

from fireline.errors import NotFound, Refused
from fireline.postgres import client_tools
from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.recovery import backups, sources
from fireline.recovery.manifest import MANIFEST
from fireline.recovery.sources import Source
from fireline.settings import Settings
from fireline.store.connect import Connection
from tests.recovery.place import owner, school, settings_in

SCRIPT = b"""-- PostgreSQL database dump
CREATE TABLE t (i int);
-- PostgreSQL database dump complete
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture
def wrapped(patient: Target, tmp_path: Path) -> Path:
    """An archive of pg_dump inside gzip, which pg_restore can not read as it is."""
    school(patient)
    plain, packed = tmp_path / "plain.dump", tmp_path / "app.dump.gz"
    with owner(patient) as conn:
        tools = client_tools.find(conn.info.server_version // 10000)
    with client_tools.environment(patient.dsn) as access:
        argv = [tools.program("pg_dump"), "--format=custom", f"--dbname={access.conninfo}", f"--file={plain}"]
        subprocess.run(argv, env=access.env, check=True)
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    return packed


def begun(conn: Connection, settings: Settings, name: str = "main-1") -> Path:
    """A row of a backup in the folder of the settings."""
    folder = backups.home(settings) / name
    backups.begin(conn, name=name, target="main", database="app", folder=folder, encrypted=False, by="ada")
    return folder


def test_a_name_of_nothing_is_not_found(conn: Connection, settings: Settings) -> None:
    for wanted in ("nothing", "latest", "/nowhere/at/all"):
        with pytest.raises(NotFound, match="there is no backup"):
            sources.find(conn, settings, wanted, target="main")


def test_a_backup_that_failed_is_refused_with_its_reason(conn: Connection, settings: Settings) -> None:
    begun(conn, settings)
    with pytest.raises(Refused, match="backup main-1 is taking"):
        sources.find(conn, settings, "main-1")
    backups.fail(conn, "main-1", "the disk was full")
    with pytest.raises(Refused, match="is failed: the disk was full"):
        sources.find(conn, settings, "main-1")


def test_one_that_lies_on_another_machine_is_said_to_lie_there(conn: Connection, settings: Settings) -> None:
    folder = begun(conn, settings)
    conn.execute("UPDATE backup SET state = 'whole', host = 'far-away', snapshot_at = begun_at")
    with pytest.raises(Refused, match=f"not on this machine: {folder} on far-away"):
        sources.find(conn, settings, "main:latest")


def test_a_foreign_file_is_known_again_only_as_long_as_nobody_changes_it(
    conn: Connection, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "app.sql"
    file.write_bytes(SCRIPT)
    source = sources.find(conn, settings, str(file))
    assert (source.made, source.snapshot_at, source.archive.kind) == (None, None, "sql")
    assert source.size == 3 * len(SCRIPT)
    assert sources.find(conn, settings, str(file)).captured() == source.captured()
    file.write_bytes(SCRIPT + b"\n")
    assert sources.find(conn, settings, str(file)).captured() != source.captured()


def test_a_name_goes_before_a_file_of_the_same_name(
    conn: Connection, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main-1").write_bytes(SCRIPT)
    assert sources.find(conn, settings, "main-1").archive.kind == "sql"
    begun(conn, settings)
    with pytest.raises(Refused, match="is taking"):
        sources.find(conn, settings, "main-1")


def test_without_its_key_an_encrypted_one_can_be_named_and_not_read() -> None:
    with pytest.raises(Refused, match="main-1 is encrypted, and its key is not here"):
        _ = Source("main-1", Path("/x"), None).archive


def test_a_folder_with_a_manifest_that_nobody_signed_is_not_taken_for_a_foreign_dump(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / MANIFEST).write_text("{}")
    with pytest.raises(Refused, match="is no whole backup"):
        sources.at(tmp_path / "folder", settings)


def test_a_wrapped_archive_is_unwrapped_into_a_private_folder_that_is_removed(
    wrapped: Path, settings: Settings, tmp_path: Path
) -> None:
    source = sources.at(wrapped, settings)
    assert source.archive.wrapped
    with sources.unwrapped(source, settings, Watch()) as opened:
        assert opened.path.read_bytes() == (tmp_path / "plain.dump").read_bytes()
        assert opened.path.parent.stat().st_mode & 0o777 == 0o700
        assert (opened.label, opened.archive.wrapped) == (source.label, False)
    assert list(backups.home(settings).iterdir()) == []
    plain = sources.at(tmp_path / "plain.dump", settings)
    with sources.unwrapped(plain, settings, Watch()) as opened:
        assert opened is plain


def test_whatever_happens_meanwhile_what_was_unwrapped_is_removed(
    wrapped: Path, settings: Settings, tmp_path: Path
) -> None:
    source = sources.at(wrapped, settings)
    with pytest.raises(ZeroDivisionError), sources.unwrapped(source, settings, Watch()):
        raise ZeroDivisionError
    wrapped.write_bytes(wrapped.read_bytes()[:-100])  # cut after it was looked at
    with pytest.raises(Refused, match="cut"), sources.unwrapped(source, settings, Watch()):
        pass
    assert list(backups.home(settings).iterdir()) == []

"""`fireline backup` and `fireline restore`, carried out by a worker, as a person types and reads them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from fireline.postgres.connect import Target
from tests.cli.conftest import Fireline
from tests.recovery.place import USERS, databases, owner, school


def test_nothing_is_there_yet_and_what_to_do_is_said(house: Fireline) -> None:
    assert "There are no backups yet: `fireline backup create --target T` takes one." in house("backup", "list").out
    assert "Nothing is restored: `fireline restore BACKUP --target T`" in house("restore", "list").out
    for words in (("backup", "show", "nothing"), ("restore", "show", "latest")):
        done = house(*words)
        assert (done.code, done.out) == (2, "")
        assert "no backup" in done.err or "no restore" in done.err


def test_a_backup_is_taken_shown_read_again_and_restored_beside(
    house: Fireline, worker: subprocess.Popen[str], patient: Target, tmp_path: Path
) -> None:
    school(patient)
    taken = house("backup", "create", "--yes")
    assert taken.code == 0, taken.out + taken.err
    (one,) = house.data("backup", "list")
    assert (one["target"], one["state"], one["rows"], one["tables"]) == ("main", "whole", 2 * USERS, 2)
    listed = house("backup", "list").out
    assert one["name"] in listed
    assert "never" in listed
    shown = house("backup", "show", "main:latest").out
    assert f"{one['name']}  whole" in shown
    assert "public.users" in shown
    assert "proved   never" in shown
    assert "is whole: its signature and every checksum are right" in " ".join(house("backup", "verify").out.split())
    folder = house.folder / "elsewhere" / one["name"]
    shutil.copytree(one["folder"], folder)
    with_no_store = house("backup", "verify", str(folder), FIRELINE_DATABASE_URL="host=127.0.0.1 port=1 dbname=nowhere")
    assert with_no_store.code == 0, with_no_store.err
    assert with_no_store.out == f"{folder} is whole: read to its end.\n"
    file = max((folder / "data").iterdir(), key=lambda path: path.stat().st_size)
    file.write_bytes(file.read_bytes()[:-1])
    spoilt = house("backup", "verify", str(folder))
    assert spoilt.code == 1
    assert "the backup was altered or cut" in spoilt.err
    with owner(patient) as conn:
        conn.execute("DELETE FROM assignments WHERE id = 1")
    restored = house("restore", "latest", "--yes")
    assert restored.code == 0, restored.out + restored.err
    (row,) = house.data("restore", "list")
    assert (row["state"], row["source"], row["beside"] in databases(patient)) == ("passed", one["name"], True)
    assert "PASS" in house("restore", "list").out
    report = house("restore", "show").out
    assert "PASS: every row, sequence and object is as it was backed up" in report
    assert f"2 tables, {2 * USERS:,} rows; loaded in " in report
    assert house("resolve", "drop-restored", "latest", "--yes").code == 0
    assert row["beside"] not in databases(patient)


def test_the_script_that_takes_the_place_of_a_projects_own_is_written_once(bare: Fireline) -> None:
    printed = bare("backup", "script").out
    assert printed.startswith("#!")
    done = bare("backup", "script", "--to", "scripts/backup-manager.sh")
    assert done.out == "written: scripts/backup-manager.sh\n"
    file = bare.folder / "scripts" / "backup-manager.sh"
    assert file.read_text() == printed
    assert os.access(file, os.X_OK)
    subprocess.run(["bash", "-n", file], check=True)
    file.write_text("mine")
    again = bare("backup", "script", "--to", "scripts/backup-manager.sh")
    assert (again.code, file.read_text()) == (1, "mine")
    assert "is there already" in again.err

"""`fireline backup` and `fireline restore`, carried out by a worker, as a person types and reads them."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

from fireline.postgres.connect import Target
from tests.cli.conftest import Fireline
from tests.recovery.place import USERS, count, databases, owner, school


def test_nothing_is_there_yet_and_what_to_do_is_said(house: Fireline) -> None:
    assert "There are no backups yet: `fireline backup create` takes one." in house("backup", "list").out
    assert "Nothing is restored: `fireline restore BACKUP`" in house("restore", "list").out
    for words in (("backup", "show", "nothing"), ("restore", "show", "latest")):
        done = house(*words)
        assert (done.code, done.out) == (2, "")
        assert "no backup" in done.err or "nothing is restored yet" in done.err


def test_a_backup_is_taken_shown_read_again_and_restored_beside(
    house: Fireline, worker: int, patient: Target, tmp_path: Path
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


def test_the_script_takes_lists_verifies_restores_beside_and_cleans_up(
    house: Fireline, worker: int, patient: Target
) -> None:
    school(patient)
    script = house.folder / "scripts" / "backup-manager.sh"
    assert house("backup", "script", "--to", str(script)).code == 0
    program = house.folder / "fireline"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m fireline "$@"\n')
    program.chmod(0o755)

    def say(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(script), *words], cwd=house.folder, env={**house.clean, "FIRELINE_COMMAND": str(program)},
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    assert say().returncode == 2
    assert "backup-manager.sh restore FILE|BACKUP" in say("nonsense").stderr
    assert say("restore").returncode == 2
    taken = say("full")
    assert taken.returncode == 0, taken.stdout + taken.stderr
    (one,) = house.data("backup", "list")
    assert one["name"] in say("list").stdout
    assert say("verify", "latest").returncode == 0
    before = databases(patient)
    with owner(patient) as conn:
        conn.execute("DELETE FROM assignments")
    restored = say("restore", "latest")
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert "The database in use was not touched." in restored.stdout
    assert count(patient, "assignments") == 0
    (beside,) = databases(patient) - before
    assert count(patient, "assignments", beside) == USERS
    cut = house.folder / "backup.sql.gz"
    cut.write_bytes(gzip.compress(b"-- PostgreSQL database dump\nSELECT 1;\n")[:-9])
    refused = say("restore", "backup.sql.gz")
    assert refused.returncode != 0
    assert say("cleanup").returncode == 0  # there is nothing to clean up
    assert house("resolve", "drop-restored", "latest", "--yes").code == 0

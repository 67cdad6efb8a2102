"""What a killed process has left is cleared away by anybody, and what a living one uses never is."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from fireline import clock
from fireline.cluster.binaries import find_binaries
from fireline.recovery import backups, leftovers, restores
from fireline.store.connect import Store
from tests.recovery.place import settings_in

HOLDS = """
import sys, time
from pathlib import Path
from fireline.recovery import scratch
from tests.recovery.place import settings_in
with scratch.server(settings_in(Path(sys.argv[1])), int(sys.argv[2])) as target:
    print(target.dsn.reveal(), flush=True)
    time.sleep(600)
"""


def test_the_scratch_server_of_a_killed_process_is_stopped_and_that_of_a_living_one_is_not(
    store: Store, tmp_path: Path
) -> None:
    settings, major = settings_in(tmp_path), find_binaries().major
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", HOLDS, str(tmp_path), str(major)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        dsn = process.stdout.readline().strip()
        leftovers.clear(store, settings)
        psycopg.connect(dsn).close()
        process.kill()
        process.wait()
        psycopg.connect(dsn).close()  # the server outlives who started it
    leftovers.clear(store, settings)
    assert list((tmp_path / "own" / "scratch").iterdir()) == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn, connect_timeout=2)


def test_a_half_backup_is_cleared_away_once_nobody_makes_it_even_if_it_has_no_row(store: Store, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    part = tmp_path / "backups" / "main-20260101-000000.part"
    with backups.taking(part):
        (part / "half").write_text("of it")
        leftovers.clear(store, settings)
        assert (part / "half").exists()
    part.with_name(f"{part.name}.taking").touch()  # as one that was killed leaves it
    leftovers.clear(store, settings)
    assert list(part.parent.iterdir()) == []


def test_a_restore_that_nobody_loads_any_more_has_failed_and_one_under_way_or_just_begun_has_not(
    store: Store, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path)
    with store.transaction() as conn:
        loaded, dead = (
            restores.begin(
                conn, target="main", source="a file", backup=None, database="app", beside=f"app_{token}",
                token=token, snapshot_at=None, by="ada",
            )
            for token in ("one", "two")
        )  # fmt: skip

    def states() -> dict[int, str]:
        with store.transaction() as conn:
            return {row["id"]: row["state"] for row in conn.execute("SELECT id, state FROM restore").fetchall()}

    leftovers.clear(store, settings)
    assert states() == {loaded: "restoring", dead: "restoring"}
    with clock.moved(timedelta(minutes=2)), restores.loading(store, loaded):
        leftovers.clear(store, settings)
    assert states() == {loaded: "restoring", dead: "failed"}

"""A backup: dump and census of one moment, signed last, whole or not there at all, and never in anybody's way."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fireline.errors import FirelineError, NotFound, Refused
from fireline.postgres.connect import Target, connect
from fireline.postgres.watch import Watch
from fireline.recovery import backups, dump, keys, manifest, quick_gzip
from fireline.recovery.archive.files import check_files
from fireline.recovery.dump import Order
from fireline.recovery.manifest import Sealed
from fireline.settings import Recovery
from tests.servers import PATIENTS

ROWS = 2_000
SMALL = (
    "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL)",
    f"INSERT INTO users SELECT i, 'user ' || i FROM generate_series(1, {ROWS}) i",
    "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int REFERENCES users, total numeric(8, 2))",
    f"INSERT INTO orders (user_id, total) SELECT i, i / 3.0 FROM generate_series(1, {ROWS}) i",
)


@contextmanager
def owner(target: Target) -> Iterator[psycopg.Connection[Any]]:
    """Somebody who may do everything."""
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        yield conn


def fill(target: Target) -> None:
    with owner(target) as conn:
        for statement in SMALL:
            conn.execute(statement.encode())


def settings_for(folder: Path, **more: Any) -> Recovery:
    return Recovery(folder=folder / "backups", key=folder / "key", **more)


def order_for(settings: Recovery, tools: Any, name: str = "main-1", *, recipients: tuple[str, ...] = ()) -> Order:
    return Order(name, settings.folder / name, 2, dump.compression(tools, "auto"), recipients)


def take(
    target: Target, settings: Recovery, *, watch: Watch | None = None, recipients: tuple[str, ...] = ()
) -> tuple[Path, Sealed]:
    found = dump.survey(target, settings)
    order = order_for(settings, found.tools, recipients=recipients)
    with backups.taking(order.part):
        return dump.take(target, order, found, settings, keys.signer(settings.key), watch or Watch())


@pytest.mark.parametrize("fixture", PATIENTS)
def test_a_backup_says_what_is_in_it_and_its_signature_holds_without_the_store(
    fixture: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    target: Target = request.getfixturevalue(fixture)
    fill(target)
    settings = settings_for(tmp_path)
    folder, sealed = take(target, settings)
    assert folder == settings.folder / "main-1"
    found = manifest.read(folder, keys.trusted(settings.key, [])).manifest
    assert found == sealed.manifest
    assert {name: table.rows for name, table in found.counted().tables.items()} == {
        "public.orders": ROWS,
        "public.users": ROWS,
    }
    assert found.sequences_after["public.orders_id_seq"][0] == ROWS
    assert found.tools["pg_dump"].split(".")[0] == str(found.server["major"])
    assert found.lsn is not None
    assert found.lsn.count("/") == 1
    manifest.check_files(folder, found, Watch())
    assert {path.name for path in settings.folder.iterdir()} == {"main-1"}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_dump_and_census_are_of_one_moment_whatever_is_written_meanwhile(patient: Target, tmp_path: Path) -> None:
    fill(patient)
    done = threading.Event()

    def write() -> None:
        with owner(patient) as conn:
            number = 0
            while not done.is_set():
                number += 1
                conn.execute("INSERT INTO users VALUES (%s, 'late')", [100_000 + number])
                conn.execute("DELETE FROM orders WHERE id = %s", [number])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        folder, sealed = take(patient, settings_for(tmp_path))
    finally:
        done.set()
        writer.join()
    counted = {name: table.rows for name, table in sealed.manifest.counted().tables.items()}
    tools = dump.survey(patient, settings_for(tmp_path)).tools
    dumped = subprocess.run(
        [tools.program("pg_restore"), "--file=-", str(folder / "data")], capture_output=True, text=True, check=True
    ).stdout
    for table, rows in counted.items():
        block = dumped.split(f"COPY {table} ")[1].split("\n\\.\n")[0]
        assert len(block.splitlines()) - 1 == rows


@pytest.mark.parametrize("spoil", ["cut", "altered", "missing", "extra", "renamed"])
def test_a_file_that_is_not_what_was_written_is_named(patient: Target, tmp_path: Path, spoil: str) -> None:
    fill(patient)
    folder, sealed = take(patient, settings_for(tmp_path))
    file = max((folder / "data").glob("*.dat*"), key=lambda path: path.stat().st_size)
    content = file.read_bytes()
    match spoil:
        case "cut":
            file.write_bytes(content[:-10])
        case "altered":
            file.write_bytes(content[:50] + bytes([content[50] ^ 1]) + content[51:])
        case "missing":
            file.unlink()
        case "extra":
            (folder / "data" / "more.dat").write_bytes(b"x")
        case "renamed":
            file.rename(file.with_name("other"))
    with pytest.raises(Refused, match=r"data/|more\.dat"):
        manifest.check_files(folder, sealed.manifest, Watch())


def test_a_manifest_that_was_altered_or_is_signed_by_a_stranger_is_refused(patient: Target, tmp_path: Path) -> None:
    fill(patient)
    settings = settings_for(tmp_path)
    folder, _ = take(patient, settings)
    trusted = keys.trusted(settings.key, [])
    with pytest.raises(Refused, match="not trusted here"):
        manifest.read(folder, {"SHA256:somebody"})
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace(f'"rows": {ROWS}', f'"rows": {ROWS - 1}'))
    with pytest.raises(Refused, match="does not match its signature"):
        manifest.read(folder, trusted)
    (folder / "manifest.json").write_text(text)
    manifest.read(folder, trusted)
    (folder / "manifest.sig").write_text("{")
    with pytest.raises(Refused, match="signature can not be read"):
        manifest.read(folder, trusted)
    (folder / "manifest.sig").unlink()
    with pytest.raises(Refused, match=r"no manifest\.sig, so it is no whole backup"):
        manifest.read(folder, trusted)
    with pytest.raises(NotFound):
        manifest.read(tmp_path / "nowhere", trusted)


def test_who_waits_for_a_table_behind_the_backup_is_let_through(patient: Target, tmp_path: Path) -> None:
    fill(patient)
    changed = threading.Event()
    ours = "SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.application_name = %s AND l.relation = 'users'::regclass"

    def alter() -> None:
        with owner(patient) as conn:
            while conn.execute(ours.encode(), [dump.APPLICATION]).fetchone() is None:
                time.sleep(0.01)
            conn.execute("ALTER TABLE users ADD COLUMN note text")
            changed.set()

    person = threading.Thread(target=alter)
    with owner(patient) as holder, holder.transaction():  # so that the dump holds one table and waits for another
        holder.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        person.start()
        with pytest.raises(Refused, match=r"the backup gave way: session \d+ \(ALTER TABLE users") as refused:
            take(patient, settings_for(tmp_path, give_way="0.3s", lock_wait="1m"))
        person.join(timeout=30)
    assert changed.is_set()
    assert "give_way" in str(refused.value.hint)
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_table_that_is_locked_is_named_and_nobody_waits_behind_us(patient: Target, tmp_path: Path) -> None:
    fill(patient)
    with owner(patient) as holder, holder.transaction():
        holder.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(FirelineError, match=r"orders|lock timeout"):
            take(patient, settings_for(tmp_path, lock_wait="0.3s"))
    assert list((tmp_path / "backups").iterdir()) == []


def test_one_that_is_not_wanted_any_more_ends_and_leaves_nothing(patient: Target, tmp_path: Path) -> None:
    fill(patient)
    watch = Watch()
    watch.cancel.cancel()
    with pytest.raises(FirelineError):
        take(patient, settings_for(tmp_path), watch=watch)
    assert list((tmp_path / "backups").iterdir()) == []


def test_two_at_once_of_one_name_do_not_mix(patient: Target, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    part = settings.folder / "main-1.part"
    with backups.taking(part), pytest.raises(Refused, match="another backup"), backups.taking(part):
        raise AssertionError


def test_too_little_room_is_said_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"may take .*, and .* free"):
        dump.check_room(tmp_path / "deep" / "folder", 10**18)
    assert dump.check_room(tmp_path / "deep" / "folder", 1) > 0


def test_what_is_packed_by_us_needs_room_for_what_it_is_packed_from(
    patient: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(patient)
    found = replace(dump.survey(patient, settings_for(tmp_path)), content=10**9)
    assert found.tools.compressions == {"none", "gzip"}  # else pg_dump has something better
    assert dump.fitting(found, "auto", tmp_path, sealed=False)[0] == dump.PACKED
    assert dump.fitting(found, "auto", tmp_path, sealed=True)[0] == "gzip:1"
    assert dump.fitting(found, "gzip:3", tmp_path, sealed=False)[0] == "gzip:3"
    room = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room._replace(free=10**9))
    assert dump.fitting(found, "auto", tmp_path, sealed=False) == ("gzip:1", 5 * 10**8, 10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room._replace(free=10**8))
    with pytest.raises(Refused, match="may take"):
        dump.fitting(found, "auto", tmp_path, sealed=False)


def test_without_a_quick_gzip_pg_dump_compresses_by_itself(
    patient: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(patient)
    monkeypatch.setattr(quick_gzip, "QUICK", False)
    folder, sealed = take(patient, settings_for(tmp_path))
    assert sealed.manifest.archive["compress"] == "gzip:1"
    check_files(folder / "data", Watch())


DYING = """
import json, sys
from pathlib import Path
from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.recovery import backups, dump, keys
from fireline.redact import Secret
from fireline.settings import Recovery
told = json.load(sys.stdin)
target, folder = Target("main", Secret(told["dsn"])), Path(told["folder"])
settings = Recovery(folder=folder / "backups", key=folder / "key")
found = dump.survey(target, settings)
order = dump.Order("main-1", settings.folder / "main-1", 2, told["compress"])
print("begun", flush=True)
with backups.taking(order.part):
    dump.take(target, order, found, settings, keys.signer(settings.key), Watch())
"""


MOMENTS: dict[str, Callable[[Path], bool]] = {
    "its folder is made": lambda part: part.is_dir(),
    "rows are written": lambda part: any(part.glob("data/*.dat*")) or any(part.glob("raw/*.dat")),
    "the dump has ended": lambda part: (part / "data" / "toc.dat").is_file(),
}


@pytest.mark.chaos
@pytest.mark.parametrize("compress", ["gzip:9", dump.PACKED])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_backup_that_is_killed_is_none(patient: Target, tmp_path: Path, moment: str, compress: str) -> None:
    fill(patient)
    with owner(patient) as conn:
        conn.execute("CREATE TABLE wide AS SELECT i, repeat(md5(i::text), 100) AS t FROM generate_series(1, 20000) i")
    folder = tmp_path / "backups"
    with subprocess.Popen(
        [sys.executable, "-c", DYING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(json.dumps({"dsn": patient.dsn.reveal(), "folder": str(tmp_path), "compress": compress}))
        worker.stdin.close()
        assert worker.stdout.readline() == "begun\n"
        while worker.poll() is None and not MOMENTS[moment](folder / "main-1.part"):
            time.sleep(0.002)
        worker.kill()
    assert worker.returncode == -signal.SIGKILL or (folder / "main-1").is_dir()
    whole = [path for path in folder.iterdir() if path.is_dir() and not path.name.endswith(".part")]
    assert len([*whole, *folder.glob("*.part")]) == 1
    for path in whole:  # it was quick: then it is whole
        found = manifest.read(path, keys.trusted(tmp_path / "key", [])).manifest
        manifest.check_files(path, found, Watch())
    for part in folder.glob("*.part"):
        with pytest.raises(Refused, match="not whole"):
            manifest.read(part, keys.trusted(tmp_path / "key", []))
    ended = time.monotonic() + 10
    while time.monotonic() < ended:
        with connect(patient, acting=True, statement_timeout=timedelta(seconds=5)) as conn:
            left = conn.execute(
                "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = %s", [dump.APPLICATION]
            ).fetchone()
        if left == {"n": 0}:
            break
        time.sleep(0.1)
    assert left == {"n": 0}  # pg_dump died with its worker


def test_sequences_that_run_on_are_no_difference(patient: Target, tmp_path: Path) -> None:
    fill(patient)
    done = threading.Event()

    def draw() -> None:
        with owner(patient) as conn:
            while not done.is_set():
                conn.execute("SELECT nextval('orders_id_seq')")

    drawer = threading.Thread(target=draw)
    drawer.start()
    try:
        _, sealed = take(patient, settings_for(tmp_path))
    finally:
        done.set()
        drawer.join()
    before, after = (
        sealed.manifest.counted().sequences["public.orders_id_seq"],
        sealed.manifest.sequences_after["public.orders_id_seq"],
    )
    tools = dump.survey(patient, settings_for(tmp_path)).tools
    archive = str(tmp_path / "backups" / "main-1" / "data")
    text = subprocess.run(
        [tools.program("pg_restore"), "--file=-", archive], capture_output=True, text=True, check=True
    ).stdout
    dumped = int(text.split("setval('public.orders_id_seq', ")[1].split(",")[0])
    assert before[0] <= dumped <= after[0]

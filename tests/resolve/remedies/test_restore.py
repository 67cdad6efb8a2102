"""The remedy that restores beside: never in place, compared to the row, refused before anything starts when it can not be right."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psycopg
import pyrage
import pytest

from fireline.contain.remedies.backup import remedy as backup
from fireline.errors import NotFound, Refused
from fireline.postgres import client_tools
from fireline.postgres.connect import Target
from fireline.recovery import restores, restoring
from fireline.recovery.restoring import Place
from fireline.resolve.remedies.restore import remedy as restore
from fireline.resolve.remedies.verify_restore import remedy as verify_restore
from fireline.store.connect import Store
from tests.recovery.place import USERS, Doer, count, databases, owner, school, settings_in
from tests.resolve.upkeep.pair import pair
from tests.servers import PATIENTS


@pytest.fixture
def doer(patient: Target, store: Store, tmp_path: Path) -> Doer:
    school(patient)
    return Doer(patient, store, settings_in(tmp_path))


def dump(target: Target, file: Path, *options: str) -> Path:
    """A dump by the tools alone, as a project's own script makes it."""
    with owner(target) as conn:
        tools = client_tools.find(conn.info.server_version // 10000)
    with client_tools.environment(target.dsn) as access:
        subprocess.run(
            [tools.program("pg_dump"), f"--dbname={access.conninfo}", *options, f"--file={file}"],
            env=access.env,
            check=True,
        )
    return file


@pytest.mark.parametrize("fixture", PATIENTS)
def test_a_backup_is_restored_beside_compared_and_dropped_again(
    fixture: str, request: pytest.FixtureRequest, store: Store, tmp_path: Path
) -> None:
    target: Target = request.getfixturevalue(fixture)
    school(target)
    doer = Doer(target, store, settings_in(tmp_path))
    doer.do(backup)
    with owner(target) as conn:
        conn.execute("DELETE FROM assignments")
        conn.execute("UPDATE users SET name = 'spoilt'")
    before = databases(target)
    plan, done = doer.do(restore)
    assert plan.level == "reversible"
    assert done.ok
    assert done.summary.startswith("PASS: restore 1 is in ")
    beside = plan.captured["beside"]
    assert databases(target) - before == {beside}
    assert (count(target, "assignments", beside), count(target, "assignments")) == (USERS, 0)
    assert count(target, "users WHERE name = 'spoilt'", beside) == 0
    assert done.facts["differences"] == []
    assert doer.works(restore, plan) is True
    again = doer.do(verify_restore)[1]
    assert again.summary.startswith(f"PASS: {beside} holds 2 tables, {2 * USERS} rows")
    assert doer.undo(restore, plan).summary == f"database {beside} was dropped"
    assert databases(target) == before
    assert doer.undo(restore, plan).summary == f"database {beside} was not there any more"


def test_what_was_changed_in_a_restored_database_is_named(doer: Doer) -> None:
    doer.do(backup)
    plan, _ = doer.do(restore)
    with owner(doer.target, plan.captured["beside"]) as conn:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):  # not by mistake
            conn.execute("UPDATE users SET name = name || ' ' WHERE id = 7")
        conn.execute("SET default_transaction_read_only = off")
        conn.execute("UPDATE users SET name = name || ' ' WHERE id = 7")
        conn.execute("DROP POLICY own ON users")
    _, done = doer.do(verify_restore)
    assert not done.ok
    assert done.summary.startswith("FAIL: ")
    assert {one["name"] for one in done.facts["differences"]} >= {"public.users"}
    with doer.store.transaction() as conn:
        assert restores.get(conn, "latest")["state"] == "differs"  # a swap does not take it any more


@pytest.mark.parametrize(
    ("name", "options"),
    [("d.sql", ()), ("d.dump", ("-Fc",)), ("d.tar", ("-Ft",)), ("d", ("-Fd", "-j2"))],
)
def test_a_foreign_dump_is_restored_counted_and_said_to_be_compared_with_nothing(
    doer: Doer, tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    file = dump(doer.target, tmp_path / name, *options)
    plan, done = doer.do(restore, backup=str(file))
    assert done.ok
    assert done.summary.startswith("NOT COMPARED: ")
    assert done.facts["verdict"] == "unchecked"
    assert {row["table"]: row["rows"] for row in done.facts["counted"]} == {
        "public.assignments": USERS,
        "public.users": USERS,
    }
    assert count(doer.target, "glad", plan.captured["beside"]) == USERS // 2


def test_a_gzipped_script_is_restored_and_a_cut_one_is_refused_before_anything_is_made(
    doer: Doer, tmp_path: Path
) -> None:
    plain = dump(doer.target, tmp_path / "d.sql").read_bytes()
    whole, cut = tmp_path / "d.sql.gz", tmp_path / "cut.sql.gz"
    whole.write_bytes(gzip.compress(plain))
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.9)])
    before = databases(doer.target)
    with pytest.raises(Refused, match="cut"):
        doer.plan(restore, backup=str(cut))
    assert databases(doer.target) == before
    assert doer.do(restore, backup=str(whole))[1].ok


def test_a_script_that_fails_in_the_middle_leaves_nothing_behind(doer: Doer, tmp_path: Path) -> None:
    text = dump(doer.target, tmp_path / "d.sql").read_text()
    (tmp_path / "bad.sql").write_text(text.replace("CREATE VIEW public.glad", "CREATE VIEW nowhere.glad"))
    before = databases(doer.target)
    with pytest.raises(Refused, match='schema "nowhere" does not exist'):
        doer.do(restore, backup=str(tmp_path / "bad.sql"))
    assert databases(doer.target) == before
    with doer.store.transaction() as conn:
        row = restores.get(conn, "1")
    assert (row["state"], "nowhere" in row["error"]) == ("failed", True)


def test_one_that_the_server_breaks_off_after_loading_leaves_nothing_behind_either(doer: Doer) -> None:
    with owner(doer.target) as conn:
        conn.execute("""
            CREATE FUNCTION touchy(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
                IF current_query() LIKE 'ANALYZE%' THEN RAISE 'not now'; END IF; RETURN $1; END $$;
            CREATE INDEX ON users (touchy(id));
        """)
    doer.do(backup)
    before = databases(doer.target)
    with pytest.raises(psycopg.Error, match="not now"):
        doer.do(restore)
    assert databases(doer.target) == before
    with doer.store.transaction() as conn:
        row = restores.get(conn, "1")
    assert (row["state"], row["error"]) == ("failed", "not now")


def test_roles_that_are_missing_are_named_with_the_statements_that_make_them(doer: Doer, tmp_path: Path) -> None:
    with owner(doer.target) as conn:
        conn.execute('CREATE ROLE "lost owner"')
        conn.execute('ALTER TABLE assignments OWNER TO "lost owner"')
    try:
        doer.do(backup)
    finally:
        with owner(doer.target) as conn:
            conn.execute('REASSIGN OWNED BY "lost owner" TO CURRENT_USER')
            conn.execute('DROP ROLE "lost owner"')
    with pytest.raises(Refused, match="needs roles that this server has not: lost owner") as refused:
        doer.plan(restore)
    assert 'CREATE ROLE "lost owner" NOLOGIN;' in str(refused.value.hint)
    _, done = doer.do(restore, owners=False)
    assert "assignments" in str(done.facts["differences"])  # and that they are another's now is said


def test_a_backup_of_a_newer_server_is_not_restored_to_an_older_one(
    patient: Target, patient15: Target, store: Store, tmp_path: Path
) -> None:
    school(patient)
    settings = settings_in(tmp_path)
    made = Doer(patient, store, settings).do(backup)[1].facts["backup"]
    with pytest.raises(Refused, match="is of PostgreSQL 18, and this server is 15"):
        Doer(patient15, store, settings).plan(restore, backup=made)


def test_a_backup_of_an_older_server_is_restored_to_a_newer_one_and_equal(
    patient: Target, patient15: Target, store: Store, tmp_path: Path
) -> None:
    school(patient15)
    settings = settings_in(tmp_path)
    made = Doer(patient15, store, settings).do(backup)[1].facts["backup"]
    _, done = Doer(patient, store, settings).do(restore, backup=made)
    assert done.summary.startswith("PASS"), done.facts["differences"]


def test_an_encrypted_backup_is_restored_with_its_key_and_refused_without(
    patient: Target, store: Store, tmp_path: Path
) -> None:
    school(patient)
    key = pyrage.x25519.Identity.generate()
    without = Doer(patient, store, settings_in(tmp_path))
    made = without.do(backup, encrypt=[str(key.to_public())])[1].facts
    assert not any(b"user 77" in path.read_bytes() for path in Path(made["folder"]).rglob("*") if path.is_file())
    with pytest.raises(Refused, match="is encrypted, and its key is not here"):
        without.plan(restore)
    with_key = Doer(patient, store, settings_in(tmp_path, identity=str(key)))
    plan, done = with_key.do(restore)
    assert done.summary.startswith("PASS"), done.facts["differences"]
    assert count(patient, "users", plan.captured["beside"]) == USERS
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [made["backup"]]  # nothing decrypted is left


def test_one_that_was_altered_between_the_yes_and_the_deed_is_refused(doer: Doer, tmp_path: Path) -> None:
    file = dump(doer.target, tmp_path / "d.dump", "-Fc")
    plan = doer.plan(restore, backup=str(file))
    file.write_bytes(file.read_bytes() + b"x")
    before = databases(doer.target)
    with pytest.raises(Refused, match="is not the one that was approved"):
        doer.do(restore, plan)
    assert databases(doer.target) == before


def test_a_name_that_is_taken_or_none_is_refused(doer: Doer) -> None:
    doer.do(backup)
    for name, says in (
        ("postgres", "there is a database postgres already"),
        ("x" * 64, "is no name for a database"),
    ):
        with pytest.raises(Refused, match=says):
            doer.plan(restore, as_=name)
    plan, done = doer.do(restore, as_='odd "name" ü')
    assert done.ok
    doer.undo(restore, plan)


def test_a_backup_of_another_target_is_said_to_be_one(doer: Doer) -> None:
    made = doer.do(backup)[1].facts["backup"]
    assert "NOT of" not in doer.plan(restore, backup=made).summary
    other = Doer(replace(doer.target, name="other"), doer.store, doer.settings)
    assert " of main and NOT of " in other.plan(restore, backup=made, as_="elsewhere").summary
    with pytest.raises(Refused, match="it is not put in its place unseen"):
        other.plan(restore, backup=made, as_="elsewhere", swap=True)
    with pytest.raises(NotFound):
        other.plan(restore)  # latest is of the target itself


def test_a_standby_is_refused_before_anything_starts(store: Store, tmp_path: Path) -> None:
    with pair() as (primary, standby):
        school(primary)
        doer = Doer(primary, store, settings_in(tmp_path))
        doer.do(backup)
        with pytest.raises(Refused, match="main is a standby: no database can be made on it"):
            Doer(standby, store, doer.settings).plan(restore)


def test_what_is_not_there_is_said_to_be_missing(doer: Doer) -> None:
    with pytest.raises(NotFound, match="there is no backup 'nowhere'"):
        doer.plan(restore, backup="nowhere")
    with pytest.raises(NotFound):
        doer.plan(restore, backup="latest")


def test_what_a_restore_that_died_has_left_is_dropped_by_the_next_and_nothing_else(doer: Doer) -> None:
    doer.do(backup)
    with doer.store.transaction() as conn:
        for name, token in (("half_made", "t1"), ("somebody_elses", "t2"), ("bare", "t3"), ("unmarked", "t4")):
            number = restores.begin(
                conn,
                target="main",
                source="x",
                backup=None,
                database="app",
                beside=name,
                token=token,
                snapshot_at=None,
                by="ada",
            )
            restores.end(conn, number, "failed", error="its worker died")
    with owner(doer.target, "postgres") as conn:
        conn.execute("CREATE DATABASE half_made")
        conn.execute("COMMENT ON DATABASE half_made IS 'fireline restore t1'")
        conn.execute("CREATE DATABASE somebody_elses")
        conn.execute("COMMENT ON DATABASE somebody_elses IS 'precious'")
        conn.execute("CREATE DATABASE bare")  # made by hand, under the name of a restore that failed
        conn.execute("CREATE DATABASE fireline_making_t4")  # its maker died before it had the mark and its name
    try:
        _, done = doer.do(restore)  # what is not ours stops nobody
        assert done.summary.startswith("PASS")
        assert "half_made" not in databases(doer.target)
        assert {"somebody_elses", "bare"} <= databases(doer.target)
        assert "fireline_making_t4" not in databases(doer.target)
    finally:
        with owner(doer.target, "postgres") as conn:
            for name in ("half_made", "somebody_elses", "bare"):
                conn.execute(f"DROP DATABASE IF EXISTS {name}".encode())


def test_a_database_that_somebody_makes_meanwhile_under_the_same_name_is_left_alone(
    doer: Doer, monkeypatch: pytest.MonkeyPatch
) -> None:
    doer.do(backup)
    before = databases(doer.target)
    create = restoring.create

    def late(place: Place, like: dict[str, Any]) -> None:
        with owner(doer.target, "postgres") as conn:
            conn.execute("CREATE DATABASE theirs")
        create(place, like)

    monkeypatch.setattr(restoring, "create", late)
    try:
        with pytest.raises(Refused, match="there is a database theirs already"):
            doer.do(restore, as_="theirs")
        assert databases(doer.target) - before == {"theirs"}
    finally:
        with owner(doer.target, "postgres") as conn:
            conn.execute("DROP DATABASE theirs")


def test_a_restored_subscription_keeps_nobody_from_dropping_it_and_its_slot_is_left_alone(doer: Doer) -> None:
    with owner(doer.target) as conn:
        conn.execute(
            "CREATE SUBSCRIPTION news CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p WITH (connect = false, slot_name = 'live')"
        )
    try:
        doer.do(backup)
        plan, done = doer.do(restore)
        assert done.ok, done.summary
        with owner(doer.target, plan.captured["beside"]) as conn:
            assert conn.execute("SELECT subenabled FROM pg_subscription").fetchone() == (False,)
        assert doer.undo(restore, plan).summary.endswith("was dropped")
        assert plan.captured["beside"] not in databases(doer.target)
    finally:
        with owner(doer.target) as conn:
            conn.execute("ALTER SUBSCRIPTION news SET (slot_name = NONE)")
            conn.execute("DROP SUBSCRIPTION news")


def test_with_swap_what_passed_is_in_use_at_once_and_the_undo_brings_the_old_back(doer: Doer) -> None:
    doer.do(backup)
    with owner(doer.target) as conn:
        conn.execute("DELETE FROM assignments")
    plan, done = doer.do(restore, swap=True, keep="3d")
    assert plan.level == "destructive"
    assert done.ok, done.summary
    assert doer.works(restore, plan) is True
    assert count(doer.target, "assignments") == USERS
    kept = done.facts["swap"]["kept"]
    assert kept in databases(doer.target)
    assert "is again" in doer.undo(restore, plan).summary or count(doer.target, "assignments") == 0
    assert count(doer.target, "assignments") == 0
    assert count(doer.target, "assignments", plan.captured["beside"]) == USERS


def test_with_swap_a_dump_that_nothing_can_be_compared_with_is_refused(doer: Doer, tmp_path: Path) -> None:
    file = dump(doer.target, tmp_path / "d.dump", "-Fc")
    with pytest.raises(Refused, match="has no manifest, so nothing could be compared before the swap") as refused:
        doer.plan(restore, backup=str(file), swap=True)
    assert "--accept REASON" in str(refused.value.hint)


DYING = """
import json, os, signal, sys, threading
from dataclasses import replace
from pathlib import Path
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.recovery import loading, planner, restoring
from fireline.resolve.remedies.restore import remedy
from fireline.run.remedy import Plan
from fireline.store.connect import Store
from tests.hand import hand
from tests.recovery.place import settings_in
told = json.load(sys.stdin)
stage = told["stage"]
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
if stage == "loading":  # the loader is under way then
    threading.Timer(0.15, die).start()
else:
    setattr({"judge": restoring, "analyze": planner}.get(stage, loading), stage, die)
remedy.do(Target("main", Secret(told["dsn"])), Plan(**told["plan"]), hand(Store(told["store"]), settings_in(Path(told["folder"]))))
"""


@pytest.mark.chaos
@pytest.mark.parametrize("stage", ["load", "loading", "analyze", "judge"])
def test_a_restore_whose_process_is_killed_leaves_the_database_in_use_alone_and_is_cleared_by_the_next(
    doer: Doer, tmp_path: Path, stage: str
) -> None:
    doer.do(backup)
    before = databases(doer.target)
    plan = doer.plan(restore)
    told = {
        "dsn": doer.target.dsn.reveal(),
        "store": doer.store.url,
        "folder": str(tmp_path),
        "stage": stage,
        "plan": asdict(plan),
    }
    died = subprocess.run(
        [sys.executable, "-c", DYING], input=json.dumps(told), text=True, check=False, capture_output=True
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert (count(doer.target), count(doer.target, "assignments")) == (USERS, USERS)
    assert doer.works(restore, plan) is False
    again, done = doer.do(restore, as_="again")
    assert done.summary.startswith("PASS")
    assert databases(doer.target) - before == {"again"}
    doer.undo(restore, again)

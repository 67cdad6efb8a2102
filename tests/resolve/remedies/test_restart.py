"""Restarting real servers of our own: each way, what is cut and kept, and everything that may keep one from coming back."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fireline.cluster import Cluster
from fireline.errors import Refused, SettingsError, Usage
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.resolve.remedies.restart import Restart, remedy
from fireline.run import line
from fireline.run.remedy import Outcome, Plan
from fireline.settings import RestartSettings, Settings, SupabaseSettings, read
from tests import servers
from tests.hand import hand

PG_CTL = RestartSettings(way="pg_ctl", patience=timedelta(seconds=30))
STANDARD = {**servers.PATIENT, "shared_preload_libraries": ""}


@pytest.fixture(
    scope="module",
    params=[major for major in servers.versions() if f"patient{major}".removesuffix("18") in servers.PATIENTS],
)
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with servers.cluster(servers.versions()[request.param], STANDARD) as running:
        yield running


@pytest.fixture(scope="module")
def cluster18() -> Iterator[Cluster]:
    with servers.cluster(servers.embedded(), STANDARD) as running:
        yield running


def target_of(cluster: Cluster, **changes: Any) -> Target:
    cluster.start()
    return replace(Target("main", Secret(cluster.url()), restart=PG_CTL), **changes)


def planned(target: Target, mode: str = "fast") -> Plan:
    made = remedy.plan(target, line.build(remedy, {"mode": mode}), hand())
    return replace(made, captured=json.loads(json.dumps(made.captured)))


def done(target: Target, plan: Plan) -> Outcome:
    outcome = remedy.do(target, plan, hand())
    json.dumps(outcome.facts)
    return outcome


def alive(session: psycopg.Connection[Any]) -> bool:
    try:
        session.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def test_a_fast_restart_tells_beforehand_what_it_cuts_and_afterwards_what_it_cut(cluster: Cluster) -> None:
    target = target_of(cluster)
    with psycopg.connect(cluster.url(), autocommit=True) as conn:
        conn.execute(
            "DROP TABLE IF EXISTS kept, unlogged; CREATE TABLE kept (i int); CREATE UNLOGGED TABLE unlogged AS SELECT 1"
        )
        conn.execute("ALTER SYSTEM SET max_connections = 70")
        conn.execute(
            "DO $$ BEGIN IF to_regrole('app') IS NULL THEN CREATE ROLE app SUPERUSER LOGIN PASSWORD 'app-password'; END IF; END $$"
        )
        prepare = psycopg.connect(cluster.url())
        prepare.execute("INSERT INTO kept VALUES (1)")
        prepare.execute("PREPARE TRANSACTION 'pay-1'")
        prepare.close()
    app = psycopg.connect(cluster.url(), user="app", password="app-password", application_name="web")
    app.execute("INSERT INTO kept VALUES (2)")
    plan = planned(target)
    assert plan.summary == "Restart the server of main by pg_ctl, fast; 1 session is cut."
    assert f"pg_ctl restart -D {cluster.folder.data} -m fast -w " in plan.effect
    for words in (
        "Sessions that are cut: 1 of app (web).",
        "1 open transaction is rolled back, 1 with changes; the oldest is ",
        "Prepared transactions stay, with their locks: pay-1.",
        "max_connections becomes 70, is 60.",
        "Unlogged tables and statistics are kept.",
        "A checkpoint is made first, so that stopping is short, ",
    ):
        assert words in plan.effect
    assert plan.level == "reversible"
    assert remedy.verify(target, plan, hand()).ok is False
    outcome = done(target, plan)
    assert outcome.ok, outcome.summary
    assert (
        "sessions that ended: 1 of app (web); 1 open transactions were rolled back; max_connections was 60"
        in outcome.summary
    )
    assert not alive(app)
    app.close()
    assert remedy.verify(target, plan, hand()).ok is True
    with psycopg.connect(cluster.url(), autocommit=True) as conn:
        assert conn.execute("SELECT count(*) FROM unlogged").fetchone() == (1,)
        assert conn.execute("SHOW max_connections").fetchone() == ("70",)
        conn.execute("ROLLBACK PREPARED 'pay-1'")
        assert conn.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    with pytest.raises(Refused, match="it was restarted already, at 20"):
        remedy.do(target, plan, hand())


def test_a_server_that_is_down_is_started_and_said_to_be(cluster: Cluster) -> None:
    target = target_of(
        cluster, restart=PG_CTL.model_copy(update={"data": cluster.folder.data, "binaries": cluster.binaries.folder})
    )
    cluster.stop("immediate")
    with pytest.raises(Refused, match="must be asked of its server, which does not answer") as unknown:
        planned(replace(target, restart=PG_CTL))
    assert unknown.value.hint == "Write targets.main.restart.data."
    plan = planned(target)
    assert plan.summary.startswith("Start the server of main by pg_ctl, fast: target main does not answer: ")
    assert "so nobody is cut" in plan.effect
    assert remedy.verify(target, plan, hand()).ok is None
    outcome = done(target, plan)
    assert outcome.ok, outcome.summary
    assert "it was started within " in outcome.summary
    assert remedy.verify(target, plan, hand()).ok is True
    again = done(target, plan)
    assert (again.ok, again.facts) == (True, {"restarted": False})


def test_it_refuses_when_the_server_would_not_come_back(cluster: Cluster) -> None:
    target = target_of(cluster)
    conf, rules = cluster.folder.data / "fireline.conf", cluster.folder.data / "pg_hba.conf"
    for file, text, fault in (
        (conf, "wrok_mem = '4MB'\n", r"fireline.conf:\d+ wrok_mem unrecognized configuration parameter"),
        (rules, "host all all nonsense\n", r"pg_hba.conf:\d+ "),
        (
            conf,
            "shared_preload_libraries = 'not_there'\n",
            "shared_preload_libraries names not_there, which is not there",
        ),
    ):
        plan = planned(target)
        before = file.read_text()
        file.write_text(before + text)
        try:
            with pytest.raises(Refused, match=f"the server would not start again: .*{fault}"):
                planned(target)
            with pytest.raises(Refused, match="the server would not start again"):
                remedy.do(target, plan, hand())
        finally:
            file.write_text(before)


def test_one_that_does_not_come_back_is_told_with_its_last_words(cluster18: Cluster) -> None:
    target = target_of(cluster18)
    conf = cluster18.folder.data / "fireline.conf"
    before = conf.read_text()
    conf.write_text(before + "shared_buffers = '8000GB'\n")
    try:
        outcome = done(target, planned(target))
    finally:
        conf.write_text(before)
    assert not outcome.ok
    assert "pg_ctl ended with 1 (" in outcome.summary
    assert "; its log says: " in outcome.summary
    assert any("FATAL" in line for line in outcome.facts["log"])


@contextmanager
def stopped(session: psycopg.Connection[Any]) -> Iterator[int]:
    """A server process that does not obey, as one that waits for a disk that does not answer."""
    pid = session.info.backend_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield pid
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def test_one_that_hangs_at_shutdown_is_told_and_only_then_is_immediate_offered(cluster18: Cluster) -> None:
    quick = PG_CTL.model_copy(update={"patience": timedelta(seconds=1), "data": cluster18.folder.data})
    target = target_of(cluster18, restart=quick)
    session = psycopg.connect(cluster18.url())
    with stopped(session) as pid:
        outcome = done(target, planned(target))
        assert not outcome.ok
        assert outcome.summary.startswith(
            f"the server is shutting down and does not end, and waits for {pid} (postgres: "
        )
        assert ", stopped)" in outcome.summary
        assert "`fireline resolve restart --mode immediate`" in outcome.summary
        harder = replace(target, restart=quick.model_copy(update={"patience": timedelta(seconds=30)}))
        plan = planned(harder, "immediate")
        assert "-m immediate" in plan.effect
        outcome = done(harder, plan)
    assert outcome.ok, outcome.summary
    session.close()


def test_an_immediate_restart_says_what_it_empties(cluster18: Cluster) -> None:
    target = target_of(cluster18)
    with psycopg.connect(cluster18.url(), autocommit=True) as conn:
        conn.execute("DROP TABLE IF EXISTS u; CREATE UNLOGGED TABLE u AS SELECT 1")
    plan = planned(target, "immediate")
    assert plan.level == "destructive"
    assert "Unlogged tables become empty, of this database 1, and in its others, too." in plan.effect
    assert "The counters of all statistics are lost." in plan.effect
    assert done(target, plan).ok
    with psycopg.connect(cluster18.url(), autocommit=True) as conn:
        assert conn.execute("SELECT count(*) FROM u").fetchone() == (0,)
        conn.execute("DROP TABLE u")


def test_a_server_of_another_account_is_restarted_as_its_owner() -> None:
    """As root, where the data is another account's: the server's own log is ours, so what it says goes elsewhere."""
    if os.geteuid() != 0:
        pytest.skip("only root can act as another account")
    with servers.private_folder() as folder:
        folder.chmod(0o711)
        other = servers.Patient(
            folder / "pg",
            servers.DEBIAN15 if servers.DEBIAN15.is_dir() else None,
            settings=STANDARD,
            fsync=False,
            namespace=False,
        )
        try:
            target = target_of(other)
            assert other.folder.data.stat().st_uid != 0
            outcome = done(target, planned(target))
            assert outcome.ok, outcome.summary
            assert (other.folder.data / "fireline-restart.log").stat().st_uid == other.folder.data.stat().st_uid
        finally:
            other.remove()


def test_the_folder_of_another_server_is_refused(cluster: Cluster, tmp_path: Path, patient_server: Cluster) -> None:
    target = target_of(cluster)
    for folder, why in (
        (patient_server.folder.data, "holds the data of another server than target main"),
        (tmp_path, "is no data folder on this machine"),
        (tmp_path / "nowhere", "is no data folder on this machine"),
    ):
        with pytest.raises(Refused, match=why):
            planned(replace(target, restart=PG_CTL.model_copy(update={"data": folder})))


def program(folder: Path, name: str, text: str) -> Path:
    """A program on a PATH of its own, in front of the ordinary one."""
    file = folder / name
    file.write_text(f"#!{sys.executable}\n{text}")
    file.chmod(0o755)
    return file


def by_hand(cluster: Cluster, before: str = "") -> str:
    """What stands in for another program that restarts the server."""
    return (
        f"import sys\nsys.path.insert(0, {str(Path(__file__).parents[3])!r})\n{before}\n"
        "from pathlib import Path\nfrom tests.servers import Patient\n"
        f"one = Patient(Path({str(cluster.folder.path)!r}), Path({str(cluster.binaries.folder)!r}))\none.settings.update({cluster.settings!r})\n"
        "one.stop()\none.start()\n"
    )


def test_systemd_is_asked_for_the_unit_and_the_new_server_is_proved(cluster: Cluster, tmp_path: Path) -> None:
    """There is no systemd here: a program of that name, which restarts a real server, is the far side that we can not have."""
    program(
        tmp_path,
        "systemctl",
        by_hand(cluster, "assert sys.argv[1:] == ['--no-ask-password', 'restart', 'pg@15-main'], sys.argv"),
    )
    settings = Settings.model_validate({"runbook": {"path": f"{tmp_path}:/usr/bin:/bin"}})
    way = RestartSettings(way="systemd", unit="pg@15-main", patience=timedelta(seconds=30))
    target = target_of(cluster, restart=way)
    plan = remedy.plan(target, Restart(), hand(settings=settings))
    outcome = remedy.do(target, plan, hand(settings=settings))
    assert outcome.ok, outcome.summary
    assert remedy.verify(target, plan, hand()).ok is True
    with pytest.raises(Refused, match="systemd decides itself how the server is stopped"):
        planned(target, "immediate")
    with pytest.raises(Refused, match="there is no program systemctl on this machine"):
        remedy.plan(
            target, Restart(), hand(settings=Settings.model_validate({"runbook": {"path": str(tmp_path / "none")}}))
        )


def test_a_command_that_fails_or_does_nothing_is_told(cluster18: Cluster, tmp_path: Path) -> None:
    def with_command(*words: str, seconds: float = 1) -> Target:
        way = RestartSettings(way="command", command=list(words), patience=timedelta(seconds=seconds))
        return target_of(cluster18, restart=way)

    failing = with_command(str(program(tmp_path, "fails", "import sys\nsys.exit('no such cluster')")))
    outcome = done(failing, planned(failing))
    assert (outcome.ok, outcome.summary) == (
        False,
        "fails ended with 1 (no such cluster), and the server is the one that was there before: nothing was restarted",
    )
    idle = with_command("/bin/true")
    outcome = done(idle, planned(idle))
    assert "true ended with 0, and the server is the one that was there before" in outcome.summary
    down = with_command(
        str(program(tmp_path, "stops", by_hand(cluster18).replace("one.start()", "sys.exit(1)"))), seconds=20
    )
    outcome = done(down, planned(down))
    assert not outcome.ok
    assert (
        "stops ended with 1, and the server does not answer: target main does not answer: nothing listens at "
        in outcome.summary
    )
    up = with_command(str(program(tmp_path, "starts", by_hand(cluster18))), seconds=30)
    outcome = done(up := replace(up, dsn=Secret(cluster18.start().url())), planned(up))
    assert outcome.ok, outcome.summary


def test_a_role_with_few_rights_says_what_it_does_not_know(cluster: Cluster) -> None:
    target = target_of(cluster)
    with psycopg.connect(cluster.url(), autocommit=True) as conn:
        conn.execute("CREATE ROLE small LOGIN PASSWORD 'small-pw'")
    weak = replace(target, dsn=Secret(psycopg.conninfo.make_conninfo(cluster.url(), user="small", password="small-pw")))
    with pytest.raises(Refused, match="does not let our role see it"):
        planned(weak)
    named = replace(weak, restart=PG_CTL.model_copy(update={"data": cluster.folder.data}))
    plan = planned(named)
    assert "Our role may not make a checkpoint first" in plan.effect
    assert "whether the configuration files can be read, whether pg_hba.conf can be read" in plan.effect
    assert done(named, plan).ok
    with psycopg.connect(cluster.url(), autocommit=True) as conn:
        conn.execute("DROP ROLE small")


def test_a_full_server_can_be_restarted_though_nobody_can_be_seen(cluster18: Cluster) -> None:
    target = target_of(cluster18, restart=PG_CTL.model_copy(update={"data": cluster18.folder.data}))
    with psycopg.connect(cluster18.url(), autocommit=True) as conn:
        conn.execute("CREATE ROLE crowd LOGIN PASSWORD 'crowd-pw'")
    crowded = psycopg.conninfo.make_conninfo(cluster18.url(), user="crowd", password="crowd-pw")
    crowd: list[psycopg.Connection[Any]] = []
    with suppress(psycopg.OperationalError):
        while True:
            crowd.append(psycopg.connect(crowded))
    full = replace(target, dsn=Secret(crowded))
    plan = planned(full)
    assert "all connections are taken, so who is cut can not be seen" in plan.summary
    outcome = done(full, plan)
    assert outcome.ok, outcome.summary
    for one in crowd:
        one.close()
    with psycopg.connect(cluster18.url(), autocommit=True) as conn:
        conn.execute("DROP ROLE crowd")


def test_a_server_whose_database_is_closed_is_looked_at_from_beside_it(cluster18: Cluster) -> None:
    target = target_of(cluster18)
    target = replace(target, dsn=Secret(cluster18.create_database("fenced")))
    with psycopg.connect(cluster18.url(), autocommit=True) as conn:
        conn.execute("ALTER DATABASE fenced ALLOW_CONNECTIONS false")
    plan = planned(target)
    assert "A checkpoint is made first" in plan.effect
    outcome = done(target, plan)
    assert outcome.ok, outcome.summary
    assert remedy.verify(target, plan, hand()).ok is True


def test_what_a_restart_can_not_help_is_refused(cluster18: Cluster) -> None:
    target = target_of(cluster18, restart=PG_CTL.model_copy(update={"data": cluster18.folder.data}))
    wrong = replace(target, dsn=Secret(psycopg.conninfo.make_conninfo(cluster18.url(), password="another word")))
    with pytest.raises(
        Refused, match=r"whether a restart would help can not be seen: .*password authentication failed"
    ):
        planned(wrong)


def test_without_a_way_it_says_what_to_write(patient: Target) -> None:
    with pytest.raises(Refused, match="how the server of target main is restarted is not configured") as none:
        planned(patient)
    assert none.value.hint is not None
    assert none.value.hint.startswith('Write [targets.main.restart] with way = "pg_ctl", or way = "systemd"')
    managed = replace(patient, supabase=SupabaseSettings(project="abcdef", token=Secret("sbp_0123456789")))
    with pytest.raises(Refused, match="is run by Supabase, and Fireline can not restart it yet") as theirs:
        planned(managed)
    assert "POST https://api.supabase.com/v1/projects/abcdef/restart" in (theirs.value.hint or "")


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ('way = "systemd"', 'way = "systemd" needs unit: unit = "postgresql@15-main"'),
        ('way = "command"', 'way = "command" needs command: command = ["program", "argument"]'),
        ('way = "pg_ctl"\nunit = "x"', 'unit is for way = "systemd", and the way here is pg_ctl'),
        ('way = "command"\ncommand = ["x"]\ndata = "/x"', 'data is for way = "pg_ctl", and the way here is command'),
        ('way = "pg_ctl"\npatience = "0s"', "patience must be longer than nothing"),
        ('way = "reboot"', "targets.main.restart.way: Input should be 'pg_ctl', 'systemd' or 'command'"),
    ],
)
def test_settings_that_do_not_fit_together_are_told(words: str, fault: str, tmp_path: Path) -> None:
    file = tmp_path / "fireline.toml"
    file.write_text(f'[targets.main]\ndsn = "host=x"\n[targets.main.restart]\n{words}\n')
    with pytest.raises(SettingsError) as wrong:
        read(file, {})
    assert fault in wrong.value.message


def test_a_mode_that_does_not_exist_is_told() -> None:
    with pytest.raises(Usage, match="'fast' or 'immediate'"):
        line.build(remedy, {"mode": "smart"})

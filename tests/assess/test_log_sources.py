"""Where a log is to be had, and in what order the places are tried; with real servers, a real journal, a real HTTP peer."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fireline import clock
from fireline.assess.checks.log import Log, check
from fireline.assess.log_sources import alone, in_syslog, named
from fireline.assess.look import checks, look
from fireline.assess.snapshot import Asked
from fireline.cluster import Cluster
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.settings import SupabaseSettings
from tests import servers
from tests.assess.judging import NOTHING_SEEN
from tests.postgres.journals import journal, needed, row
from tests.systems.peer import Peer, running

TOKEN = "sbp_fedcba9876543210fedcba9876543210fedcba98"
API = "/v1/projects/shopproject/analytics/endpoints/logs"
NOW = datetime.now(UTC)


def at_supabase(target: Target, peer: Peer) -> Target:
    """The same target, run by a Supabase whose API is this peer; it has one message."""
    at = f"{clock.now():%Y-%m-%dT%H:%M:%S.%f}"
    peer.answer(API, {"result": [{"id": "1", "timestamp": at, "event_message": "out of memory", "severity": "ERROR"}]})
    return run_by(peer, target)


def run_by(peer: Peer, target: Target) -> Target:
    return replace(target, supabase=SupabaseSettings(project="shopproject", token=Secret(TOKEN), api=peer.url))


def seen(target: Target, asked: Asked | None = None) -> Log | None:
    return look(target, {"log": check}, asked=asked).last("log", Log)


def unknown(target: Target) -> str:
    return look(target, {"log": check}).unknown["log"]


def test_a_local_file_goes_before_supabase_and_a_named_one_before_all(patient: Target, tmp_path: Path) -> None:
    with running() as peer:
        both = at_supabase(patient, peer)
        local = seen(both)
        assert local
        assert Path(local.source).is_file()
        file = tmp_path / "given.log"
        file.write_text("ERROR:  given\n")
        given = seen(both, Asked(log_file=file))
        assert given
        assert [one.message for one in given.entries] == ["given"]
        assert peer.asked == []


@pytest.fixture(scope="module")
def far() -> Iterator[Target]:
    """A server as one is met in a cloud: elsewhere by its name, and with a role that may not read its files."""
    with servers.private_folder() as folder:
        made = Cluster(folder / "pg", servers.embedded(), settings=servers.PATIENT, fsync=False, tcp=True)
        try:
            made.start()
            with psycopg.connect(made.url(), autocommit=True) as conn:
                conn.execute("CREATE ROLE far_role LOGIN PASSWORD 'far-role-word'")
            dsn = make_conninfo(
                made.url(tcp=True),
                user="far_role",
                password="far-role-word",
                host="db.far.example",
                hostaddr="127.0.0.1",
            )
            yield Target("main", Secret(dsn))
        finally:
            made.remove()


def test_a_server_elsewhere_is_asked_of_supabase_and_the_ways_in_vain_are_told(far: Target) -> None:
    assert unknown(far) == "the log of this server was not found; give it with --log-file"
    with running() as peer:
        found = seen(at_supabase(far, peer))
        assert found
        assert (found.source, [one.message for one in found.entries]) == (
            "Supabase's logs of shopproject",
            ["out of memory"],
        )
        peer.answer(API, {}, 403)
        assert "Supabase's logs can not be read: the token may not read logs" in unknown(run_by(peer, far))


def test_a_database_that_does_not_answer_still_has_its_log_at_supabase() -> None:
    away = Target("main", Secret("host=127.0.0.1 port=1 user=web dbname=shop"))
    with running() as peer:
        snapshot = look(at_supabase(away, peer), {"log": check})
        found = snapshot.last("log", Log)
        assert snapshot.away
        assert found
        assert [one.message for one in found.entries] == ["out of memory"]


def test_what_supabase_can_not_tell_of_a_database_that_is_away_is_unknown() -> None:
    away = Target("main", Secret("host=127.0.0.1 port=1 user=web dbname=shop"))
    with running() as peer:
        peer.answer(API, {}, 401)
        snapshot = look(run_by(peer, away), {name: checks()[name] for name in ("log", "door")})
        assert "does not accept the token" in snapshot.unknown["log"]
        with pytest.raises(TargetUnavailable, match=r"nothing listens.*does not accept the token"):
            look(run_by(peer, away), {"log": check})


def test_a_named_file_is_read_as_far_back_as_was_asked(patient: Target, tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    file.write_text(f"{clock.now() - timedelta(minutes=40):%Y-%m-%d %H:%M:%S} UTC [1] ERROR:  x\n")
    short, long = (seen(patient, Asked(since=timedelta(minutes=m), log_file=file)) for m in (15, 60))
    assert short
    assert long
    assert (len(short.entries), len(long.entries)) == (0, 1)


def test_the_newest_syslog_file_with_words_of_the_server_is_taken(tmp_path: Path) -> None:
    (tmp_path / "postgresql").mkdir()
    plain = tmp_path / "postgresql" / "postgresql-15-main.log"  # another server's own file, no syslog
    plain.write_text(f"{NOW:%Y-%m-%d %H:%M:%S} UTC [1] ERROR:  another's\n")
    line = "{at:%Y-%m-%dT%H:%M:%S}+00:00 vm {ident}[7]: [1-1] ERROR:  {text}\n"
    (tmp_path / "syslog").write_text(
        line.format(at=NOW, ident="pgshop", text="mine") + line.format(at=NOW, ident="pgb", text="b")
    )
    found = in_syslog(tmp_path, "pgshop", NOW - timedelta(minutes=15))
    assert found
    assert (found.path, [one.message for one in found.said]) == (str(tmp_path / "syslog"), ["mine"])
    assert in_syslog(tmp_path, "postgres", NOW - timedelta(minutes=15)) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else for a moment")
def test_who_may_not_read_a_local_log_is_told_which_group_may() -> None:
    nobody = 65534
    with servers.cluster(servers.embedded(), servers.PATIENT) as cluster:
        target = Target("main", Secret(cluster.url()))
        cluster.stop("immediate")
        log = cluster.folder.log
        log.chmod(0o640)
        shutil.chown(log, group="adm")
        for folder in (cluster.folder.data, *log.parents[:2]):
            folder.chmod(0o755)
        away = replace(NOTHING_SEEN, away=TargetUnavailable("x", kind="refused"))
        os.seteuid(nobody)
        try:
            with pytest.raises(OSError, match=f"this account may not read {log}; the group adm may"):
                alone(target, away, NOW - timedelta(minutes=15))
        finally:
            os.seteuid(0)


@needed
def test_a_journal_file_or_a_folder_of_them_may_be_named(patient: Target, tmp_path: Path) -> None:
    rows = [
        row(clock.now(), "2026-01-01 00:00:00 UTC [5] ERROR:  from the journal", _SYSTEMD_UNIT="postgresql.service")
    ]
    file = journal(tmp_path / "x.journal", rows)
    found = seen(patient, Asked(log_file=file))
    assert found
    assert [one.message for one in found.entries] == ["from the journal"]
    assert [one.message for one in named(tmp_path, NOW - timedelta(minutes=15)).said] == ["from the journal"]


def test_more_than_was_asked_is_read_to_count_before_the_start_and_judged_is_only_what_was_asked(
    patient: Target, tmp_path: Path
) -> None:
    now = clock.now()
    file = tmp_path / "x.log"
    times = [*range(60, 50, -1), *range(44, 4, -1)]  # minutes ago; the incident began 45 minutes ago
    file.write_text(
        "".join(f"{now - timedelta(minutes=m):%Y-%m-%d %H:%M:%S} UTC [1] ERROR:  deadlock detected\n" for m in times)
    )
    asked = Asked(log_file=file, start=now - timedelta(minutes=45))
    log = seen(patient, asked)
    assert log
    assert [one.count for one in log.entries] == [10]  # of the last 15 minutes
    assert [(sum(at < now - timedelta(minutes=45) for at in one.times), one.count) for one in log.counted] == [(9, 49)]


@pytest.mark.parametrize(("search", "count"), [("dead.*detected", 2), ("user=web", 0), ("hunter", 0), ("select", 1)])
def test_lines_are_searched_as_they_are_shown(patient: Target, tmp_path: Path, search: str, count: int) -> None:
    file = tmp_path / "x.log"
    file.write_text(
        "ERROR:  deadlock detected\nERROR:  Deadlock detected\nERROR:  x\nSTATEMENT:  SELECT 'password=hunter2x'\n"
    )
    log = seen(patient, Asked(log_file=file, search=search))
    assert log
    assert (len(log.found), log.found_times) == (count, count)
    assert "hunter" not in repr(log)

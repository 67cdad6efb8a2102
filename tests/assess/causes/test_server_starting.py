"""Servers that answer and let nobody in, whatever the reason."""

from __future__ import annotations

from fireline.assess.causes import (
    connect_privilege_missing,
    host_name_unknown,
    pooler_without_server,
    server_frozen,
    server_shutting_down,
    server_starting,
    tls_refused,
)
from fireline.assess.diagnose import judge as judge_all
from fireline.assess.snapshot import Snapshot
from tests.assess.refusals import away, facts, files, log, said, the

STARTING = "the database system is starting up"


def labels(snapshot: Snapshot) -> list[str]:
    return [one.cause for one in judge_all(snapshot)]


def test_recovery_is_shown_by_the_startup_process_and_the_log() -> None:
    seen = files(alive=True, children=["startup recovering 0000000100000003000000A1", "checkpointer"])
    told = log(said("LOG", "redo in progress, elapsed time: 10.00 s, current LSN: 3/A1000000"))
    found = the(server_starting.judge(away("starting", STARTING, server_files=seen, log=told)))
    assert "startup recovering 0000000100000003000000A1" in facts(found)
    assert "redo in progress" in facts(found)
    assert found.remedy.level == "read"
    assert server_starting.judge(away("slots", "sorry, too many clients already")) == ()


def test_a_standby_that_takes_no_connections_says_so() -> None:
    found = the(server_starting.judge(away("starting", "the database system is not accepting connections")))
    assert found.title == "The server is a standby that takes no connections."
    assert "hot_standby" in found.remedy.text


def test_recovery_after_a_crash_is_the_crashs() -> None:
    told = log(said("LOG", "server process (PID 4711) was terminated by signal 11: Segmentation fault"))
    assert labels(away("recovery", "the database system is in recovery mode", log=told)) == ["crash_loop"]


def test_a_stop_that_waits_shows_for_whom() -> None:
    seen = files(alive=True, children=["web shop [local] idle", "checkpointer"])
    told = log(said("LOG", "received smart shutdown request"))
    found = the(
        server_shutting_down.judge(
            away("shutting_down", "the database system is shutting down", server_files=seen, log=told)
        )
    )
    assert found.objects == ("web shop [local] idle",)
    assert "received smart shutdown request" in facts(found)
    assert "-m fast" in found.remedy.text


def test_a_process_that_does_not_run_is_frozen_and_one_that_sleeps_is_not() -> None:
    found = the(
        server_frozen.judge(
            away("timeout", "no answer from /tmp port 5432 in time", server_files=files(alive=True, process="T"))
        )
    )
    assert "kill -CONT 4711" in found.remedy.text
    assert server_frozen.judge(away("timeout", "no answer", server_files=files(alive=True))) == ()


def test_encryption_the_name_and_the_pooler_are_told_by_the_door_alone() -> None:
    expired = away("tls", "SSL error: certificate verify failed: certificate has expired")
    assert "Renew" in the(tls_refused.judge(expired)).remedy.text
    assert (
        "ssl = off"
        in the(tls_refused.judge(away("tls", "server does not support SSL, but SSL was required"))).remedy.text
    )
    assert the(host_name_unknown.judge(away("dns", "the host name db.example is not known"))).severity == "critical"
    assert labels(away("pooler", "pgbouncer cannot connect to server")) == ["pooler_without_server"]
    assert pooler_without_server.judge(expired) == ()
    assert host_name_unknown.judge(expired) == ()


def test_who_has_no_connect_is_told_which_grant_is_missing() -> None:
    found = the(connect_privilege_missing.judge(away("connect_denied", 'permission denied for database "shop"')))
    assert found.remedy.sql == ("GRANT CONNECT ON DATABASE shop TO web",)
    told = said(
        "FATAL",
        'permission denied for database "shop"',
        user="web",
        database="shop",
        detail="User does not have CONNECT privilege.",
    )
    assert labels(away("authentication", "", log=log(told))) == labels(away("authentication", ""))

"""A start that was broken off for a library, and the other ends of a start."""

from __future__ import annotations

import pytest

from fireline.assess.causes.startup_bad_preload_library import judge
from fireline.assess.diagnose import judge as judge_all
from fireline.postgres.log_lines import Said
from tests.assess.refusals import away, facts, files, log, said, the

DOWN = "nothing listens at /tmp port 5432"


def ended(message: str, *before: Said, severity: str = "FATAL", detail: str = "") -> list[str]:
    """The labels that are named when a start ended with this message."""
    lines = (
        said("LOG", "database system is ready to accept connections", 900, pid=1),
        said("LOG", "database system is shut down", 500, pid=1),
    )
    last = said(severity, message, 60, pid=2, detail=detail)
    seen = log(*lines, *before, last, said("LOG", "database system is shut down", 59, pid=2))
    return [
        one.cause
        for one in judge_all(away("refused", DOWN, "connection refused", server_files=files("shut down"), log=seen))
    ]


@pytest.mark.parametrize(
    "message",
    [
        'could not access file "pg_audit": No such file or directory',
        'could not load library "/usr/lib/postgresql/18/lib/timescaledb-2.9.so": undefined symbol: x',
        'incompatible library "/usr/lib/x/pg_cron.so": version mismatch',
    ],
)
def test_the_library_that_can_not_be_loaded_is_the_cause(message: str) -> None:
    assert ended(message) == ["startup_bad_preload_library"]


def test_its_name_is_in_the_title_and_the_folder_in_the_evidence() -> None:
    seen = log(said("FATAL", 'could not access file "pg_audit": No such file or directory', pid=2))
    found = the(judge(away("refused", DOWN, server_files=files("shut down"), log=seen)))
    assert found.title == "The server does not start: it can not load the library pg_audit."
    assert "no process serves /data/pg" in facts(found)


def test_a_server_that_has_started_since_and_one_that_runs_are_silent() -> None:
    fault = said("FATAL", 'could not access file "pg_audit": No such file or directory', 300, pid=2)
    up = said("LOG", "database system is ready to accept connections", 200, pid=3)
    assert judge(away("refused", DOWN, server_files=files("shut down"), log=log(fault, up))) == ()
    assert judge(away("slots", "sorry, too many clients already", server_files=files(alive=True), log=log(fault))) == ()


def test_every_other_end_of_a_start_has_its_own_label() -> None:
    bind = said("LOG", 'could not bind IPv4 address "127.0.0.1": Address already in use', 61, pid=2)
    assert ended("could not create any TCP/IP sockets", bind) == ["startup_port_taken"]
    assert ended('lock file "/tmp/.s.PGSQL.5432.lock" already exists') == ["startup_port_taken"]
    assert ended("could not map anonymous shared memory: Cannot allocate memory") == ["startup_memory_refused"]
    assert ended("database files are incompatible with server") == ["startup_data_unusable"]
    assert ended('data directory "/data/pg" has wrong ownership') == ["startup_data_unusable"]
    assert ended("could not locate a valid checkpoint record", severity="PANIC") == ["startup_data_unusable"]
    line = said(
        "LOG", 'unrecognized configuration parameter "wrk_mem" in file "/data/pg/postgresql.conf" line 9', 61, pid=2
    )
    assert ended('configuration file "/data/pg/postgresql.conf" contains errors', line) == ["invalid_config_entry"]
    assert ended("something that nobody has heard of") == ["server_not_running"]

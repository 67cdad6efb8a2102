"""A server that does not start for a line of its configuration."""

from __future__ import annotations

from fireline.assess.bad_config import while_down
from tests.assess.refusals import away, files, log, said, the

DOWN = "nothing listens at /tmp port 5432"
END = said("FATAL", 'configuration file "/data/pg/postgresql.conf" contains errors', 60, pid=2)


def test_the_line_is_named() -> None:
    line = said(
        "LOG", 'unrecognized configuration parameter "wrk_mem" in file "/data/pg/postgresql.conf" line 9', 61, pid=2
    )
    found = the(
        while_down(away("refused", DOWN, server_files=files("shut down"), log=log(line, END)), "invalid_config_entry")
    )
    assert found.objects == ("/data/pg/postgresql.conf:9",)
    assert "wrk_mem" in found.remedy.text


def test_pg_hba_conf_too() -> None:
    line = said(
        "LOG",
        'invalid connection type "hots"',
        61,
        pid=2,
        context='line 95 of configuration file "/data/pg/pg_hba.conf"',
    )
    end = said("FATAL", "could not load /data/pg/pg_hba.conf", 60, pid=2)
    found = the(
        while_down(away("refused", DOWN, server_files=files("shut down"), log=log(line, end)), "invalid_config_entry")
    )
    assert found.objects == ("/data/pg/pg_hba.conf:95",)


def test_a_server_that_runs_is_silent() -> None:
    assert while_down(away("refused", DOWN, server_files=files(alive=True), log=log(END)), "invalid_config_entry") == ()

"""A server that does not start for a line of its configuration."""

from __future__ import annotations

import pytest

from fireline.assess.bad_config import while_down
from fireline.assess.diagnose import diagnose
from fireline.errors import ClusterError
from fireline.postgres.connect import Target
from fireline.redact import Secret
from tests import servers
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


@pytest.mark.parametrize("line", ["wrk_mem = 4MB", "work_mem = lots", "max_connections = 'none"])
def test_a_real_server_that_can_not_read_a_line(line: str) -> None:
    with servers.cluster(servers.embedded(), servers.PATIENT) as cluster:
        target = Target("main", Secret(cluster.url()))
        cluster.stop()
        with (cluster.folder.data / "postgresql.conf").open("a") as conf:
            conf.write(f"{line}\n")
        with pytest.raises(ClusterError):
            cluster.start()
        (found,) = diagnose(target).causes
    assert found.cause == "invalid_config_entry"
    assert found.objects[0].startswith(f"{cluster.folder.data}/postgresql.conf:")


def test_a_real_server_that_can_not_read_pg_hba_conf() -> None:
    with servers.cluster(servers.embedded(), servers.PATIENT) as cluster:
        target = Target("main", Secret(cluster.url()))
        cluster.stop()
        (cluster.folder.data / "pg_hba.conf").write_text("hots all all trust\n")
        with pytest.raises(ClusterError):
            cluster.start()
        (found,) = diagnose(target).causes
    assert found.objects == (f"{cluster.folder.data}/pg_hba.conf:1",)

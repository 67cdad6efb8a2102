"""The server's log by shape, and who tried to log in."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fireline.assess.checks.log import Log, Login, away, check, gathered, read
from fireline.assess.look import look
from fireline.assess.snapshot import Asked
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target, connect
from fireline.postgres.log_tail import Tail
from fireline.redact import MASK, Secret
from tests import servers
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN
from tests.assess.refusals import ago, said


def seen(target: Target) -> Log:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def test_errors_are_grouped_with_count_code_statement_and_without_secrets(target: Target, faults: Faults) -> None:
    for number in range(3):
        with suppress(psycopg.Error):
            faults.owner.execute(f"SELECT 'password=hunter{number}x' FROM table_{number}_of_log_test")
    found = seen(target).like("_of_log_test", "ERROR")
    assert len(found) == 1
    one = found[0]
    assert one.shape == 'relation "…" does not exist'
    assert one.count >= 3
    assert one.code == "42P01"
    assert one.message == 'relation "table_2_of_log_test" does not exist'
    assert {'relation "table_0_of_log_test" does not exist', one.message} <= set(one.messages)
    assert MASK in one.statement
    assert "hunter" not in repr(one)
    assert one.first
    assert one.last
    assert one.last >= one.first


def test_a_failed_login_is_told_with_the_reason_that_the_client_is_not_told(target: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE ROLE log_test_role LOGIN PASSWORD 'the-right-word' VALID UNTIL '2020-01-01'")
    try:
        for word in ("the-right-word", "another-word"):
            with suppress(psycopg.OperationalError):
                psycopg.connect(make_conninfo(target.dsn.reveal(), user="log_test_role", password=word))
        assert [one.failed for one in seen(target).failed("log_test_role")][:1] == [
            'User "log_test_role" has an expired password.'
        ]
    finally:
        faults.owner.execute("DROP ROLE log_test_role")


def test_a_role_that_may_not_read_it_reads_it_here_or_says_so(target: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE ROLE no_log_role LOGIN PASSWORD 'no-log-role-word'")
    try:
        plain = replace(
            target, dsn=Secret(make_conninfo(target.dsn.reveal(), user="no_log_role", password="no-log-role-word"))
        )
        assert seen(plain).source == seen(target).source
    finally:
        faults.owner.execute("DROP ROLE no_log_role")


@pytest.mark.parametrize("form", ["stderr", "csvlog", "jsonlog"])
def test_a_collected_log_is_found_in_its_format_up_and_down(form: str) -> None:
    settings = {
        **servers.PATIENT,
        "logging_collector": "on",
        "log_destination": form,
        "log_connections": "on",
        "log_line_prefix": "%m [%p] %q%u@%d ",
    }
    with servers.cluster(servers.embedded(), settings) as cluster:
        target = Target("main", Secret(cluster.url()))
        with psycopg.connect(cluster.url(), autocommit=True) as conn, suppress(psycopg.Error):
            conn.execute("SELECT 1 / 0")
        found = seen(target)
        assert Path(found.source).parent == cluster.folder.data / "log"
        (one,) = found.like("division by zero")
        assert (one.code or "22012", one.users, one.databases) == ("22012", ("postgres",), ("postgres",))
        assert one.statement == "SELECT 1 / 0"
        assert Login(found.logins[-1].at, "postgres", "[local]", "postgres") in found.logins
        cluster.stop("immediate")
        down = away(target, replace(NOTHING_SEEN, away=TargetUnavailable("x", kind="refused")))
        assert down is not None
        assert down.like("division by zero")


def test_a_log_that_is_named_is_read(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "some.log"
    file.write_text("FATAL:  it is so\n")
    found = look(target, {"log": check}, asked=Asked(log_file=file)).last("log", Log)
    assert found is not None
    assert [(one.severity, one.message, one.first) for one in found.entries] == [("FATAL", "it is so", None)]
    missing = look(target, {"log": check}, asked=Asked(log_file=tmp_path / "none"))
    assert "No such file" in missing.unknown["log"]


def test_logins_have_the_address_that_the_line_before_gives() -> None:
    lines = (
        said("LOG", "connection received: host=10.0.0.9 port=4711", 50, pid=7),
        said(
            "FATAL",
            'password authentication failed for user "web"',
            50,
            pid=7,
            detail='Connection matched file "x" line 3',
        ),
        said("LOG", "connection received: host=10.0.0.8 port=4712", 40, pid=8),
        said("LOG", "connection authorized: user=web database=shop application_name=rails", 40, pid=8),
        said("FATAL", 'no pg_hba.conf entry for host "10.0.0.7", user "web", database "shop", no encryption', 30),
    )
    found = gathered(Tail("log", "stderr", lines, whole=True), ago(900)).logins
    assert [(one.user, one.host, bool(one.failed)) for one in found] == [
        ("web", "10.0.0.9", True),
        ("web", "10.0.0.8", False),
        ("web", "10.0.0.7", True),
    ]


def test_an_old_log_says_nothing_now(target: Target) -> None:
    with connect(target) as conn:
        found = read(conn, replace(NOTHING_SEEN, asked=Asked(since=timedelta(seconds=-60))))
    assert found.entries == ()

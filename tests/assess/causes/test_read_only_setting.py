"""Transactions that are read-only by a setting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fireline.assess.causes.read_only_setting import judge
from fireline.assess.checks.files import Files, Line
from fireline.assess.checks.owners import Owners
from fireline.assess.checks.plain_session import PlainSession
from tests.assess.given import SERVER, base, files, look, settings
from tests.assess.refusals import facts, log, said, the

NAME = "default_transaction_read_only"
REFUSAL = "ERROR:  cannot execute UPDATE in a read-only transaction"


@pytest.mark.parametrize(
    ("override", "reset"),
    [
        (("shop", None, NAME, "on"), f"ALTER DATABASE shop RESET {NAME}"),
        ((None, "Web app", NAME, "true"), f'ALTER ROLE "Web app" RESET {NAME}'),
        (("shop", "web", NAME, "1"), f"ALTER ROLE web IN DATABASE shop RESET {NAME}"),
        ((None, None, NAME, "yes"), f"ALTER ROLE ALL RESET {NAME}"),
    ],
)
def test_whoever_is_given_it_is_named_and_freed(override: tuple[str | None, str | None, str, str], reset: str) -> None:
    found = the(judge(look(REFUSAL, settings=settings(override))))
    assert found.remedy.sql == (f"SET {NAME} = off", reset)
    assert found.remedy.undo[0].endswith(f"SET {NAME} = '{override[3]}'")
    assert found.severity in ("critical", "high")
    assert "which could write" in facts(found)


def test_a_line_of_the_servers_own_file_is_reset_and_one_of_somebodys_is_overridden() -> None:
    for file, change in (("/d/postgresql.auto.conf", f"RESET {NAME}"), ("/etc/postgresql.conf", f"SET {NAME} = 'off'")):
        found = the(judge(look(REFUSAL, files=files(Line(file, 12, NAME, "on", applied=True)))))
        assert found.remedy.sql[1:] == (f"ALTER SYSTEM {change}", "SELECT pg_reload_conf()")
        assert f"line 12 of {file}" in facts(found)
        assert "pg_file_settings" in found.probe.sql


def test_where_files_can_not_be_read_a_plain_session_tells() -> None:
    plain = PlainSession({NAME: base(NAME, "on", None, "configuration file", file="/d/postgresql.auto.conf", line=3)})
    found = the(judge(look(REFUSAL, files=Files(readable=False), plain_session=plain)))
    assert found.objects == (f"{NAME} of the whole server",)
    assert "pg_conf_load_time" in found.probe.sql


def test_on_a_standby_it_is_not_the_setting() -> None:
    seen = look(REFUSAL, settings=settings(("shop", None, NAME, "on")))
    assert judge(replace(seen, server=replace(SERVER, standby=True))) == ()


def test_nobody_complaining_a_role_that_only_reads_is_meant_so_unless_it_owns_tables() -> None:
    given = settings((None, "report", NAME, "on"))
    assert judge(look(settings=given, owners=Owners({"web": 3}))) == ()
    assert the(judge(look(settings=given, owners=Owners({"report": 3})))).severity == "medium"


def test_off_and_another_database_are_silent() -> None:
    given = settings(("shop", None, NAME, "off"), ("archive", None, NAME, "on"))
    assert judge(look(REFUSAL, settings=given)) == ()


def test_writes_that_the_log_tells_of_stop_people_whatever_they_complain_of() -> None:
    given = settings((None, "web", NAME, "on"))
    refused = log(said("ERROR", "cannot execute UPDATE in a read-only transaction"))
    found = the(judge(look("everything is slow", settings=given, owners=Owners({"web": 3}), log=refused)))
    assert (found.severity, found.confidence) == ("critical", 0.95)
    assert "cannot execute UPDATE" in facts(found)
    assert judge(look("everything is slow", settings=given, owners=Owners({"other": 3}), log=refused)) == ()

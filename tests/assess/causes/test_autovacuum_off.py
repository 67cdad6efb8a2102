"""Autovacuum off for everybody."""

from __future__ import annotations

from fireline.assess.causes.autovacuum_off import judge
from fireline.assess.checks.files import Line
from fireline.assess.checks.tables import Table
from tests.assess.given import base, files, look, settings, tables
from tests.assess.refusals import facts, the

OFF = files(Line("/etc/postgresql.conf", 5, "autovacuum", "off", applied=True))


def test_the_line_that_switches_it_off_is_named() -> None:
    swollen = tables(Table(1, "public", "orders", live=10, dead=5000))
    found = the(judge(look("tables keep growing", files=OFF, tables=swollen)))
    assert found.severity == "high"
    assert found.remedy.sql == ("ALTER SYSTEM SET autovacuum = 'on'", "SELECT pg_reload_conf()")
    assert found.remedy.undo == ("ALTER SYSTEM RESET autovacuum", "SELECT pg_reload_conf()")
    assert "public.orders has 5,000 dead rows" in facts(found)


def test_a_role_that_may_not_read_the_files_sees_the_setting_itself() -> None:
    off = settings(track_counts=base("track_counts", "off", None, "configuration file", file="/etc/a.conf", line=1))
    assert the(judge(look(settings=off))).severity == "medium"


def test_on_is_silent() -> None:
    on = files(Line("/etc/postgresql.conf", 5, "autovacuum", "on", applied=True))
    assert judge(look("tables keep growing", files=on)) == ()

"""Rows that somebody deleted."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.mass_delete import judge
from fireline.assess.checks.deletions import Deletion, Deletions
from fireline.assess.checks.tables import Table, Tables
from tests.assess.given import look
from tests.assess.kept import facts, the, why_not
from tests.assess.secured import policies, table

NOTES = Tables((Table(7, "public", "notes", tuples=1000, live=100, inserted=1000, deleted=900),))
STROKE = Deletion("web", "DELETE FROM notes", 1, 900, ((None, "notes"),), whole=True)
GONE = Deletions((STROKE,), {7: 100})
LOST = "rows of notes are missing"


def test_it_is_named_with_who_deleted_how_much() -> None:
    found = the(judge(look(LOST, tables=NOTES, deletions=GONE)))
    assert found.title == "Rows of public.notes were deleted by a DELETE statement."
    assert "web deleted 900 rows in 1 call: DELETE FROM notes" in facts(found)
    assert "public.notes has 100 rows now" in facts(found)
    assert (found.severity, found.remedy.level, found.remedy.sql) == ("critical", "destructive", ())
    assert (found.probe.expect, "FROM public.notes LIMIT 1000" in found.probe.sql) == ("rows_there >= 1000", True)
    assert {"rls_enabled_no_policy", "unlogged_table_reset", "index_missing_entries"} == why_not(found).keys()


def test_nobody_missing_rows_a_delete_is_ordinary() -> None:
    assert judge(look(tables=NOTES, deletions=GONE)) == ()
    assert judge(look("it is slow", tables=NOTES, deletions=GONE)) == ()


def test_a_queue_that_is_worked_off_and_rows_that_are_there_again_are_silent() -> None:
    queue = Deletions((replace(STROKE, calls=900),), {7: 100})
    assert judge(look(LOST, tables=NOTES, deletions=queue)) == ()
    assert judge(look(LOST, tables=NOTES, deletions=Deletions((STROKE,), {7: 1000}))) == ()


def test_row_security_that_hides_the_rows_explains_it() -> None:
    hidden = policies(table(policies=()))
    assert judge(look(LOST, tables=NOTES, deletions=GONE, policies=hidden)) == ()
    assert judge(look(LOST, tables=NOTES, deletions=GONE, policies=policies(table())))

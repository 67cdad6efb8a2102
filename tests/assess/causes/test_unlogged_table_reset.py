"""Tables that a crash has emptied."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fireline.assess.causes.unlogged_table_reset import crashed, judge
from fireline.assess.checks.unlogged import Unlogged, UnloggedTables
from tests.assess.judging import complaining
from tests.assess.kept import ago, facts, the, why_not
from tests.assess.readings import AT, snapshot

EMPTIED = Unlogged(700, "public", "Carts", 5000.0, 40, 0, 0, 0, 0)
ASKED = "all the rows are gone"


def seen(*tables: Unlogged, **changed: Any) -> tuple[str, UnloggedTables]:
    made = UnloggedTables(AT, ago(90_000), ago(600), ago(595), tables or (EMPTIED,))
    return "unlogged", replace(made, **changed)


def test_a_table_that_had_rows_before_the_crash_is_named_without_complaint() -> None:
    found = the(judge(snapshot(seen())))
    assert (found.severity, found.confidence, found.objects) == ("critical", 0.95, ('public."Carts"',))
    assert "the server came up 10 min ago and has counted from zero since" in facts(found)
    assert "public.Carts is unlogged, had 5000 rows when last analysed, and has 0 bytes now" in facts(found)
    assert found.remedy.sql == ('ALTER TABLE public."Carts" SET LOGGED',)
    assert found.remedy.undo == ('ALTER TABLE public."Carts" SET UNLOGGED',)
    assert (found.probe.expect, "oid IN (700) AND relpersistence = 'u'" in found.probe.sql) == ("rows = 0", True)
    assert {"mass_delete", "rls_enabled_no_policy", "search_path_override"} == why_not(found).keys()


@pytest.mark.parametrize(
    "changed",
    [{"size": 8192}, {"live": 3}, {"inserted": 3}, {"deleted": 5000}, {"remembered": 0.0}],
    ids=["has pages", "has rows", "filled again", "deleted by somebody", "was empty before"],
)
def test_a_table_that_the_crash_did_not_empty_is_silent(changed: dict[str, Any]) -> None:
    assert judge(complaining(snapshot(seen(replace(EMPTIED, **changed))), ASKED)) == ()


def test_a_server_that_was_started_in_order_is_silent() -> None:
    in_order = seen(counted_since=ago(80_000))
    assert not crashed(in_order[1])
    assert not crashed(seen(counted_since=None)[1])
    assert judge(complaining(snapshot(in_order), ASKED)) == judge(complaining(snapshot(), ASKED)) == ()
    assert crashed(seen(came_up=None, started=ago(600))[1])


def test_a_table_that_was_never_analysed_is_named_only_when_rows_are_missed() -> None:
    never = snapshot(seen(replace(EMPTIED, remembered=-1.0)))
    assert judge(never) == ()
    found = the(judge(complaining(never, ASKED)))
    assert (found.confidence, found.severity) == (0.8, "critical")
    assert "was never analysed" in facts(found)
    assert judge(complaining(snapshot(seen(replace(EMPTIED, remembered=-1.0, size=None))), ASKED)) == ()


def test_a_crash_of_last_week_is_named_only_when_rows_are_missed() -> None:
    old = snapshot(seen(came_up=ago(7 * 86400), counted_since=ago(7 * 86400)))
    assert judge(old) == ()
    assert judge(complaining(old, ASKED))

"""Tables that row security shuts."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.rls_enabled_no_policy import judge
from fireline.assess.checks.policies import Role
from tests.assess.kept import facts, the, why_not
from tests.assess.secured import OWN_ROWS, READ, seeing, table, trial

SHUT = table(policies=())
LOST = "the data is missing"


def test_a_role_that_is_connected_and_sees_nothing_is_named_with_its_table() -> None:
    found = the(judge(seeing(SHUT)))
    assert found.title == "Row security at public.notes hides every row from web, as no policy lets it read."
    assert "row security is on at public.notes, for about 1000 rows" in facts(found)
    assert "public.notes has no policy at all" in facts(found)
    assert found.remedy.sql == ("CREATE POLICY web_sees_all ON public.notes TO web USING (true) WITH CHECK (true)",)
    assert found.remedy.undo == ("DROP POLICY web_sees_all ON public.notes",)
    assert found.remedy.level == "reversible"
    assert "c.oid IN (7) AND c.relrowsecurity AND NOT EXISTS" in found.probe.sql
    assert why_not(found).keys() == {"mass_delete", "search_path_override", "unlogged_table_reset"}


def test_policies_that_are_not_about_reading_or_about_the_role_do_not_help() -> None:
    for policy in (
        replace(OWN_ROWS, command="a"),
        replace(OWN_ROWS, roles=("door",)),
        replace(OWN_ROWS, permissive=False),
    ):
        found = the(judge(seeing(table(policies=(policy,)))))
        assert "public.notes has 1, none of which lets web SELECT" in facts(found)
        assert "NOT p.oid IN (70)" in found.probe.sql


def test_a_policy_that_lets_it_read_an_empty_table_and_security_off_are_silent() -> None:
    assert judge(seeing(table(), symptom=LOST)) == ()
    assert judge(seeing(replace(SHUT, rows=0), symptom=LOST)) == ()
    assert judge(seeing(replace(SHUT, secured=False), symptom=LOST)) == ()
    assert judge(seeing(SHUT, symptom=LOST, roles=(Role("web", login=True, bypasses=True),))) == ()


def test_a_trial_that_sees_rows_clears_it_and_one_that_sees_none_makes_it_sure() -> None:
    assert judge(seeing(SHUT, exposure=trial("web", 3))) == ()
    assert the(judge(seeing(SHUT, exposure=trial("web", 0)))).confidence > the(judge(seeing(SHUT))).confidence


def test_shut_for_who_is_not_there_may_be_meant_until_rows_are_missed() -> None:
    strangers = replace(SHUT, grants={"visitor": READ})
    assert judge(seeing(strangers)) == ()
    found = the(judge(seeing(strangers, symptom=LOST)))
    assert (found.remedy.level, "strangers come as" in found.remedy.text) == ("destructive", True)

"""Policies whose condition holds for every row."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.rls_policy_always_true import judge
from fireline.assess.checks.policies import Policy
from tests.assess.kept import facts, the, why_not
from tests.assess.secured import OWN_ROWS, seeing, table, trial

ALL = {"web": ("SELECT", "UPDATE"), "visitor": ("SELECT", "UPDATE")}
OPEN = replace(OWN_ROWS, using_always=True)
SAID = "any user can read the rows of another user"


def policed(*policies: Policy, secured: bool = True) -> object:
    return judge(seeing(table(grants=ALL, policies=policies, secured=secured)))


def test_a_policy_by_which_anybody_may_change_any_row_is_named() -> None:
    found = the(judge(seeing(table(grants=ALL, policies=(OPEN,)))))
    assert found.title == "Policy own rows on public.notes lets visitor, web at every row."
    assert "own rows on public.notes FOR SELECT, INSERT, UPDATE, DELETE TO PUBLIC" in facts(found)
    assert (found.severity, found.objects) == ("high", ("own rows on public.notes",))
    assert found.remedy.sql == ('ALTER POLICY "own rows" ON public.notes USING (false)',)
    assert found.remedy.undo == ('ALTER POLICY "own rows" ON public.notes USING (true)',)
    assert "p.polrelid = 7 AND md5(" in found.probe.sql
    assert "= 'abc'" in found.probe.sql
    assert {"rls_disabled_exposed", "role_bypassrls", "owner_bypasses_rls"} <= why_not(found).keys()


def test_only_the_condition_that_is_always_true_is_shut() -> None:
    inserts = replace(OWN_ROWS, using=False, check=True, check_always=True, command="a")
    grants = {"visitor": ("INSERT",)}
    found = the(judge(seeing(table(grants=grants, policies=(inserts,)))))
    assert found.remedy.sql == ('ALTER POLICY "own rows" ON public.notes WITH CHECK (false)',)


def test_a_real_condition_a_restriction_beside_it_or_security_that_is_off_are_silent() -> None:
    assert policed(OPEN) != ()
    assert policed(OWN_ROWS) == ()
    assert policed(OPEN, Policy("tenant", "*", permissive=False)) == ()
    assert policed(OPEN, secured=False) == ()


def test_a_policy_that_was_made_for_one_role_that_logs_in_is_meant() -> None:
    assert policed(replace(OPEN, roles=("web",))) == ()
    assert policed(replace(OPEN, roles=("visitor",))) != ()


def test_data_that_anybody_may_read_may_be_public_unless_somebody_complains() -> None:
    readable = table(grants=ALL, policies=(replace(OPEN, command="r"),))
    assert judge(seeing(readable)) == ()
    assert the(judge(seeing(readable, symptom=SAID))).explains == ("any user can read any row",)
    only_visitor = replace(readable, grants={"visitor": ("SELECT",)})
    assert judge(seeing(only_visitor, symptom=SAID, exposure=trial("visitor", 0))) == ()

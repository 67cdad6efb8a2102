"""Views that show a table past its row security."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.definer_view_bypasses_rls import judge
from fireline.assess.checks.policies import Relation
from tests.assess.kept import facts, the, why_not
from tests.assess.refusals import SERVER
from tests.assess.secured import READ, seeing, table, trial

VIEW = Relation(8, "public", "all_notes", kind="v", owner="owner", grants={"web": READ}, reads=(7,))


def test_a_view_that_reads_with_its_owner_s_rights_is_named() -> None:
    found = the(judge(seeing(table(), VIEW)))
    assert found.title == "View public.all_notes shows web every row of public.notes, past its row security."
    assert "whom the policies of public.notes do not bind; web may read it" in facts(found)
    assert (found.severity, found.objects) == ("medium", ("public.all_notes", "public.notes"))
    assert found.remedy.sql == ("ALTER VIEW public.all_notes SET (security_invoker = true)",)
    assert found.remedy.undo == ("ALTER VIEW public.all_notes RESET (security_invoker)",)
    assert "oid IN (8) AND (has_table_privilege('web', oid, 'SELECT'))" in found.probe.sql
    assert {"rls_disabled_exposed", "role_bypassrls", "owner_bypasses_rls"} <= why_not(found).keys()


def test_what_can_not_read_as_its_caller_is_taken_away_from_them() -> None:
    taken = ("REVOKE SELECT ON public.all_notes FROM web",)
    assert the(judge(seeing(table(), replace(VIEW, kind="m")))).remedy.sql == taken
    old = replace(seeing(table(), VIEW), server=replace(SERVER, number=140012))
    found = the(judge(old))
    assert (found.remedy.sql, found.remedy.undo) == (taken, ("GRANT SELECT ON public.all_notes TO web",))


def test_a_view_upon_a_view_leads_to_the_table_too() -> None:
    upper = Relation(9, "public", "upper", kind="v", owner="owner", grants={"web": READ}, reads=(8,))
    assert the(judge(seeing(table(), replace(VIEW, grants={}), upper))).objects == ("public.upper", "public.notes")


def test_a_view_for_its_caller_a_table_that_binds_its_owner_and_one_without_security_are_silent() -> None:
    said = "a tenant sees all tenants"
    assert judge(seeing(table(), replace(VIEW, invoker=True), symptom=said)) == ()
    assert judge(seeing(table(forced=True), VIEW, symptom=said)) == ()
    assert judge(seeing(table(secured=False), VIEW, symptom=said)) == ()
    assert judge(seeing(table(), replace(VIEW, grants={}), symptom=said)) == ()
    assert judge(seeing(table(grants={}), VIEW)) == (), "made to show what the role may not read otherwise"


def test_strangers_or_a_complaint_make_it_grave_and_a_trial_that_sees_nothing_clears_it() -> None:
    strangers = replace(VIEW, grants={"visitor": READ})
    assert the(judge(seeing(table(), strangers))).severity == "high"
    assert the(judge(seeing(table(), VIEW, symptom="a tenant sees all tenants"))).severity == "high"
    assert judge(seeing(table(), VIEW, exposure=trial("web", 0, relation=8))) == ()

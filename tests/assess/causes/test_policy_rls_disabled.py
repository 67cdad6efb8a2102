"""Policies on a table where row security is off."""

from __future__ import annotations

from fireline.assess.causes.policy_rls_disabled import judge
from tests.assess.kept import facts, the, why_not
from tests.assess.secured import READ, seeing, table, trial

OFF = table(secured=False)


def test_policies_that_nobody_heeds_are_named() -> None:
    found = the(judge(seeing(OFF)))
    assert found.title == "The policies of public.notes are ignored, as row security is off there."
    assert "public.notes has 1: own rows" in facts(found)
    assert "rights on it besides its owner: web" in facts(found)
    assert found.remedy.sql == ("ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY",)
    assert found.remedy.undo == ("ALTER TABLE public.notes DISABLE ROW LEVEL SECURITY",)
    assert "oid IN (7) AND NOT relrowsecurity" in found.probe.sql
    assert {"rls_disabled_exposed", "role_bypassrls", "owner_bypasses_rls"} <= why_not(found).keys()


def test_strangers_or_a_complaint_make_it_grave() -> None:
    assert the(judge(seeing(OFF))).severity == "medium"
    assert the(judge(seeing(OFF, symptom="a tenant sees another tenant"))).severity == "high"
    assert the(judge(seeing(table(secured=False, grants={"visitor": READ})))).severity == "high"
    assert "web sees 40 rows" in facts(the(judge(seeing(OFF, exposure=trial("web", 40)))))


def test_security_that_is_on_and_a_table_without_policies_are_silent() -> None:
    assert judge(seeing(table())) == ()
    assert judge(seeing(table(secured=False, policies=()), symptom="a tenant sees another tenant")) == ()


def test_a_complaint_that_names_a_table_is_about_that_one_alone() -> None:
    bills = table(oid=8, name="bills", secured=False)
    assert the(judge(seeing(OFF, bills))).objects == ("public.bills", "public.notes")
    assert the(judge(seeing(OFF, bills, symptom="any user can read notes"))).objects == ("public.notes",)

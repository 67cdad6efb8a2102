"""Tables without row security that strangers reach."""

from __future__ import annotations

from fireline.assess.causes.rls_disabled_exposed import judge
from tests.assess.kept import facts, the, why_not
from tests.assess.secured import OWN_ROWS, READ, seeing, table, trial

OPEN = table(secured=False, policies=(), grants={"visitor": ("SELECT", "INSERT")})
ORDINARY = table(secured=False, policies=())


def test_a_table_that_strangers_may_change_is_named_with_what_they_may_do() -> None:
    found = the(judge(seeing(OPEN)))
    assert found.title == "Table public.notes has no row security and is open to visitor."
    assert "on public.notes visitor has SELECT, INSERT" in facts(found)
    assert (found.severity, found.objects) == ("high", ("public.notes",))
    assert found.remedy.sql == ("ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY",)
    assert found.remedy.undo == ("ALTER TABLE public.notes DISABLE ROW LEVEL SECURITY",)
    assert "oid IN (7) AND NOT relrowsecurity AND (has_table_privilege('visitor'" in found.probe.sql
    assert {"policy_rls_disabled", "role_bypassrls", "owner_bypasses_rls"} <= why_not(found).keys()


def test_what_strangers_may_only_read_is_less_grave_and_a_trial_proves_it() -> None:
    read = table(secured=False, policies=(), grants={"visitor": READ})
    assert the(judge(seeing(read))).severity == "medium"
    proved = the(judge(seeing(read, exposure=trial("visitor", 40))))
    assert proved.confidence > the(judge(seeing(read))).confidence
    assert "visitor sees 40 rows of public.notes" in facts(proved)
    assert judge(seeing(read, exposure=trial("visitor", 0))) == ()


def test_row_security_or_policies_that_only_wait_make_it_another_fault() -> None:
    assert judge(seeing(table(policies=(), grants=OPEN.grants))) == ()
    assert judge(seeing(table(secured=False, policies=(OWN_ROWS,), grants=OPEN.grants))) == ()


def test_what_an_ordinary_role_may_read_is_named_only_when_a_complaint_names_it_and_nothing_else_explains_it() -> None:
    said = "any user can see the notes of others"
    assert judge(seeing(ORDINARY)) == ()
    assert the(judge(seeing(ORDINARY, symptom=said))).confidence == 0.6
    assert judge(seeing(ORDINARY, symptom="any user can see all")) == ()
    ignored = table(oid=8, name="bills", secured=False)
    assert judge(seeing(ORDINARY, ignored, symptom=said)) == ()

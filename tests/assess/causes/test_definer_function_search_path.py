"""Functions with their owner's rights and their caller's search_path."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.definer_function_search_path import judge
from fireline.assess.checks.policies import Function
from tests.assess.kept import facts, the, why_not
from tests.assess.secured import seeing

PAY = Function(90, "public", "pay", "integer", "root")
SAID = "privilege escalation is possible"


def test_a_function_that_anybody_may_call_is_named() -> None:
    found = the(judge(seeing(functions=(PAY,))))
    assert found.title == "Function public.pay runs with the owner's rights and the caller's search_path."
    assert "public.pay(integer) is SECURITY DEFINER of root, a superuser" in facts(found)
    assert "may be called by every role" in facts(found)
    assert found.remedy.sql == ("ALTER FUNCTION public.pay(integer) SET search_path = public, pg_temp",)
    assert found.remedy.undo == ("ALTER FUNCTION public.pay(integer) RESET search_path",)
    assert "oid IN (90) AND prosecdef" in found.probe.sql
    assert why_not(found).keys() == {"role_bypassrls", "definer_view_bypasses_rls"}


def test_a_procedure_and_names_that_need_quotes_are_written_as_they_must_be() -> None:
    procedure = replace(PAY, kind="p", schema="My App", callers=("web",))
    found = the(judge(seeing(functions=(procedure,))))
    assert found.remedy.sql == ('ALTER PROCEDURE "My App".pay(integer) SET search_path = "My App", pg_temp',)
    assert "may be called by web" in facts(found)


def test_a_fixed_path_a_trigger_and_what_nobody_with_fewer_rights_may_call_are_silent() -> None:
    for one in (
        replace(PAY, search_path="public, pg_temp"),
        replace(PAY, trigger=True),
        replace(PAY, callers=()),
        replace(PAY, callers=("root",)),
        replace(PAY, owner="web", callers=("web",)),
    ):
        assert judge(seeing(functions=(one,), symptom=SAID)) == ()


def test_a_complaint_makes_a_superuser_s_function_grave_and_chooses_the_one_it_names() -> None:
    harmless = replace(PAY, oid=91, name="greet", owner="owner")
    assert the(judge(seeing(functions=(PAY,)))).severity == "medium"
    assert the(judge(seeing(functions=(PAY,), symptom=SAID))).severity == "high"
    assert the(judge(seeing(functions=(harmless,), symptom=SAID))).severity == "medium"
    both = seeing(functions=(PAY, harmless), symptom="security: what does function greet do?")
    assert the(judge(both)).objects == ("public.greet(integer)",)

"""Policies that call a function for every row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fireline.assess.causes.rls_per_row_function import judge, wrapped
from fireline.assess.checks.policies import Policies, Role
from fireline.assess.checks.policy_calls import Call, PolicyCalls
from fireline.assess.checks.statements import Statement
from fireline.assess.checks.tables import Table
from tests.assess.given import look, statement, statements, tables
from tests.assess.refusals import facts, the

SLOW = statement(
    "SELECT * FROM notes WHERE state = $1", user="member", calls=10, mean_ms=400, shared_hit=10_000, rows=10
)
CALL = Call(90, "auth", "my_org", calls=200_000, total_ms=3900.0)
POLICY = PolicyCalls(60, 7, "public", "notes", "own rows", "*", "abc", "(org_id = auth.my_org())", (CALL,))
NOTES = tables(Table(7, "public", "notes", owner="owner", pages=1000, tuples=20_000))
ROLES = Policies(
    {"member": Role("member", login=True), "owner": Role("owner", login=True), "root": Role("root", superuser=True)}
)


def seen(symptom: str, policy: PolicyCalls = POLICY, *known: Statement) -> Any:
    return look(
        symptom, statements=statements(*(known or (SLOW,))), tables=NOTES, policies=ROLES, policy_calls=((policy,),)
    )


def test_the_policy_is_named_and_written_anew() -> None:
    found = the(judge(seen("slow through the API only")))
    assert found.remedy.sql == ('ALTER POLICY "own rows" ON public.notes USING ((org_id = (SELECT auth.my_org())))',)
    assert found.remedy.undo == ('ALTER POLICY "own rows" ON public.notes USING ((org_id = auth.my_org()))',)
    assert "my_org() was called 200,000 times" in facts(found)
    assert "missing_index" in {one.cause for one in found.rejected}


def test_a_function_that_takes_a_column_can_not_be_wrapped_so_the_text_tells() -> None:
    of_row = replace(POLICY, calls=(replace(CALL, bare=False),))
    found = the(judge(seen("slow", of_row)))
    assert (found.remedy.sql, "IN (SELECT" in found.remedy.text) == ((), True)


def test_where_calls_are_not_counted_the_owner_s_time_tells() -> None:
    uncounted = replace(POLICY, calls=(replace(CALL, calls=0, total_ms=0.0),))
    quick = replace(SLOW, user="owner", userid=11, mean_ms=9.0, total_ms=90.0)
    assert "the owner owner takes 9.0 ms" in facts(the(judge(seen("slow", uncounted, SLOW, quick))))
    as_slow = replace(quick, mean_ms=390.0, total_ms=3900.0)
    assert judge(seen("slow", uncounted, SLOW, as_slow)) == ()


def test_whom_no_policy_applies_to_is_not_slowed_by_one() -> None:
    for user in ("owner", "root", "stranger"):
        assert judge(seen("slow", POLICY, replace(SLOW, user=user))) == ()


def test_a_quick_statement_an_inlined_function_and_few_calls_are_silent() -> None:
    assert judge(seen("slow", POLICY, replace(SLOW, mean_ms=0.3, total_ms=3.0))) == ()
    assert judge(seen("slow", replace(POLICY, calls=(replace(CALL, inlined=True),)))) == ()
    assert judge(seen("slow", replace(POLICY, calls=(replace(CALL, calls=12, total_ms=1.0),)))) == ()


def test_only_calls_outside_of_a_subselect_are_wrapped() -> None:
    before = "((a = my_org()) OR (b = ( SELECT my_org() AS my_org)) OR (c = auth.\"my_org\"('x'::text)))"
    after = (
        "((a = (SELECT my_org())) OR (b = ( SELECT my_org() AS my_org)) OR (c = (SELECT auth.\"my_org\"('x'::text))))"
    )
    assert wrapped(before, "my_org") == after
    assert wrapped("(not_my_org() = 1)", "my_org") == "(not_my_org() = 1)"

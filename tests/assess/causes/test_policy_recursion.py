"""Policies that read their own table."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.policy_recursion import judge
from tests.assess.kept import facts, the, why_not
from tests.assess.secured import OWN_ROWS, seeing, table

ROUND = table(policies=(replace(OWN_ROWS, reads=(7,)),))
THERE = table(policies=(replace(OWN_ROWS, reads=(8,)),))
BACK = table(oid=8, name="members", policies=(replace(OWN_ROWS, name="mine", reads=(7,), print="def"),))


def test_a_policy_that_reads_its_own_table_is_named() -> None:
    found = the(judge(seeing(ROUND)))
    assert found.title.startswith("The policies of public.notes read the table itself")
    assert facts(found) == "own rows on public.notes reads public.notes in its condition"
    assert (found.severity, found.objects) == ("high", ("own rows on public.notes",))
    assert found.remedy.sql == ('DROP POLICY "own rows" ON public.notes',)
    assert found.remedy.level == "destructive"
    assert "IN ('abc')" in found.probe.sql
    assert why_not(found).keys() == {"rls_enabled_no_policy", "rls_policy_always_true"}


def test_policies_that_read_each_other_s_tables_are_one_ring_and_one_is_dropped() -> None:
    found = the(judge(seeing(THERE, BACK)))
    assert set(found.objects) == {"own rows on public.notes", "mine on public.members"}
    assert "own rows on public.notes reads public.members in its condition" in facts(found)
    assert len(found.remedy.sql) == 1
    assert "'abc'" in found.probe.sql
    assert "'def'" in found.probe.sql


def test_a_policy_that_reads_another_table_and_stops_there_is_silent() -> None:
    assert judge(seeing(THERE, table(oid=8, name="members"))) == ()
    assert judge(seeing(table())) == ()


def test_a_ring_that_is_not_in_force_is_silent() -> None:
    assert judge(seeing(replace(ROUND, secured=False))) == ()
    assert judge(seeing(THERE, replace(BACK, secured=False))) == ()


def test_a_complaint_that_names_a_table_is_about_that_one() -> None:
    other = table(oid=9, name="bills", policies=(replace(OWN_ROWS, reads=(9,), print="xyz"),))
    said = 'ERROR:  infinite recursion detected in policy for relation "bills"'
    assert len(the(judge(seeing(ROUND, other))).objects) == 2
    assert the(judge(seeing(ROUND, other, symptom=said))).objects == ("own rows on public.bills",)

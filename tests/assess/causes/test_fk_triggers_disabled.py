"""Triggers that enforce a key, switched off."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.fk_triggers_disabled import judge
from fireline.assess.checks.foreign_keys import DisabledTrigger
from fireline.assess.snapshot import Asked
from tests.assess.broken import KEY, OFF, facts, ruled_out, seen, without
from tests.assess.judging import NOTHING_SEEN


def test_it_is_named_with_the_trigger_and_what_came_in() -> None:
    [found] = judge(seen(disabled=(OFF,), orphans=3))
    assert (found.severity, found.objects) == ("high", ("bound on public.lines",))
    assert "RI_ConstraintTrigger_c_9 on public.lines is disabled; it checks rows that refer" in facts(found)
    assert "3 rows refer to nothing" in facts(found)
    assert {"fk_bypassed_replica_role", "fk_not_validated", "fk_missing_logical"} <= ruled_out(found)
    assert found.remedy.sql == ('ALTER TABLE public.lines ENABLE TRIGGER "RI_ConstraintTrigger_c_9"',)
    assert found.remedy.undo == ('ALTER TABLE public.lines DISABLE TRIGGER "RI_ConstraintTrigger_c_9"',)
    assert found.remedy.level == "reversible"


def test_it_is_named_before_anything_came_in_and_when_nothing_can_be_counted() -> None:
    [found] = judge(seen(disabled=(OFF,), orphans=0, asked=Asked()))
    assert found.severity == "medium"
    [found] = judge(without(seen(disabled=(OFF,), orphans=None, asked=Asked()), "orphans"))
    assert "were not counted" in facts(found)


def test_a_trigger_that_fires_for_a_replica_only_is_put_back_as_it_was() -> None:
    [found] = judge(seen(disabled=(replace(OFF, state="R", of_child=False),), orphans=3))
    assert "enabled for a replica only; it guards rows that are referred to" in facts(found)
    assert found.remedy.undo == ('ALTER TABLE public.lines ENABLE REPLICA TRIGGER "RI_ConstraintTrigger_c_9"',)


def test_a_key_that_is_not_validated_either_is_this_one_first() -> None:
    assert len(judge(seen(key=replace(KEY, validated=False), disabled=(OFF,), orphans=3))) == 1


def test_a_trigger_of_the_teams_own_is_their_own_business() -> None:
    own = DisabledTrigger("audit", "public.lines", "D", None)
    assert judge(seen(disabled=(own,), orphans=3)) == ()
    assert judge(seen(orphans=3)) == ()
    assert judge(NOTHING_SEEN) == ()

"""A key that was never validated."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.fk_not_validated import judge
from fireline.assess.snapshot import Asked
from tests.assess.broken import KEY, OFF, facts, ruled_out, seen, without
from tests.assess.judging import NOTHING_SEEN, asking

LOOSE = replace(KEY, validated=False)


def test_it_is_named_with_the_rows_it_never_looked_at() -> None:
    [found] = judge(seen(key=LOOSE, orphans=3))
    assert (found.severity, found.objects) == ("high", ("bound on public.lines",))
    assert "convalidated = false" in facts(found)
    assert "3 rows refer to nothing, as public.orders has no such order_id: (500) at (0,7) of public.lines" in facts(
        found
    )
    assert {"fk_bypassed_replica_role", "fk_triggers_disabled", "fk_missing_logical"} <= ruled_out(found)
    assert found.remedy.level == "destructive"
    assert found.remedy.sql[-1] == "ALTER TABLE public.lines VALIDATE CONSTRAINT bound"
    assert found.remedy.sql[0] == "CREATE TABLE IF NOT EXISTS public.orphans_of_bound (LIKE public.lines)"


def test_without_a_complaint_it_is_work_for_the_week() -> None:
    [found] = judge(seen(key=LOOSE, orphans=3, asked=Asked()))
    assert found.severity == "medium"


def test_a_key_that_only_waits_to_be_validated_is_no_cause() -> None:
    assert judge(seen(key=LOOSE, orphans=0)) == ()
    assert judge(seen(key=LOOSE, orphans=0, asked=Asked())) == ()


def test_when_the_rows_can_not_be_counted_it_is_named_only_to_whoever_asks_after_them() -> None:
    [found] = judge(seen(key=LOOSE, orphans=None))
    assert found.confidence < 0.9
    assert "were not counted: permission denied" in facts(found)
    assert judge(seen(key=LOOSE, orphans=None, asked=Asked())) == ()
    assert judge(seen(key=LOOSE, orphans=None, asked=asking("everything is slow"))) == ()
    assert len(judge(without(seen(key=LOOSE, orphans=None), "orphans"))) == 1


def test_its_twins_facts_make_it_silent() -> None:
    assert judge(seen(key=LOOSE, orphans=3, disabled=(OFF,))) == ()
    assert judge(seen(key=KEY, orphans=3)) == ()
    assert judge(seen(key=replace(LOOSE, enforced=False), orphans=3)) == ()
    assert judge(NOTHING_SEEN) == ()

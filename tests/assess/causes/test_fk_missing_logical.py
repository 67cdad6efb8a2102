"""A key that nobody declared, or that is declared and not enforced."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.fk_missing_logical import judge
from fireline.assess.snapshot import Asked
from fireline.assess.undeclared import Undeclared
from tests.assess.broken import KEY, counted, facts, ruled_out, seen
from tests.assess.judging import NOTHING_SEEN, asking

GUESS = replace(KEY, oid=0, name="lines_order_id_fkey", validated=False, enforced=False)
PAIR = (Undeclared(GUESS, 0.97, 900), counted(3, GUESS))
OTHER = replace(KEY, child="public.notes", name="sound")


def test_it_is_named_with_what_speaks_for_the_key_and_the_rows_against_it() -> None:
    [found] = judge(seen(key=OTHER, undeclared=(PAIR,)))
    assert found.objects == ("public.lines (order_id)",)
    assert "97 % of the values looked at are found there" in facts(found)
    assert "3 rows refer to nothing" in facts(found)
    assert {
        "fk_triggers_disabled",
        "fk_not_validated",
        "fk_bypassed_replica_role",
        "index_missing_entries",
    } == ruled_out(found)
    assert found.remedy.level == "destructive"
    assert found.remedy.sql[-2:] == (
        "ALTER TABLE public.lines ADD CONSTRAINT lines_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders (id) NOT VALID",
        "ALTER TABLE public.lines VALIDATE CONSTRAINT lines_order_id_fkey",
    )
    assert found.remedy.undo == ("ALTER TABLE public.lines DROP CONSTRAINT lines_order_id_fkey",)


def test_a_key_that_is_declared_not_enforced_is_enforced() -> None:
    [found] = judge(seen(key=replace(KEY, enforced=False, validated=False), orphans=3))
    assert "bound on public.lines is declared NOT ENFORCED" in facts(found)
    assert found.remedy.sql[-1] == "ALTER TABLE public.lines ALTER CONSTRAINT bound ENFORCED"


def test_a_pair_without_a_broken_row_is_a_proposal_and_no_cause() -> None:
    assert judge(seen(undeclared=((PAIR[0], counted(0, GUESS)),))) == ()
    assert judge(seen(undeclared=((PAIR[0], counted(None, GUESS)),))) == ()


def test_it_is_named_only_to_whoever_asks_after_such_rows() -> None:
    assert judge(seen(undeclared=(PAIR,), asked=Asked())) == ()
    assert judge(seen(undeclared=(PAIR,), asked=asking("it is slow"))) == ()
    assert len(judge(seen(undeclared=(PAIR,), asked=Asked(deep=True)))) == 1
    assert judge(seen(orphans=3)) == ()
    assert judge(NOTHING_SEEN) == ()

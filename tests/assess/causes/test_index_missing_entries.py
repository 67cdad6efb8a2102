"""An index that does not hold every row."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.index_missing_entries import judge
from fireline.assess.index_proof import Proof
from tests.assess.broken import INDEX, facts, ruled_out, seen
from tests.assess.judging import NOTHING_SEEN

BROKEN = Proof(INDEX, "broken", "each row looked up", missing=2, samples=("(0,7) (500)",))


def test_it_is_named_with_the_rows_it_lacks() -> None:
    [found] = judge(seen(proofs=(BROKEN,)))
    assert (found.severity, found.objects) == ("high", ("public.orders_pkey",))
    assert "2 rows of public.orders are not in it: (0,7) (500)" in facts(found)
    assert {"mass_delete", "rls_enabled_no_policy", "fk_bypassed_replica_role", "page_corruption"} == ruled_out(found)
    assert found.remedy.sql == ("REINDEX INDEX CONCURRENTLY public.orders_pkey",)
    assert "(69, 4711)" in found.probe.sql


def test_what_amcheck_said_is_evidence() -> None:
    [found] = judge(seen(proofs=(Proof(INDEX, "broken", "amcheck", "heap tuple (0,7) lacks matching index tuple"),)))
    assert "amcheck: bt_index_check of public.orders_pkey: heap tuple (0,7) lacks" in facts(found)


def test_orphans_that_are_none_in_the_table_name_the_parents_index() -> None:
    [found] = judge(seen(lost=3, proofs=(Proof(INDEX, "unknown", because="too large"),)))
    assert "what it answers is not what its table holds" in facts(found)
    assert (
        "3 rows seem to refer to nothing by public.orders_pkey, and the table public.orders has their parents"
        in facts(found)
    )


def test_a_key_that_is_there_twice_comes_first_as_no_rebuild_succeeds_before() -> None:
    assert judge(seen(proofs=(replace(BROKEN, twice=1),))) == ()


def test_whole_and_unknown_indexes_are_no_cause() -> None:
    assert judge(seen(proofs=(Proof(INDEX, "whole", "amcheck"), Proof(INDEX, "unknown", because="x")))) == ()
    assert judge(seen(orphans=3)) == ()
    assert judge(NOTHING_SEEN) == ()

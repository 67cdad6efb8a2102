"""A key that is there twice in a unique index."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.unique_index_corrupt_dupes import judge
from fireline.assess.index_proof import Proof
from tests.assess.broken import INDEX, KEY, facts, ruled_out, seen
from tests.assess.judging import NOTHING_SEEN

TWICE = Proof(INDEX, "whole", "amcheck", twice=2, pairs=("(7) in 2 rows", "(8) in 3 rows"), keys=("id",))


def test_it_is_named_with_the_keys_that_are_there_twice() -> None:
    [found] = judge(seen(proofs=(TWICE,)))
    assert (found.severity, found.objects) == ("high", ("public.orders_pkey",))
    assert "2 keys of public.orders_pkey are there more than once: (7) in 2 rows, (8) in 3 rows" in facts(found)
    assert "sequence_behind_max" in ruled_out(found)
    assert found.remedy.level == "destructive"
    assert found.remedy.sql[0] == "CREATE TABLE IF NOT EXISTS public.duplicates_of_orders_pkey (LIKE public.orders)"
    assert "PARTITION BY id ORDER BY ctid" in found.remedy.sql[1]
    assert found.remedy.sql[-1] == "REINDEX INDEX CONCURRENTLY public.orders_pkey"
    assert "min(ctid) <> max(ctid)" in found.probe.sql


def test_rows_that_refer_to_the_key_are_not_taken_along() -> None:
    [found] = judge(seen(key=replace(KEY, on_delete="c"), proofs=(TWICE,)))
    assert found.remedy.sql[1] == "SET session_replication_role = replica"
    assert found.remedy.sql[3] == "RESET session_replication_role"
    [found] = judge(seen(key=replace(KEY, on_delete="c", parent_oid=1), proofs=(TWICE,)))
    assert "SET session_replication_role = replica" not in found.remedy.sql


def test_a_partial_index_and_one_with_an_expression_are_asked_as_they_are() -> None:
    [found] = judge(seen(proofs=(replace(TWICE, keys=("lower(b)",), where="(a > 10)"),)))
    assert "lower(b) IS NOT NULL AND (a > 10)" in found.probe.sql
    assert "WHERE (a > 10)) d" in found.remedy.sql[1]
    [found] = judge(seen(proofs=(replace(TWICE, index=replace(INDEX, nulls_equal=True)),)))
    assert "IS NOT NULL" not in found.probe.sql


def test_sound_indexes_are_no_cause() -> None:
    assert judge(seen(proofs=(replace(TWICE, twice=0), replace(TWICE, twice=None)))) == ()
    assert judge(NOTHING_SEEN) == ()

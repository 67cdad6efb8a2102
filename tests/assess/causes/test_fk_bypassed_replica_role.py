"""Rows written past a key that is valid and enforced."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.fk_bypassed_replica_role import judge
from fireline.assess.checks.settings import Override
from fireline.assess.snapshot import Asked
from tests.assess.broken import KEY, OFF, facts, ruled_out, seen, without
from tests.assess.judging import NOTHING_SEEN

HOLE = Override(None, "Loader", "session_replication_role", "replica")


def test_it_is_named_with_the_rows_and_what_rules_its_twins_out() -> None:
    [found] = judge(seen(orphans=3))
    assert (found.severity, found.objects) == ("high", ("bound on public.lines",))
    assert "3 rows refer to nothing" in facts(found)
    assert "convalidated = true" in facts(found)
    assert {"fk_triggers_disabled", "fk_not_validated", "fk_missing_logical", "index_missing_entries"} == ruled_out(
        found
    )
    assert found.remedy.level == "destructive"
    assert found.remedy.sql[1].startswith(
        "WITH gone AS (DELETE FROM ONLY public.lines c WHERE c.order_id IS NOT NULL AND NOT EXISTS"
    )
    assert found.probe.expect == "rows = 0"


def test_a_role_whose_every_session_writes_past_keys_is_named_and_healed() -> None:
    [found] = judge(seen(orphans=3, overrides=(HOLE,), asked=Asked()))
    assert found.severity == "high"
    assert "role Loader has session_replication_role = replica" in facts(found)
    assert found.remedy.sql[0] == 'ALTER ROLE "Loader" RESET session_replication_role'
    for one, statement in (
        (replace(HOLE, database="db"), 'ALTER ROLE "Loader" IN DATABASE db RESET session_replication_role'),
        (replace(HOLE, role=None, database="db"), "ALTER DATABASE db RESET session_replication_role"),
    ):
        [found] = judge(seen(orphans=3, overrides=(one,)))
        assert found.remedy.sql[0] == statement


def test_such_a_role_alone_is_no_cause() -> None:
    assert judge(seen(orphans=0, overrides=(HOLE,))) == ()
    [found] = judge(seen(orphans=3, overrides=(replace(HOLE, value="origin"),)))
    assert "origin" not in facts(found)


def test_rows_with_a_part_of_the_key_null_count_where_the_key_is_matched_in_full() -> None:
    key = replace(
        KEY, columns=("a", "b"), parent_columns=("a", "b"), operators=("=", "="), collations=("", ""), full_match=True
    )
    [found] = judge(seen(key=key, orphans=0, halves=2))
    assert (
        "2 rows refer to nothing, as public.orders has no such a + b, 2 of them with a part of the key null"
        in facts(found)
    )
    assert any("num_nulls(c.a, c.b) BETWEEN 1 AND 1" in one for one in found.remedy.sql)
    assert "num_nulls" in found.probe.sql


def test_its_twins_facts_make_it_silent() -> None:
    assert judge(seen(orphans=3, disabled=(OFF,))) == ()
    assert judge(seen(key=replace(KEY, validated=False), orphans=3)) == ()
    assert judge(seen(key=replace(KEY, enforced=False), orphans=3)) == ()
    assert judge(seen(orphans=0, lost=3)) == ()


def test_what_was_not_counted_is_not_claimed() -> None:
    assert judge(seen(orphans=None)) == ()
    assert judge(without(seen(orphans=3), "orphans")) == ()
    assert judge(NOTHING_SEEN) == ()

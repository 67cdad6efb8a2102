"""The statements and plans of one key."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess import foreign_keys
from fireline.assess.checks.foreign_keys import ForeignKey, Size

KEY = ForeignKey(
    1, "k", "public.child", "public.parent", ("a",), ("id",), ("OPERATOR(pg_catalog.=)",), ("",),
    child_index="public.i", parent_index="public.parent_pkey",
    child_size=Size(3e6, 1000, 1000), parent_size=Size(1e6, 300, 300),
)  # fmt: skip
WIDE = replace(
    KEY, columns=("a", "B"), parent_columns=("x", "y"), operators=("=", "="), collations=("", 'pg_catalog."C"')
)


def test_two_indexes_over_visible_pages_are_read_in_step() -> None:
    assert foreign_keys.plan_for(KEY) == "index_merge"
    assert "SET LOCAL enable_seqscan = off" in foreign_keys.settings_for("index_merge")


def test_without_an_index_or_with_pages_that_are_not_visible_both_sides_are_sorted_while_memory_holds_them() -> None:
    for one in (
        replace(KEY, child_index=None),
        replace(KEY, child_size=Size(3e6, 1000, 100)),
        replace(KEY, parent_index=None),
    ):
        assert foreign_keys.plan_for(one) == "sort_merge"
        assert foreign_keys.plan_for(replace(one, child_size=Size(1e8, 500_000, 0))) == "hash"
        assert foreign_keys.plan_for(one, memory_mb=16) == "hash"
    assert foreign_keys.plan_for(replace(KEY, child_index=None, child_size=Size())) == "hash"


def test_every_plan_sets_every_switch_so_that_none_is_left_from_another() -> None:
    switches = [
        {one.split(" = ")[0] for one in foreign_keys.settings_for(plan)}
        for plan in ("index_merge", "sort_merge", "hash", "rows")
    ]
    assert all(one == switches[0] for one in switches)
    assert {one.split(" = ")[0] for one in foreign_keys.heap_settings()} == switches[0]
    assert "SET LOCAL enable_hashjoin = on" in foreign_keys.heap_settings()


def test_the_statement_compares_by_the_operators_of_the_key_and_lets_nulls_be() -> None:
    assert foreign_keys.count_statement(KEY) == (
        "SELECT count(*) AS orphans FROM ONLY public.child c WHERE c.a IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM ONLY public.parent p WHERE p.id OPERATOR(pg_catalog.=) c.a)"
    )
    assert 'p.x = c.a AND p.y = c."B" COLLATE pg_catalog."C"' in foreign_keys.orphans(WIDE)
    assert foreign_keys.orphans(WIDE).startswith('FROM ONLY public.child c WHERE c.a IS NOT NULL AND c."B" IS NOT NULL')


def test_partitions_are_read_through_their_root() -> None:
    assert foreign_keys.orphans(replace(KEY, child_kind="p", parent_kind="p")).count("ONLY") == 0


def test_only_match_full_of_several_columns_forbids_a_part_to_be_null() -> None:
    assert foreign_keys.half_null_statement(WIDE) is None
    assert foreign_keys.half_null_statement(replace(KEY, full_match=True)) is None
    assert 'num_nulls(c.a, c."B") BETWEEN 1 AND 1' in str(
        foreign_keys.half_null_statement(replace(WIDE, full_match=True))
    )


def test_a_period_must_be_covered_by_those_of_the_parent() -> None:
    one = replace(WIDE, period=True)
    assert foreign_keys.plan_for(one) == "rows"
    assert "range_agg(p.y)" in foreign_keys.unmatched(one)

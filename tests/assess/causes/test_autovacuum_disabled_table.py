"""Tables that autovacuum may not touch."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.autovacuum_disabled_table import judge
from fireline.assess.checks.tables import Column, Spread, Table
from tests.assess.given import AT, look, statement, statements, tables
from tests.assess.refusals import facts, the

FULL = Table(
    7,
    "public",
    "queue",
    live=500,
    dead=40_000,
    pages=900,
    tuples=500,
    updated=40_000,
    options={"autovacuum_enabled": "false"},
)


def test_dead_rows_out_of_proportion_are_named_with_the_option() -> None:
    found = the(judge(look("a small table is slow", tables=tables(FULL))))
    assert "40,000 dead rows beside 500 live ones; vacuumed never" in facts(found)
    assert found.remedy.sql == ("ALTER TABLE public.queue RESET (autovacuum_enabled)", "VACUUM (ANALYZE) public.queue")
    assert found.remedy.undo == ("ALTER TABLE public.queue SET (autovacuum_enabled = false)",)
    assert {"xmin_held_by_session", "xmin_held_by_prepared", "xmin_held_by_slot", "missing_index"} == {
        one.cause for one in found.rejected
    }


def test_without_a_complaint_the_same_is_medium_and_a_little_is_silent() -> None:
    assert the(judge(look(tables=tables(FULL)))).severity == "medium"
    assert judge(look(tables=tables(replace(FULL, dead=300)))) == ()
    assert the(judge(look("queue is slow", tables=tables(replace(FULL, dead=300))))).severity == "high"


def test_a_few_dead_rows_matter_only_to_what_reads_past_them() -> None:
    few = replace(FULL, dead=300)
    reads = statement("SELECT count(*) FROM queue WHERE n > $1", shared_hit=9000, rows=10)
    other = statement("SELECT count(*) FROM orders WHERE n > $1", shared_hit=9000, rows=10)
    assert the(judge(look("everything is slow", tables=tables(few), statements=statements(reads)))).severity == "high"
    assert judge(look("everything is slow", tables=tables(few), statements=statements(other))) == ()
    assert judge(look("everything is slow", tables=tables(few))) == (), "nobody ever read it through"
    assert the(judge(look("everything is slow", tables=tables(replace(few, seq_scans=9)))))
    assert the(judge(look("slow", tables=tables(FULL), statements=statements(other)))).severity == "medium"


def test_room_that_a_vacuum_has_made_is_no_dead_row() -> None:
    wide = Column(1, "n", "integer", spread=Spread(4, 0, -1, None))
    empty = replace(FULL, dead=0, columns=(wide,))
    assert the(judge(look("bloat", tables=tables(empty))))
    assert judge(look("bloat", tables=tables(replace(empty, last_vacuum=AT)))) == ()


def test_a_table_that_autovacuum_may_clean_or_that_hardly_changes_is_silent() -> None:
    assert judge(look("slow", tables=tables(replace(FULL, options={})))) == ()
    assert judge(look("slow", tables=tables(replace(FULL, options={"autovacuum_enabled": "on"})))) == ()
    assert judge(look("slow", tables=tables(replace(FULL, dead=3, updated=0)))) == ()


def test_a_table_vacuumed_by_hand_is_still_told_apart_from_held_rows() -> None:
    found = the(judge(look("bloat", tables=tables(replace(FULL, last_vacuum=AT)))))
    assert "2026-03-01" in facts(found)

"""The statements that cost most, read on real servers."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from fireline.assess.checks.statements import Statement, Statements, _question, check, read, recent
from fireline.assess.look import look
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN


@pytest.fixture
def counting(target: Target, faults: Faults) -> Faults:
    """A server that has the extension loaded."""
    del target
    loaded = faults.owner.execute("SHOW shared_preload_libraries").fetchone()
    if not loaded or "pg_stat_statements" not in loaded[0]:
        pytest.skip("this server has pg_stat_statements not loaded; the drills' servers have")
    faults.owner.execute("CREATE SCHEMA IF NOT EXISTS odd; CREATE EXTENSION pg_stat_statements SCHEMA odd")
    return faults


def test_a_statement_has_its_figures_wherever_the_extension_is(target: Target, counting: Faults) -> None:
    counting.owner.execute("SELECT odd.pg_stat_statements_reset()")  # others' on this server cost more, and go first
    for number in range(7):
        counting.owner.execute("SELECT * FROM orders WHERE n = %s", [number])
    with connect(target) as conn:
        seen = read(conn, NOTHING_SEEN)
    here = counting.owner.info.dbname
    (found,) = [one for one in seen.statements if "FROM orders WHERE n" in one.text and one.database == here]
    assert found.calls == 7
    assert found.blocks_per_call >= 1
    assert 0 < seen.share(found) < 1
    assert seen.schema == "odd"
    assert seen.hidden == 0


def test_without_the_extension_it_is_unknown(target: Target) -> None:
    snapshot = look(target, {"statements": check}, gap=0)
    assert "pg_stat_statements" in snapshot.unknown["statements"]
    with connect(target) as conn, pytest.raises(psycopg.Error):
        read(conn, NOTHING_SEEN)


def one(calls: int, ms: float, blocks: int = 0) -> Statement:
    return Statement(1, 10, 5, "web", "app", True, "SELECT 1", calls, ms, shared_hit=blocks)


def test_what_was_done_during_the_look_is_the_difference() -> None:
    first = Statements(NOTHING_SEEN.taken_at, (one(10, 100, 1000),), 100)
    (found,) = recent((first, replace(first, statements=(one(12, 110, 1008),))))
    assert (found.calls, found.total_ms, found.mean_ms, found.blocks_per_call) == (2, 10, 5, 4)
    assert recent((first, first)) == ()
    assert recent((first,)) == ()


def test_a_part_that_our_role_may_not_see_is_not_passed_over() -> None:
    assert check.blind
    assert check.blind(Statements(NOTHING_SEEN.taken_at, hidden=3)) is not None
    assert check.blind(Statements(NOTHING_SEEN.taken_at)) is None


def test_figures_are_found_under_the_names_that_older_versions_have() -> None:
    where = {
        "schema": "public",
        "columns": ["queryid", "calls", "total_time", "mean_time", "blk_read_time", "shared_blks_hit"],
        "info": None,
    }
    question = _question(where, texts=True).as_string(None)
    assert '"total_time" AS "total_ms"' in question
    assert '"blk_read_time" AS "read_ms"' in question
    assert 'NULL AS "jit_ms"' in question
    assert "NULL AS toplevel" in question

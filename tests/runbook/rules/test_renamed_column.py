"""Old names of the catalog are found where they are read, mended in their line, and left alone where they are somebody else's."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from fireline.runbook.lint.world import Judged, Kind, World
from fireline.runbook.rules.renamed_column import rule
from tests.runbook.rules.saying import faults, lines, mended, sql


@dataclass
class Server:
    """A server of some version, with the columns of one view."""

    major: int
    view: tuple[str, ...]
    name: str = "main"
    target: str | None = None

    def judge(self, sql: str, binds: int = 0, *, changing: bool = False) -> Judged:
        return Judged(unknown=f"{sql} {binds}")

    def columns(self, table: str) -> tuple[str, ...] | None:
        return self.view if table == "pg_stat_statements" else None

    def similar(self, kind: Kind, name: str) -> tuple[str, ...]:
        return (kind, name)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SELECT mean_time FROM pg_stat_statements", "SELECT mean_exec_time FROM pg_stat_statements"),
        (
            "SELECT s.total_time FROM extensions.pg_stat_statements s",
            "SELECT s.total_exec_time FROM extensions.pg_stat_statements s",
        ),
        ("SELECT a.procpid FROM pg_stat_activity a, mine m", "SELECT a.pid FROM pg_stat_activity a, mine m"),
        ("SELECT pg_switch_xlog()", "SELECT pg_switch_wal()"),
        ("SELECT replay_location FROM pg_stat_replication", "SELECT replay_lsn FROM pg_stat_replication"),
    ],
)
def test_the_new_name_takes_its_place(old: str, new: str) -> None:
    [fault] = faults(rule, sql(old))
    assert mended(sql(old), fault) == sql(new)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT mean_time FROM my_own_figures",
        "SELECT mean_time FROM pg_stat_statements JOIN mine USING (queryid)",
        "SELECT mean_exec_time AS mean_time FROM pg_stat_statements ORDER BY mean_time",
        "WITH pg_stat_statements AS (SELECT 1 AS mean_time) SELECT mean_time FROM pg_stat_statements",
        "SELECT waiting FROM cooks",
        "SELECT 'mean_time' FROM pg_stat_statements",
        "SELECT x.mean_time FROM (SELECT mean_exec_time AS mean_time FROM pg_stat_statements) x",
        "SELECT current_setting('checkpoint_segments', true)",
    ],
)
def test_a_name_that_is_not_the_catalogs_is_left_alone(statement: str) -> None:
    assert faults(rule, sql(statement)) == []


def test_what_only_newer_versions_lack_is_a_warning_without_a_target() -> None:
    assert lines(rule, sql("SELECT blk_read_time FROM pg_stat_statements")) == [(5, "warning")]


def test_what_has_no_single_new_name_says_where_it_went_and_offers_no_edit() -> None:
    [fault] = faults(rule, sql("SELECT checkpoints_req FROM pg_stat_bgwriter"))
    assert "pg_stat_checkpointer" in fault.suggestion
    assert fault.edits == ()


@pytest.mark.parametrize(
    "statement",
    [
        "SHOW wal_keep_segments",
        "ALTER SYSTEM SET checkpoint_segments = 32",
        "SELECT current_setting('wal_keep_segments')",
        "SELECT setting FROM pg_settings WHERE name IN ('work_mem', 'wal_keep_segments')",
    ],
)
def test_settings_that_are_gone_are_found_however_they_are_asked_for(statement: str) -> None:
    assert lines(rule, sql(statement)) == [(5, "error")]


def test_a_server_that_still_has_the_old_name_is_right() -> None:
    old = World(target=Server(12, ("query", "mean_time")))
    assert faults(rule, sql("SELECT mean_time FROM pg_stat_statements"), old) == []
    [fault] = faults(rule, sql("SELECT mean_exec_time FROM pg_stat_statements"), old)
    assert mended(sql("SELECT mean_exec_time FROM pg_stat_statements"), fault) == sql(
        "SELECT mean_time FROM pg_stat_statements"
    )


def test_what_bash_hands_to_psql_is_read_too() -> None:
    text = "# Slow\n\n1. **Look:**\n   ```bash\n   psql -Atc 'SELECT mean_time FROM pg_stat_statements'\n   ```\n"
    [fault] = faults(rule, text)
    assert (fault.line, fault.column) == (5, 22)
    assert "mean_exec_time" in mended(text, fault)

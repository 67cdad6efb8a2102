from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.detect import applied
from fireline.postgres.migrations_seen import MigrationTable

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
FIVE = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("row", "name", "state"),
    [
        ({"version": "2026"}, "2026", "applied"),
        ({"id": 7, "app": "shop", "name": "0042", "applied": "2026-03-01T02:00:00+00:00"}, "shop.0042", "applied"),
        ({"version": "5", "description": "", "script": "R__view.sql", "success": False}, "R__view.sql", "failed"),
        ({"version": None, "description": "view", "script": "R__view.sql", "success": True}, "R__view.sql", "applied"),
        ({"version": 5, "dirty": True}, "5", "not finished"),
        ({"id": "x", "migration_name": "m", "finished_at": None}, "m", "not finished"),
        ({"id": 3, "version_id": 7, "is_applied": False}, "7", "rolled back"),
        ({"id": 1, "migration": "create_users", "batch": 2}, "create_users", "applied"),
        ({"MigrationId": "2026_Init", "ProductVersion": "9.0"}, "2026_Init", "applied"),
        ({"odd": 1}, "?", "applied"),
    ],
)
def test_each_tool_calls_a_migration_in_its_own_way(row: dict[str, Any], name: str, state: str) -> None:
    line = applied.line(row)
    assert (line.name, line.state) == (name, state)


def test_a_version_is_no_time_though_it_looks_like_one() -> None:
    assert applied.line({"version": "20260301120000"}).at is None


def test_a_time_without_a_zone_is_that_of_the_server_or_else_utc_and_only_if_it_can_be_right() -> None:
    def told(noted: datetime) -> datetime | None:
        line = applied.Line("1", "m", "applied", at=noted)
        [one] = applied.news("Flyway", {}, [line], since=NOW - FIVE, until=NOW, zone=berlin)
        return one.at

    berlin = NOW.astimezone().tzinfo or UTC
    assert told((NOW - timedelta(minutes=1)).replace(tzinfo=None)) == NOW - timedelta(minutes=1)
    assert told(NOW - timedelta(days=3)) is None
    assert told(NOW + timedelta(minutes=1)) is None


def test_heads_that_are_merged_are_told_as_where_it_is() -> None:
    [one] = applied.news("Alembic", {"a": "applied", "b": "applied"}, [applied.Line("m", "m", "applied")], since=NOW, until=NOW, zone=UTC)  # fmt: skip
    assert one.title == "Alembic is at m, before at a, b"


def test_who_shares_a_name_is_told_apart_by_the_columns() -> None:
    shared = MigrationTable("Rails, Ecto, golang-migrate, dbmate, Supabase", "public", "schema_migrations", "version")
    assert applied.tool(shared, [{"version": 1, "dirty": False}]) == "golang-migrate"
    assert applied.tool(shared, [{"version": 1, "inserted_at": "x"}]) == "Ecto"
    assert applied.tool(shared, [{"version": "1"}]) == "public.schema_migrations"
    assert applied.tool(MigrationTable("goose", "public", "goose_db_version", "id"), []) == "goose"


def test_a_password_in_the_name_of_a_migration_is_not_kept() -> None:
    assert "hunter2-hunter2" not in str(applied.line({"id": 1, "name": "set password=hunter2-hunter2"}))


_CELLS = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("2026-03-01T02:59:00")
_ROWS = st.dictionaries(
    st.sampled_from(["id", "name", "app", "version", "applied", "finished_at", "success", "installed_on"]), _CELLS
)


@given(st.lists(_ROWS, max_size=14), st.lists(_ROWS, max_size=14))
def test_whatever_stands_in_a_table_what_is_the_same_is_not_news_and_what_is_not_is(
    before: list[dict[str, Any]], now: list[dict[str, Any]]
) -> None:
    was = {line.mark: line.state for line in map(applied.line, before)}
    lines = [applied.line(row) for row in now]
    news = applied.news("Django", was, lines, since=NOW - FIVE, until=NOW, zone=UTC)
    assert bool(news) == (was != {line.mark: line.state for line in lines})
    assert len(news) <= 2 * applied.MANY
    assert all(one.at is None or one.at <= NOW for one in news)

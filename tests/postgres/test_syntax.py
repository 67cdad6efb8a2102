"""What the grammar says of a text without a server."""

from __future__ import annotations

import pytest

from fireline.postgres import syntax


def test_a_text_is_split_where_postgres_splits_it() -> None:
    text = "SELECT ';'; DO $$ BEGIN; END $$;\nCREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; -- end;"
    assert len(syntax.statements(text)) == 3
    assert syntax.statements("-- nothing") == []
    assert syntax.statements("SELEC 1; SELECT 2") == ["SELEC 1; SELECT 2"]
    assert syntax.statements("SELECT 1 \0; DROP TABLE a") == ["SELECT 1 \0; DROP TABLE a"]


@pytest.mark.parametrize(
    "text",
    [
        "VACUUM", "VACUUM ANALYZE a", "CREATE INDEX CONCURRENTLY i ON t (a)", "DROP INDEX CONCURRENTLY i",
        "REINDEX INDEX CONCURRENTLY i", "REINDEX (CONCURRENTLY) TABLE t", "REINDEX DATABASE d", "CLUSTER",
        "ALTER SYSTEM SET work_mem = '1MB'", "CREATE DATABASE d", "DROP DATABASE d", "ROLLBACK PREPARED 'x'",
        "ALTER TABLE p DETACH PARTITION c CONCURRENTLY", "DROP TABLESPACE t", "DROP SUBSCRIPTION s",
        "SELECT pg_create_logical_replication_slot('a', 'b')",
    ],
)  # fmt: skip
def test_what_can_not_run_in_a_transaction_is_known(text: str) -> None:
    assert not syntax.transactional(text)


@pytest.mark.parametrize(
    "text",
    [
        "ANALYZE a", "CREATE INDEX i ON t (a)", "DROP INDEX i", "REINDEX TABLE t", "CLUSTER t", "UPDATE t SET a = 1",
        "ALTER DATABASE d SET work_mem = '1MB'", "REFRESH MATERIALIZED VIEW CONCURRENTLY m", "SELECT vacuum(1)", "SELEC",
        "CALL p()", "SELECT 'VACUUM'", "GRANT SELECT ON a TO b",
    ],
)  # fmt: skip
def test_everything_else_runs_in_one(text: str) -> None:
    assert syntax.transactional(text)


def test_a_begin_and_commit_around_the_whole_are_taken_off_and_others_are_told() -> None:
    assert syntax.without_brackets(["BEGIN", "UPDATE t SET a = 1", "COMMIT"]) == (["UPDATE t SET a = 1"], "")
    assert syntax.without_brackets(["START TRANSACTION", "DELETE FROM t", "END"]) == (["DELETE FROM t"], "")
    assert syntax.without_brackets(["DELETE FROM t", "COMMIT"])[1] == "COMMIT"
    assert syntax.without_brackets(["BEGIN", "DELETE FROM t", "ROLLBACK"])[1] == "BEGIN"
    assert syntax.without_brackets(["SAVEPOINT a", "DELETE FROM t", "ROLLBACK TO a"])[1] == ""


def test_a_text_nested_beyond_reason_is_not_a_read_and_does_no_harm() -> None:
    assert syntax.reading("SELECT " + "1 + " * 20_000 + "1").because == "it is nested too deeply"
    assert syntax.looks_like_a_read("SELECT " + "(" * 500 + "1" + ")" * 500)
    assert not syntax.looks_like_a_read("SELECT pg_catalog.json_object('a': 1), JSON_OBJECT('a': 1)")

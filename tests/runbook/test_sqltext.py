"""SQL of a runbook: statements, binds, formats, tried on a real server; and what is known to destroy."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fireline.postgres.connect import Target
from fireline.runbook.sqltext import destructive_sql, read, rendering, trees


def statements(sql: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.sql, one.binds) for one in read(sql).statements]


def test_statements_are_split_by_the_grammar_and_variables_become_binds() -> None:
    assert statements("SELECT 1 WHERE a > :slow_ms; -- :no\n/* SELECT 2 */ SELECT ';', ':no', b::int, :'x'") == [
        ("SELECT 1 WHERE a > $1", ("slow_ms",)),
        ("SELECT ';', ':no', b::int, $1", ("x",)),
    ]


def test_the_same_variable_is_the_same_bind() -> None:
    assert statements("SELECT :a WHERE :b IS NULL OR c = :b") == [("SELECT $1 WHERE $2 IS NULL OR c = $2", ("a", "b"))]


def test_a_slice_of_an_array_is_no_variable_and_an_element_is() -> None:
    assert statements("SELECT a[1:n], ARRAY[:x, 2]") == [("SELECT a[1:n], ARRAY[$1, 2]", ("x",))]


def test_lines_are_those_of_the_fence() -> None:
    assert [one.line for one in read("-- first\nSELECT 1;\n\nSELECT 2;").statements] == [2, 4]


def test_placeholders_are_bound_where_a_value_can_stand() -> None:
    script = read("SELECT pg_terminate_backend(<pid>), '<user>', '%<part>%'")
    assert [(one.sql, one.binds) for one in script.statements] == [
        ("SELECT pg_terminate_backend($1), $2, '%<part>%'", ("PID", "USER_VALUE"))
    ]
    assert script.unbound == ("<part>",)


def test_commands_of_psql_are_left_out_end_a_statement_or_are_done_by_hand() -> None:
    script = read("\\timing on\n\\set n 5\nSELECT :n \\gx\nSELECT 2")
    assert [(one.sql, one.binds) for one in script.statements] == [("SELECT $1", ("n",)), ("SELECT 2", ())]
    assert script.defaults == (("n", "5"),)
    assert read("\\c other\nDROP TABLE x").by_hand == "\\c other is a command of psql"
    assert read("\\d it's\nSELECT 1").statements[0].sql == "SELECT 1"


def test_what_can_not_be_parsed_stays_one_statement_with_a_note() -> None:
    script = read("SELECT 1 FROM WHERE a = :x; SELECT 2")
    assert [(one.sql, one.binds) for one in script.statements] == [("SELECT 1 FROM WHERE a = $1; SELECT 2", ("x",))]
    assert script.notes == ('PostgreSQL\'s parser can not read the SQL: syntax error at or near "WHERE"',)


FORMATTED = [
    ('ALTER ROLE :"role" SET statement_timeout = :ms', {"role": 'a"b', "ms": "15000"}, 'ALTER ROLE "a""b" SET statement_timeout = 15000'),
    ("SELECT * FROM :table WHERE x LIKE '10%' AND y = :'v'", {"table": "Users", "v": "w"}, "SELECT * FROM \"Users\" WHERE x LIKE '10%' AND y = $1"),
    ("SELECT now() - interval :'age'", {"age": "1 'day"}, "SELECT now() - interval '1 ''day'"),
    ("DROP TABLE <table>", {"TABLE": "x; DROP TABLE y"}, 'DROP TABLE "x; DROP TABLE y"'),
    ("ALTER ROLE r CONNECTION LIMIT <n>", {"N": "5"}, "ALTER ROLE r CONNECTION LIMIT 5"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "values", "written"), FORMATTED)
def test_where_no_bind_can_stand_the_server_writes_the_text(
    patient: Target, sql: str, values: dict[str, str], written: str
) -> None:
    (one,) = read(sql).statements
    made = rendering(asdict(one))
    assert made is not None
    query, names = made
    with psycopg.connect(patient.dsn.reveal(), cursor_factory=psycopg.RawCursor) as conn:
        row = conn.execute(query.encode(), [one.format, *(values[name] for name in names)]).fetchone()
    assert row is not None
    assert row[0] == written


def test_a_number_that_is_none_is_refused_by_the_server(patient: Target) -> None:
    (one,) = read("ALTER ROLE r CONNECTION LIMIT :n").statements
    made = rendering(asdict(one))
    assert made is not None
    with (
        psycopg.connect(patient.dsn.reveal(), cursor_factory=psycopg.RawCursor) as conn,
        pytest.raises(psycopg.DataError),
    ):
        conn.execute(made[0].encode(), [one.format, "5; DROP ROLE x"])


BOUND: list[tuple[str, list[Any]]] = [
    ("SELECT :'a' || :'b'", ["x", "y"]),
    ("SELECT 1 LIMIT :n", ["1"]),
    ("SELECT count(*) FROM pg_class WHERE relpages > :pages OR relname = ANY(ARRAY[:'one'])", ["3", "pg_class"]),
    ("EXPLAIN SELECT * FROM pg_class WHERE oid = :oid", ["1"]),
    ("CREATE TEMP TABLE t AS SELECT :'a'::text AS a", ["x"]),
]


@pytest.mark.parametrize(("sql", "values"), BOUND)
def test_binds_are_taken_by_a_real_server(patient: Target, sql: str, values: list[Any]) -> None:
    (one,) = read(sql).statements
    assert one.format is None
    with psycopg.connect(patient.dsn.reveal(), cursor_factory=psycopg.RawCursor) as conn:
        conn.execute(one.sql.encode(), values)


LOSES = {
    "DELETE FROM a": "DELETE removes rows",
    "WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x": "DELETE removes rows",
    "UPDATE a SET b = 1": "UPDATE overwrites rows",
    "TRUNCATE a": "TRUNCATE empties tables",
    "DROP INDEX CONCURRENTLY i": "DROP removes objects",
    "ALTER TABLE a ADD c int, DROP COLUMN b": "ALTER … DROP removes a column with its data",
    "VACUUM FULL a": "VACUUM FULL rewrites a table behind an exclusive lock",
    "EXPLAIN ANALYZE DELETE FROM a": "DELETE removes rows",
    "SELECT 1; DELETE FROM :t": "DELETE removes rows",
    'DROP ROLE :"r"': "DROP ROLE removes a role",
    "SELECT purge_sessions(3)": "the name of purge_sessions() says purge",
    "DO $$ BEGIN DELETE FROM a; END $$": "a DO block says DELETE",
    "UPDATE a SET b = 1 NONSENSE HERE": "what can not be parsed says UPDATE",
    "ALTER SYSTEM SET fsync = off": "without fsync a crash loses committed data",
    "INSERT INTO a VALUES (1) ON CONFLICT (b) DO UPDATE SET c = 1": "INSERT … ON CONFLICT DO UPDATE overwrites rows",
    "MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE": "MERGE overwrites or removes rows",
    "ROLLBACK PREPARED 'x'": "ending a prepared transaction can not be taken back",
    "SELECT pg_drop_replication_slot('s')": "the name of pg_drop_replication_slot() says drop",
}
KEEPS = [
    "SELECT * FROM a FOR UPDATE",
    "SELECT 'DROP TABLE x' -- DELETE",
    "VACUUM a",
    "ANALYZE",
    "EXPLAIN DELETE FROM a",
    "SELECT pg_terminate_backend(1)",
    "SELECT pg_stat_reset()",
    "SELECT optimize_database()",
    "INSERT INTO a VALUES (1)",
    "CREATE INDEX CONCURRENTLY i ON a (b)",
    "SELECT * FROM a FOR UPDATE OF nonsense nonsense",
]


@pytest.mark.parametrize(("sql", "why"), LOSES.items())
def test_what_can_lose_committed_data_is_known_by_its_tree(sql: str, why: str) -> None:
    assert destructive_sql(sql) == why


@pytest.mark.parametrize("sql", KEEPS)
def test_what_does_not_say_so_is_not_called_destructive(sql: str) -> None:
    assert destructive_sql(sql) is None


def test_what_is_too_long_to_look_into_is_taken_for_destructive() -> None:
    assert destructive_sql("SELECT 1 " + "-- x\n" * 20_000) == "it is too long or too odd to be looked into"


def test_deep_expressions_are_bounded() -> None:
    deep = "SELECT 1" + " + 1" * 3_000 + " WHERE a = :x"
    assert read(deep).statements[0].binds == ("x",)
    assert destructive_sql(deep) is None


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*"'\":;$[]()<>%-/*\\ \n\0éx1", "SELECT ", ":a", ":'b'", '":c"', "<pid>", "$$", "\\d ", "\\gx\n", "::"])).map("".join))  # fmt: skip
def test_no_text_breaks_it_and_every_bind_has_its_place(sql: str) -> None:
    for one in read(sql).statements:
        assert all(f"${number}" in (one.format or one.sql) for number in range(1, len(one.binds) + 1))
    destructive_sql(sql)


def test_each_statement_is_parsed_by_itself_and_its_places_are_those_of_the_fence() -> None:
    text = "SELECT :a, é; SELEC 2;\nSELECT b FROM t"
    first, second, third = trees(text)
    assert first.node is not None
    assert (second.node, second.fault) == (None, 'syntax error at or near "SELEC"')
    assert text.encode()[second.fault_at :].startswith(b"SELEC 2")
    column = third.node.target_list[0].res_target.val.column_ref
    assert text.encode()[third.where(column.location) :].startswith(b"b FROM")


def test_a_semicolon_in_brackets_or_in_a_function_s_body_ends_no_statement() -> None:
    body = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3"
    assert [type(one.node).__name__ for one in trees(body)] == ["CreateFunctionStmt", "SelectStmt"]

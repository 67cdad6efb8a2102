"""What a statement names, by its tree alone."""

from __future__ import annotations

from typing import Any

import pytest
from postgast import parse, unwrap_node

from fireline.runbook.lint.sql.mentions import Name, dotted, made_by, mentions, parameters, turns


def tree(sql: str) -> Any:
    return unwrap_node(parse(sql).stmts[0].stmt)


@pytest.mark.parametrize(
    ("sql", "relations"),
    [
        ("SELECT 1 FROM a JOIN s.b USING (id)", {((None, "a"), "SELECT"), (("s", "b"), "SELECT")}),
        ("WITH old AS (SELECT 1 FROM a) SELECT 1 FROM old", {((None, "a"), "SELECT")}),
        ("WITH old AS (SELECT 1) SELECT 1 FROM s.old", {(("s", "old"), "SELECT")}),
        ("INSERT INTO a SELECT * FROM b", {((None, "a"), "INSERT"), ((None, "b"), "SELECT")}),
        ("UPDATE a SET x = 1 FROM b", {((None, "a"), "UPDATE"), ((None, "b"), "SELECT")}),
        ("DELETE FROM a USING b", {((None, "a"), "DELETE"), ((None, "b"), "SELECT")}),
        ("CREATE TABLE made AS SELECT * FROM a", {((None, "a"), "SELECT")}),
        ("SELECT * INTO made FROM a", {((None, "a"), "SELECT")}),
    ],
)
def test_tables_are_named_with_what_they_are_needed_for(sql: str, relations: set[tuple[Name, str]]) -> None:
    assert set(mentions(tree(sql)).relations) == relations


def test_functions_types_and_columns_are_named_with_their_places() -> None:
    sql = "SELECT f(1, x.y), s.g(VARIADIC $1), '1'::s.money, '{}'::mood[] FROM x"
    found = mentions(tree(sql))
    assert [(one.name, one.arguments, one.variadic) for one in found.calls] == [
        ((None, "f"), 2, False),
        (("s", "g"), 1, True),
    ]
    assert [sql[one.at :][:1] for one in found.calls] == ["f", "s"]
    assert {("s", "money"), (None, "mood")} <= set(found.types)
    assert found.arrays == {"_mood"}
    assert list(found.columns.values()) == [("x", "y")]
    assert found.tables == ((None, "x"),)


def test_numbers_of_values_stand_where_they_come_first() -> None:
    sql = "SELECT $2, $1, $2"
    assert parameters(tree(sql)) == {2: sql.index("$2"), 1: sql.index("$1")}


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("CREATE TABLE s.a (x int)", ["a"]),
        ("CREATE TABLE a AS SELECT 1", ["a"]),
        ("SELECT 1 AS x INTO a", ["a"]),
        ("CREATE VIEW v AS SELECT 1", ["v"]),
        ("CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", ["f"]),
        ("CREATE TYPE mood AS ENUM ('ok')", ["mood"]),
        ("CREATE EXTENSION pg_trgm", ["pg_trgm"]),
        ("ALTER TABLE a ADD COLUMN x int, ADD COLUMN y int", ["x", "y"]),
        ("ALTER TABLE a RENAME TO b", ["b"]),
        ("CREATE INDEX i ON a (x)", ["i"]),
        ("CREATE INDEX ON a (x)", []),
        ("SELECT 1 FROM a", []),
        ("DROP TABLE a", []),
    ],
)
def test_what_comes_into_being_is_named(sql: str, names: list[str]) -> None:
    assert list(made_by(tree(sql))) == names


def test_some_settings_turn_what_names_mean() -> None:
    assert turns(tree("SET search_path = s")) == "search_path"
    assert turns(tree("SET ROLE app")) == turns(tree("SET SESSION AUTHORIZATION app")) == "the role"
    assert turns(tree("SET work_mem = '1MB'")) is None
    assert turns(tree("SELECT 1")) is None


def test_a_dotted_name_has_a_schema_or_none() -> None:
    (call,) = tree("SELECT shop.s.f()").target_list
    assert dotted(unwrap_node(unwrap_node(call).val).funcname) == ("s", "f")

"""What a statement asks of which table, by the grammar alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fireline.assess.predicates import OTHER, Predicate, fingerprint, shape


def only(text: str) -> Predicate:
    """The single predicate of a condition on table t."""
    (found,) = shape(f"SELECT * FROM t WHERE {text}").predicates
    return found


@pytest.mark.parametrize(
    ("text", "column", "operator"),
    [
        ("a = $1", "a", "="),
        ("$1 < a", "a", ">"),
        ("a IN ($1, $2)", "a", "in"),
        ("a IN ($1 /*, ... */)", "a", "in"),
        ("a = ANY($1)", "a", "in"),
        ("a BETWEEN $1 AND $2", "a", "between"),
        ("a LIKE $1", "a", "like"),
        ("a ILIKE $1", "a", "ilike"),
        ("a IS NULL", "a", "is null"),
        ("a @> $1", "a", "@>"),
        ("t.a >= now() - INTERVAL '1 day'", "a", ">="),
    ],
)
def test_a_condition_has_its_column_and_operator(text: str, column: str, operator: str) -> None:
    found = only(text)
    assert (found.column, found.operator, found.wraps, found.narrows) == (column, operator, (), True)
    assert found.against == "value"


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("lower(a) = $1", "lower", "lower(a)"),
        ("lower(t.a) = $1", "lower", "lower(a)"),
        ("a::date = $1", "::date", "a::date"),
        ("a + $1 = $2", "+", "a + $1"),
        ("coalesce(a, 0) = $1", "coalesce", "COALESCE(a, 0)"),
        ("a ->> 'k' = $1", "->>", "a ->> 'k'"),
        ("EXTRACT($1 FROM a) = $2", "extract", "extract ($1 FROM a)"),
        ("upper(md5(a)) = $1", "upper", "upper(md5(a))"),
    ],
)
def test_what_is_made_of_the_column_is_told(text: str, kind: str, shown: str) -> None:
    found = only(text)
    assert found.column == "a"
    assert found.wraps[-1].kind == kind
    assert found.wraps[-1].text == shown


def test_what_stands_under_or_and_not_does_not_narrow_by_itself() -> None:
    assert [one.narrows for one in shape("SELECT FROM t WHERE a = $1 OR b = $2").predicates] == [False, False]
    assert not only("NOT a = $1").narrows
    assert not only("a <> $1").narrows


def test_a_join_is_seen_from_both_sides() -> None:
    one, other = shape("SELECT * FROM a JOIN b ON a.id = b.a_id").predicates
    assert (one.tables[0].name, one.column, one.against) == ("a", "id", "column")
    assert (other.tables[0].name, other.column, other.against) == ("b", "a_id", "column")


def test_an_alias_leads_to_its_table_and_a_bare_column_to_all_there_are() -> None:
    (found,) = shape("SELECT * FROM s.orders o, customers WHERE name = $1").predicates
    assert [(one.schema, one.name) for one in found.tables] == [("s", "orders"), (None, "customers")]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("SELECT (SELECT count(*) FROM o WHERE o.u = u.id) FROM u", "output"),
        ("SELECT * FROM u WHERE u.x > (SELECT avg(o.x) FROM o WHERE o.u = u.id)", "filter"),
        ("SELECT * FROM u WHERE EXISTS (SELECT FROM o WHERE o.u = u.id)", "exists"),
        ("UPDATE u SET n = (SELECT count(*) FROM o WHERE o.u = u.id)", "output"),
    ],
)
def test_a_subquery_tied_to_the_row_outside_is_found(text: str, place: str) -> None:
    (found,) = shape(text).correlated
    assert found.place == place
    assert [one.name for one in found.tables] == ["o"]
    assert [one.column for one in found.predicates] == ["u"]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM u WHERE u.x > (SELECT avg(o.x) FROM o)",
        "SELECT * FROM u WHERE u.id IN (SELECT o.u FROM o WHERE o.x = $1)",
        "SELECT * FROM u, LATERAL (SELECT * FROM o WHERE o.u = u.id) l",
        "WITH o AS (SELECT * FROM p) SELECT * FROM u JOIN o ON o.u = u.id",
    ],
)
def test_other_subqueries_are_not(text: str) -> None:
    assert shape(text).correlated == ()


def test_a_name_of_with_is_no_table() -> None:
    assert [
        one.name for one in shape("WITH x AS (SELECT * FROM t WHERE a = 1) SELECT * FROM x WHERE b = 2").tables
    ] == ["t"]


def test_changes_have_their_target_and_what_they_set() -> None:
    update = shape("UPDATE s.t SET a = $1, b = $2 WHERE id = $3")
    assert (update.kind, update.sets) == ("update", ("a", "b"))
    assert update.target
    assert (update.target.schema, update.target.name) == ("s", "t")
    assert shape("DELETE FROM t USING z WHERE t.id = z.t").kind == "delete"
    assert shape("INSERT INTO t SELECT * FROM z WHERE z.a = $1").predicates[0].tables[0].name == "z"
    merge = shape("MERGE INTO t USING z ON t.id = z.id WHEN MATCHED THEN UPDATE SET a = z.a")
    assert merge.target
    assert merge.target.name == "t"


def test_what_it_gives_out_is_told() -> None:
    found = shape("SELECT count(*) FROM t WHERE a = $1")
    assert found.aggregates
    assert not found.limited
    found = shape("SELECT * FROM t ORDER BY t.made DESC, id LIMIT $1")
    assert found.limited
    assert [(column, down) for _, column, down in found.sorts] == [("made", True), ("id", False)]
    assert shape("SELECT * FROM t FOR UPDATE").locks_rows
    assert shape("SELECT a, (SELECT count(*) FROM z) FROM t").aggregates is False


@pytest.mark.parametrize(
    "text", ["", "VACUUM t", "SELECT", "no sql at all", "SELECT 1; SELECT 2", "SELECT '\0", "SELECT * FROM t WHERE a ="]
)
def test_what_is_no_such_statement_has_no_shape(text: str) -> None:
    assert shape(text).tables == ()
    assert shape("VACUUM t") == OTHER


def test_a_huge_or_deep_statement_is_left_alone() -> None:
    assert shape(f"SELECT * FROM t WHERE a IN ({', '.join(['1'] * 20_000)})") == OTHER
    assert shape(f"SELECT * FROM t WHERE {'abs(' * 3000}a{')' * 3000} = 1") == OTHER


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    shape(f"SELECT * FROM t WHERE {text}")
    shape(text)


def test_statements_that_differ_in_constants_have_one_fingerprint() -> None:
    assert fingerprint("SELECT * FROM t WHERE a = 1") == fingerprint("SELECT * FROM t WHERE a = $1")
    assert fingerprint("SELECT * FROM t WHERE a = 1") != fingerprint("SELECT * FROM t WHERE b = 1")
    assert fingerprint("nonsense (") is None

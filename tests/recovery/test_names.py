"""Names and definitions that agree across versions and restores."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.recovery.names import bare, grants, outline, parts, quoted


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3))
def test_the_parts_of_a_name_come_back(names: list[str]) -> None:
    assert parts(quoted(*names)) == names


def test_a_word_of_any_version_is_quoted() -> None:
    assert quoted("public", "user", "json_table", "t1", "T1") == 'public."user"."json_table".t1."T1"'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "CHECK (((x)::text = ANY ((ARRAY['a'::character varying, 'b (c)::d'::character varying])::text[])))",
            "CHECK (((x)::text = ANY (ARRAY[('a'::character varying)::text, ('b (c)::d'::character varying(3))::text])))",
        ),
        (" SELECT a\n   FROM t", "SELECT a FROM t"),
        ('"json_table"', "json_table"),
        ("('x'::timestamp(3) without time zone)", "'x'"),
        ("(((a > 1)))", "(a > 1)"),
    ],
)
def test_what_a_restore_writes_otherwise_is_the_same(before: str, after: str) -> None:
    assert bare(before) == bare(after)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("((a OR b) AND c)", "(a OR (b AND c))"),
        ("(NOT (b)) = c", "NOT ((b) = c)"),
        ("'a  b'", "'a b'"),
        ("'(a)'", "'a'"),
        ('"A"', '"a"'),
        ("x = 'a'::text", "x = 'b'::text"),
        ("f(a, b)", "f(b, a)"),
        ("E'\\\\''", "E'\\\\'''"),
    ],
)
def test_what_means_something_else_is_not_the_same(one: str, other: str) -> None:
    assert bare(one) != bare(other)


def test_an_outline_says_nothing_of_tables_before_columns() -> None:
    assert outline(bare("SELECT t.a, (t.b).c FROM t WHERE (t.a > 1)")) == outline(
        bare("SELECT a, (b).c FROM t WHERE (a > 1)")
    )
    assert outline(bare("SELECT a FROM t")) != outline(bare("SELECT b FROM t"))


def test_rights_are_read_with_odd_names_and_options() -> None:
    acl = ["postgres=arwd/postgres", '"a=b/c"=r*w/postgres', "=r/postgres", '"q""q"=r/"x y"', "gone=/postgres"]
    assert grants(acl) == {
        ("postgres", "postgres"): {"a", "r", "w", "d"},
        ("a=b/c", "postgres"): {"r*", "w"},
        ("", "postgres"): {"r"},
        ('q"q', "x y"): {"r"},
    }

"""What a server says becomes a problem by its number and its place, in whatever language it speaks."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.database.refusal import Refusal, name_at, operator_at, problem


def said(state: str, sql: str, at: str, message: str = "es geht nicht") -> Refusal:
    return Refusal(state, message, None, sql.index(at) if at else None)


@pytest.mark.parametrize(
    ("state", "sql", "at", "kind", "name"),
    [
        ("42P01", "SELECT 1 FROM s.userz", "s.", "table", "s.userz"),
        ("42703", 'SELECT u."eMail" FROM u', "u.", "column", "u.eMail"),
        ("42804", "SELECT 1 WHERE 1", "1 W", "mismatch", None),
        ("42883", "SELECT 'ä', 1 <<% 2", "<<", "mismatch", "<<%"),
        ("3F000", "SELECT 1 FROM nix.a", "nix", "schema", "nix"),
        ("42704", "SELECT 1", "", "other", None),
        ("12345", "SELECT 1", "", "other", None),
    ],
)
def test_its_kind_is_in_its_number_and_its_name_in_its_place(
    state: str, sql: str, at: str, kind: str, name: str | None
) -> None:
    told = problem(said(state, sql, at), sql, (), ())
    assert (told.kind, told.name) == (kind, name)


def test_a_place_where_a_call_or_a_type_stands_says_more() -> None:
    sql = "SELECT nope(1), 1::nix"
    assert problem(said("42883", sql, "nope"), sql, {7}, ()).kind == "function"
    assert problem(said("3F000", sql, "nope"), sql, {7}, ()).kind == "function"
    assert problem(said("42704", sql, "nix"), sql, (), {sql.index("nix")}).kind == "type"


def test_without_a_place_the_name_stands_in_the_message() -> None:
    assert problem(said("42P01", "x", "", "Relation »a« gibt es nicht"), "x", (), ()).name is None
    assert problem(said("42P01", "x", "", "Relation „a“ gibt es nicht"), "x", (), ()).name == "a"
    assert problem(said("42883", "x", "", "function f(int) does not exist"), "x", (), ()).name == "f"


def test_what_passes_is_no_word_on_the_statement() -> None:
    assert all(Refusal(one, "", None, None).passing for one in ("57014", "55P03", "53300", "XX000", ""))
    assert not Refusal("42P01", "", None, None).passing


def test_a_name_ends_where_it_ends_and_counts_letters() -> None:
    assert name_at('SELECT \'größe\', A."b""C" . d e', 16) == 'a.b"C.d'
    assert name_at("SELECT 1", 7) is None
    assert name_at("SELECT 'it", 7) is None
    assert name_at("SELECT 1", None) is None
    assert operator_at("SELECT 'ü' || 1", 11) == "||"
    assert operator_at("SELECT 1", 20) is None

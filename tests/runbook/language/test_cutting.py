"""A text of SQL is cut where psql would cut it."""

from __future__ import annotations

import pytest
from postgast import PgQueryError, scan

from fireline.runbook.language.cutting import cuts


def cut(text: str) -> list[str]:
    raw = text.encode()
    try:
        tokens = list(scan(text).tokens)
    except PgQueryError:
        tokens = []
    return [raw[start:end].decode() for start, end in cuts(raw, tokens)]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("", []),
        (" ; ;\n", []),
        ("-- only a remark\n", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;\nSELECT 2 ;", ["SELECT 1", "SELECT 2 "]),
        ("-- first\nSELECT 1; -- last\n\n", ["SELECT 1"]),
        ("SELECT ';' /* ; */, $$;$$; SELECT 2 \n", ["SELECT ';' /* ; */, $$;$$", "SELECT 2"]),
        (
            "CREATE RULE r AS ON INSERT TO a DO (SELECT 1; SELECT 2); x",
            ["CREATE RULE r AS ON INSERT TO a DO (SELECT 1; SELECT 2)", "x"],
        ),
        ("SELECT 1); SELECT 2", ["SELECT 1)", "SELECT 2"]),
        ("SELECT 'ä'; SELECT 'ö'", ["SELECT 'ä'", "SELECT 'ö'"]),
    ],
)
def test_a_semicolon_between_statements_cuts_and_no_other(text: str, statements: list[str]) -> None:
    assert cut(text) == statements


def test_the_body_of_a_function_in_plain_sql_is_one_with_it() -> None:
    function = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END"
    assert cut(f"{function}; SELECT f();") == [function, "SELECT f()"]
    assert cut("BEGIN; SELECT 1; END; SELECT 2") == ["BEGIN", "SELECT 1", "END", "SELECT 2"]


def test_a_quote_without_its_twin_leaves_one_text() -> None:
    assert cut("SELECT 'it; SELECT 2;\n") == ["SELECT 'it; SELECT 2;"]

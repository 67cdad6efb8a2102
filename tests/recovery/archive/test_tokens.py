from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.recovery.archive import tokens

WORDS = ["a", "'b;'", '"c;"', "$$d;$$", "$x$e;$$$x$", "(", ")", "E'f\\';'", "-- g;\n", "/* h; */", " ", "-", "/", "1", "$1",
         "'it''s'", "begin", "end", "case", "create", "function", "or", "replace", ","]  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1;", "SELECT ';';", "SELECT (1; 2);", "SELECT $$;$$;", "a$b$c;", "SELECT E'\\';';", "SELECT 1 -- ;\n;", "SELECT /* ; */ 1;"],
)  # fmt: skip
def test_a_statement_ends_where_psql_ends_it(statement: str) -> None:
    end, _ = tokens.statement(bytearray(statement.encode() + b" SELECT 2;"), 0, final=True)
    assert end == len(statement)


@given(st.lists(st.sampled_from(WORDS)).map("".join))
def test_the_quick_way_and_the_slow_one_agree(script: str) -> None:
    buffer = bytearray(script.encode() + b";x;")

    def seen(way: Callable[[], tuple[int, bytes]]) -> int | str:
        try:
            return way()[0]
        except tokens.Fault as fault:
            return fault.why

    assert seen(lambda: tokens.statement(buffer, 0, final=True)) == seen(lambda: tokens._slowly(buffer, 0))


def test_rows_as_statements_are_taken_in_one_go() -> None:
    rows = b"INSERT INTO t VALUES ('a;''b', (1), E'x');\nINSERT INTO t VALUES (2);\n"
    assert tokens.inserts(bytearray(b"INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);\nSELECT 1;"), 0) == 52
    assert tokens.inserts(bytearray(rows), 0) == 0  # an escape string goes the slow way
    assert tokens.inserts(bytearray(b"INSERT INTO t SELECT 1 \\! id\n;"), 0) == 0

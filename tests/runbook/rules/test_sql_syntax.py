"""What PostgreSQL's grammar refuses is found at its word; variables, placeholders and other consoles are no faults."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.rule import Unknown
from fireline.runbook.rules.sql_syntax import rule
from tests.runbook.rules.saying import faults, look, mended, sql


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM t WHERE a = :x AND b = :'y' AND c = :\"z\"",
        "SELECT pg_terminate_backend(<pid>)",
        "SELECT * FROM t WHERE name = 'YOUR_NAME'",
        'ALTER ROLE :"role" SET statement_timeout = :ms',
        "\\x on\n   SELECT 1 \\gx",
        "COPY t FROM stdin;\n   1 Ada's\n   \\.",
        "PAUSE shop;\n   RESUME shop",
        "SELECT * FROM t LIMIT :n",
    ],
)
def test_what_psql_and_a_person_fill_in_is_no_fault(statement: str) -> None:
    assert look(rule, sql(statement)) == []


@pytest.mark.parametrize("statement", ["SELECT ... FROM t", "SHOW FULL PROCESSLIST", "SELECT * FROM `orders`"])
def test_what_can_not_be_judged_is_said_to_be_unknown(statement: str) -> None:
    assert [type(one) for one in look(rule, sql(statement))] == [Unknown]


def test_one_broken_statement_does_not_hide_the_next() -> None:
    found = faults(rule, sql("SELEC 1;\n   SELECT 2;\n   SELECT 'é', FROM t;"))
    assert [(one.line, one.column) for one in found] == [(5, 4), (7, 16)]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("SELECT id FORM orders", "SELECT id FROM orders"),
        ("COMIT", "COMMIT"),
        ("SELECT 1\n   SELECT 2", "SELECT 1;\n   SELECT 2"),
    ],
)
def test_a_misspelt_word_and_a_lost_semicolon_are_mended(wrong: str, right: str) -> None:
    [fault] = faults(rule, sql(wrong))
    assert mended(sql(wrong), fault) == sql(right)


def test_bash_that_puts_something_in_is_unknown_and_bash_that_does_not_is_judged() -> None:
    assert [type(one) for one in look(rule, sql('psql -c "SELECT $COLUMNS FORM FORM t"', "bash"))] == [Unknown]
    assert [one.line for one in faults(rule, sql("psql <<SQL\n   SELECT 1 FORM FORM t;\n   SQL", "bash"))] == [6]

"""A count that nobody can judge is found; one that is expected, compared, used or only shown is not."""

from __future__ import annotations

import pytest

from fireline.runbook.rules.count_without_expectation import rule
from tests.runbook.rules.saying import faults, lines


def step(command: str, words: str = "", language: str = "sql") -> str:
    return f"# Restore\n\n1. **Verify:**\n   ```{language}\n   {command}\n   ```\n   {words}\n"


def test_each_count_is_found_at_its_line() -> None:
    assert lines(rule, step("SELECT count(*) FROM a;\n   SELECT count(DISTINCT b) AS n FROM b WHERE c;")) == [
        (5, "warning"),
        (6, "warning"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        "**Expect:** `count > 0`",
        "It should be the number from the morning.",
        "About 40000.",
        "Vergleiche mit gestern: soll gleich sein.",
    ],
)
def test_a_sentence_that_says_what_is_right_is_enough(words: str) -> None:
    assert faults(rule, step("SELECT count(*) FROM users;", words)) == []


@pytest.mark.parametrize(
    "command",
    [
        "SELECT count(*) FROM pg_stat_activity;",
        "SELECT state, count(*) FROM orders GROUP BY state;",
        "SELECT count(*) > 0 FROM orders;",
        "SELECT count(*) FROM orders; -- expect more than yesterday",
        "SELECT id FROM orders;",
    ],
)
def test_what_is_no_bare_count_of_own_rows_is_left_alone(command: str) -> None:
    assert faults(rule, step(command)) == []


def test_bash_that_uses_the_answer_is_left_alone_and_bash_that_shows_it_is_not() -> None:
    assert faults(rule, step("n=$(psql -Atc 'SELECT count(*) FROM users')", language="bash")) == []
    assert faults(rule, step("psql -Atc 'SELECT count(*) FROM users' > before.txt", language="bash")) == []
    assert lines(rule, step("psql -Atc 'SELECT count(*) FROM users'", language="bash")) == [(5, "warning")]

"""What went before a statement in its session decides what it may do."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.sql.changing import NewTables, beside, changing, in_transaction, waits_are_limited
from fireline.runbook.lint.sql.statements import Script
from tests.runbook.rules.saying import sql, subject_of


def scripts(*statements: str, language: str = "sql") -> tuple[Script, ...]:
    return subject_of(sql("\n   ".join(statements), language)).scripts


def test_what_is_only_explained_or_not_known_whole_is_not_run() -> None:
    found = scripts("EXPLAIN DELETE FROM a;", "EXPLAIN ANALYZE DELETE FROM b;", "DELETE FROM c;", "DELET FROM d;")
    assert [piece.text.rstrip(";") for piece in changing(found)] == ["EXPLAIN ANALYZE DELETE FROM b", "DELETE FROM c"]
    assert list(changing(scripts('psql -c "DELETE FROM $1"', language="bash"))) == []


def test_a_table_is_new_behind_the_statement_that_makes_it() -> None:
    found = scripts("DELETE FROM a;", "CREATE TABLE a (x int);", "SELECT 1 INTO b;", "DELETE FROM a;")
    first, *_, last = changing(found)
    new = NewTables(found)
    assert not new.has("a", first)
    assert new.has("a", last)
    assert new.has("b", last)
    assert not new.has("c", last)


def test_a_table_of_an_earlier_step_is_new_too() -> None:
    text = "".join(
        f"{number}. **Step {number}**\n   ```sql\n   {one};\n   ```\n"
        for number, one in enumerate(("CREATE TABLE a (x int)", "DELETE FROM a"), start=1)
    )
    found = subject_of(f"# Orders\n\n{text}").scripts
    *_, last = changing(found)
    assert NewTables(found).has("a", last)


@pytest.mark.parametrize(
    ("text", "language", "inside"),
    [
        ("BEGIN; DELETE FROM a", "sql", True),
        ("BEGIN; COMMIT; DELETE FROM a", "sql", False),
        ("DELETE FROM a", "sql", False),
        ('psql -c "SELECT 1; DELETE FROM a"', "bash", True),
        ('psql -c "DELETE FROM a"', "bash", False),
    ],
)
def test_a_transaction_is_begun_or_is_all_of_one_option(text: str, language: str, inside: bool) -> None:
    *_, last = changing(scripts(text, language=language))
    assert in_transaction(last) is inside


@pytest.mark.parametrize(
    ("text", "language", "limited"),
    [
        ("SET lock_timeout = '2s'; DROP TABLE a", "sql", True),
        ("SET LOCAL lock_timeout = '2s'; DROP TABLE a", "sql", True),
        ("SELECT set_config('lock_timeout', '2s', false); DROP TABLE a", "sql", True),
        ("SET lock_timeout = '2s'; RESET lock_timeout; DROP TABLE a", "sql", False),
        ("SET statement_timeout = '2s'; DROP TABLE a", "sql", False),
        ("DROP TABLE a; SET lock_timeout = '2s'", "sql", False),
        ("PGOPTIONS='-c lock_timeout=2s' psql -c 'DROP TABLE a'", "bash", True),
        ("psql -c 'DROP TABLE a'", "bash", False),
    ],
)
def test_a_lock_is_waited_for_no_longer_than_was_said_before(text: str, language: str, limited: bool) -> None:
    found = scripts(text, language=language)
    piece = next(one for one in changing(found) if one.kind == "DropStmt")
    assert waits_are_limited(beside(found), piece) is limited

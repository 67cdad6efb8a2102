"""Every statement is found with its place in the file: in fences of either kind, indented, copied from a session, or run by hand."""

from __future__ import annotations

from pathlib import Path

from fireline.runbook.lint.sql.statements import Piece
from fireline.runbook.lint.subject import Subject
from fireline.runbook.parse import parse_text

TEXT = """# Outage

1. **By hand:**
   ```sql
   \\copy t to 'x'
   SELECT é, :x FROM t WHERE "a" = :'pid' AND b;
   ```
2. **In bash:**
   ```bash
   sudo -u postgres psql -XAtc "SELECT \\"a\\" FROM t
     WHERE mean_time > 1" -v x=1
   psql <<-SQL
     SELECT $PID;
     UPDATE x SET y = 1
   SQL
   ```
3. **Copied:**
   ```psql
   shop=> SELECT 1,
   shop->   2;
    ?column?
   shop=> SELECT 3;
   ```
"""


def subject(text: str) -> Subject:
    return Subject(Path("runbook.md"), text, parse_text(text))


def found(text: str) -> list[tuple[int, int, str]]:
    return [(one.place.line, one.place.column, one.kind) for script in subject(text).scripts for one in script.pieces]


def only(text: str) -> Piece:
    [script] = subject(f"# A\n\n```sql\n{text}\n```\n").scripts
    [piece] = script.pieces
    return piece


def test_every_statement_has_its_line_and_column() -> None:
    assert found(TEXT) == [
        (6, 4, "SelectStmt"),
        (10, 33, "SelectStmt"),
        (13, 6, "SelectStmt"),
        (14, 6, "UpdateStmt"),
        (19, 11, "SelectStmt"),
        (22, 11, "SelectStmt"),
    ]


def test_what_only_a_person_can_run_and_what_bash_changes_are_marked() -> None:
    scripts = subject(TEXT).scripts
    assert [one.runs for one in scripts] == [False, True, True, True]
    assert [one.open for one in scripts] == [False, False, True, False]
    assert [one.key for one in scripts] == ["outage/by-hand", "outage/in-bash", "outage/in-bash", "outage/copied"]


def test_a_position_in_what_is_sent_leads_back_to_the_file() -> None:
    piece = only("SELECT :'a', é FROM t WHERE x = :b AND nope")
    assert piece.statement is not None
    sent = piece.statement.sql
    column = "SELECT :'a', é FROM t WHERE x = :b AND nope".index("nope") + 1
    assert piece.of_sent(sent.index("nope")).column == column
    assert piece.of_sent(0).column == 1


def test_an_example_that_is_never_run_is_left_out() -> None:
    assert found(
        "# A\n\n1. Do\n   ```sql {ignore}\n   DROP TABLE a;\n   ```\n2. Look\n   ```sql\n   SELECT 1;\n   ```\n"
    ) == [(9, 4, "SelectStmt")]

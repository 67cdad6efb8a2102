"""Tables whose rows are steps."""

from __future__ import annotations

from fireline.runbook.parse import parse_text

TABLE = (
    "# A\n\n## Runbook\n\n| # | Step | Command | Expected |\n|---|---|---|---|\n| 1 | Look | `df -h \\| head` | room |\n"
    "| 2 | Call [Ana](x.md) | | |\n| 3 | Both | `systemctl stop a`<br>`systemctl start a` | |\n| 4 | Say | run `ls -l` twice | |\n"
)


def test_each_row_is_a_step_at_its_line() -> None:
    (one,) = parse_text(TABLE).procedures
    assert [(step.line, step.title, step.action.command if step.action else None) for step in one.steps] == [
        (7, "Look", "df -h | head"),
        (8, "Call Ana", None),
        (9, "Both", "systemctl stop a\nsystemctl start a"),
        (10, "Say", None),
    ]
    assert "Expected: room" in one.steps[0].text
    assert "run `ls -l` twice" in one.steps[3].text


def test_sql_in_a_cell_is_sql() -> None:
    (one,) = parse_text(
        "# A\n\n| Step | Check | Query |\n|---|---|---|\n| 1 | Count | `SELECT count(*) FROM a` |\n"
    ).procedures
    assert one.steps[0].kind == "sql"


def test_a_list_of_commands_beside_a_procedure_is_none() -> None:
    text = "# A\n\n1. Look\n\n## Cheat sheet\n\n| What | Command |\n|---|---|\n| room | `df -h` |\n"
    assert [len(one.steps) for one in parse_text(text).procedures] == [1]

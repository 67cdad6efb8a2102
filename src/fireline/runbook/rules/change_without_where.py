"""An UPDATE or DELETE without a condition: it changes every row of the table."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.sql.changing import NewTables, changing
from fireline.runbook.lint.subject import Subject

_VERBS = {"UpdateStmt": ("UPDATE", "changes"), "DeleteStmt": ("DELETE", "removes")}


def look(subject: Subject) -> Iterator[Fault]:
    """Every such statement, also inside WITH."""
    new = NewTables(subject.scripts)
    for piece in changing(subject.scripts):
        for _, node in piece.nodes:
            verb = _VERBS.get(type(node).__name__)
            table = node.relation.relname if verb else ""
            if verb is None or node.HasField("where_clause") or new.has(table, piece):
                continue
            place = piece.at(node.relation.location) if node is not piece.node else piece.place
            yield Fault(
                place.line,
                f"{verb[0]} without WHERE {verb[1]} every row of `{table}`",
                column=place.column,
                step=piece.key,
                suggestion="Say which rows; if all of them are meant, write `WHERE true`, so that nobody wonders.",
            )


rule = Rule(
    id="change-without-where",
    area="sql",
    severity="warning",
    summary="UPDATE or DELETE of every row",
    why="A condition that was forgotten, or lost in copying, is the shortest way from an incident to a disaster. "
    "Where every row is meant, `WHERE true` says so to the reader and to this rule.",
    bad="# Logins\n\n1. **Let people in again:**\n   ```sql\n   DELETE FROM login_attempts;\n   ```\n",
    good="# Logins\n\n1. **Let people in again:**\n   ```sql\n   DELETE FROM login_attempts WHERE tried_at < now() - interval '1 hour';\n   ```\n",
    look=look,
)

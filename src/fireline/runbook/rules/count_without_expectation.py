"""A count whose right value nobody says: at night a number alone tells nothing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from postgast.walk import unwrap_node

from fireline.runbook.language import psql
from fireline.runbook.lint.catalog.versions import relations
from fireline.runbook.lint.rule import Edit, Fault, Rule
from fireline.runbook.lint.sql.statements import Piece, Script
from fireline.runbook.lint.subject import Subject

# Words of a sentence that says what the number should be, or what it is held against; also any figure does.
_SAYS = re.compile(
    r"\d|\b(?:expect\w*|should|must|same|equals?|match\w*|compare\w*\s+(?:\w+\s+){0,4}(?:with|to|against)|zero|none|nothing|no rows?|empty|more|less|fewer|than|above"
    r"|below|grow\w*|shrink\w*|rising|falling|drops?|normal\w*|usual\w*|note|write down|soll\w*|muss|erwarte\w*|gleich|vergleich\w*"
    r"|null|leer|doit|devrait|attendu\w*|égal\w*|compare[rz]|aucune?|zéro|debe\w*|esperad\w*|igual\w*|ning\w+|cero|deve\w*|dovrebbe"
    r"|attes\w*|ugual\w*|nessun\w*|powinn\w*|musi|oczekiwan\w*|równ\w*|zero|compara\w*)\b",
    re.IGNORECASE,
)


def look(subject: Subject) -> Iterator[Fault]:
    """Every such statement of a step that expects nothing."""
    asked = _asked(subject)
    for script in subject.scripts:
        if script.open or _goes_on(script) or _said(subject, script, asked):
            continue
        for piece in script.pieces:
            if _counts(piece) and not any(_SAYS.search(text) for text in _comments(script)):
                yield Fault(
                    piece.place.line,
                    "nobody says what this count should be",
                    column=piece.place.column,
                    step=piece.key,
                    suggestion="Put **Expect:** and what is right in backticks below it, such as `count > 0`, or say what to compare it with.",
                    edits=_not_empty(subject, script, piece),
                )


def _not_empty(subject: Subject, script: Script, piece: Piece) -> tuple[Edit, ...]:
    """Of a whole table a machine may say that it is not empty; what another count should be, only a person knows."""
    node = piece.node
    close = script.action.line + script.action.command.count("\n") + 1
    line = subject.lines[close - 1] if close <= len(subject.lines) else ""
    if script.found is not None or node.HasField("where_clause") or len(node.from_clause) != 1:
        return ()
    if type(unwrap_node(node.from_clause[0])).__name__ != "RangeVar" or not line.strip().startswith(("```", "~~~")):
        return ()
    name = unwrap_node(node.target_list[0]).name or "count"
    return (Edit(close + 1, close, f"{line[: len(line) - len(line.lstrip())]}**Expect:** `{name} > 0`"),)


def _asked(subject: Subject) -> str:
    """Everything in which a later step may ask for a column of an earlier one."""
    steps = [step for procedure in subject.book.procedures for step in procedure.steps]
    return " ".join(
        [*(one.condition or "" for one in steps), *(p.source or "" for one in steps for p in one.parameters)]
    )


def _goes_on(script: Script) -> bool:
    """Whether bash does something with the answer: a pipe, a file, a variable, a comparison."""
    if script.found is None:
        return False
    call = script.found.call
    last = not call.pipeline or call.place == len(call.pipeline) - 1
    return not last or bool(call.redirects) or "$(" in script.action.command or "`" in script.action.command


def _said(subject: Subject, script: Script, asked: str) -> bool:
    step = script.step
    if step is None or step.expect or step.decision or script.action.attributes.get("save"):
        return True
    if script.action in (step.before, step.undo):
        return True  # what was, to be compared later
    name = script.action.attributes.get("name")
    return bool(name and f"{name}." in asked) or bool(_SAYS.search(_prose(subject, script)))


def _prose(subject: Subject, script: Script) -> str:
    """The words of the step around its fences, without the number of its item."""
    assert script.step is not None
    first = script.step.line
    starts = _starts(subject)
    at = bisect_right(starts, first)
    last = starts[at] if at < len(starts) else len(subject.lines) + 1
    kept: list[str] = []
    fenced = False
    for line in subject.lines[first - 1 : last - 1]:
        if re.match(r"\s*(?:```|~~~)", line):
            fenced = not fenced
        elif re.match(r"#{1,6}\s", line) and kept:
            break
        elif not fenced:
            kept.append(re.sub(r"^\s*(?:\d+[.)]|[-*+])\s+", "", line))
    return "\n".join(kept)


def _starts(subject: Subject) -> list[int]:
    """The lines at which a step or a procedure begins, in their order."""
    if "starts" not in subject.memory:
        book = subject.book.procedures
        steps = {step.line for procedure in book for step in procedure.steps}
        subject.memory["starts"] = sorted(steps | {procedure.line for procedure in book})
    found: list[int] = subject.memory["starts"]
    return found


def _comments(script: Script) -> list[str]:
    return [text for _, text in psql.comments(script.sql)]


def _counts(piece: Piece) -> bool:
    """Whether all that it answers is one row of counts of the team's own tables."""
    node = piece.node
    if piece.kind != "SelectStmt" or node.group_clause or node.HasField("having_clause") or not node.target_list:
        return False
    if not all(_is_count(unwrap_node(unwrap_node(one).val)) for one in node.target_list):
        return False
    tables = [one for _, one in piece.nodes if type(one).__name__ == "RangeVar"]
    own = [one for one in tables if one.relname not in relations() and one.schemaname != "information_schema"]
    return bool(own) and len(own) == len(tables)


def _is_count(node: Any) -> bool:
    if type(node).__name__ == "TypeCast":
        node = unwrap_node(node.arg)
    return (
        type(node).__name__ == "FuncCall"
        and not node.HasField("over")
        and unwrap_node(node.funcname[-1]).sval == "count"
    )


rule = Rule(
    id="count-without-expectation",
    area="sql",
    severity="warning",
    summary="A count whose right value nobody says",
    why="`SELECT count(*) FROM users` answers 48112, and nobody knows at night whether that is good. "
    "With **Expect:** the machine knows it too, and the step says whether it held.",
    bad="# After the restore\n\n1. **Verify the data:**\n   ```sql\n   SELECT count(*) FROM users;\n   ```\n",
    good="# After the restore\n\n1. **Verify the data:**\n   ```sql\n   SELECT count(*) FROM users;\n   ```\n   **Expect:** `count > 40000`.\n",
    look=look,
)

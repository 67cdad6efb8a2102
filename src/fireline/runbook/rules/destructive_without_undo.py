"""A step that loses data, and nothing is said about how to get it back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook.lint.losing.beside import is_apart
from fireline.runbook.lint.losing.fences import chosen, losses, restores, restorings
from fireline.runbook.lint.rule import Edit, Fault, Rule
from fireline.runbook.lint.steps.course import course
from fireline.runbook.lint.steps.purpose import gives_way_back
from fireline.runbook.lint.subject import Command, Subject
from fireline.runbook.speech.words import folded

_MEANT = re.compile(
    r"\b(?:delet\w*|drop\w*|remov\w*|purg\w*|eras\w*|wip\w*|retention|decommission\w*|tear ?down|losch\w*|supprim\w*)\b"
)
_SELECTED = re.compile(r"\bwhere\b", re.IGNORECASE)


def look(subject: Subject) -> Iterator[Fault]:
    """Every destructive command of a step without an undo."""
    annotated = "fireline" in subject.book.front_matter
    for command in subject.commands:
        if command.role not in ("action", "alternative") or gives_way_back(command.step):
            continue
        for line, why in losses(subject, command):
            if _beside(command, line):
                continue
            few = command.language == "sql" and bool(_SELECTED.search(command.action.command))
            few = few or chosen(command, line)
            few = few or bool(_MEANT.search(folded(command.procedure.title)))
            yield Fault(
                line,
                f"{why}, and nothing says how to take it back",
                step=command.step.key,
                suggestion="Add **Undo:** below it: how to get back, or that there is no way back.",
                edits=()
                if restorings(subject, command)
                else _undo(subject, command),  # a restore is mended by going beside
                severity="info" if few and not annotated else "warning",
            )


def _beside(command: Command, line: int) -> bool:
    """Whether it is a restore of a copy, which takes nothing from anybody."""
    here = [call for call in command.called.get(line, ()) if restores(call)]
    return bool(here) and all(is_apart(call, command.procedure) for call in here)


def _undo(subject: Subject, command: Command) -> tuple[Edit, ...]:
    """An **Undo:** that names the backup the procedure has taken before; none when it took none."""
    saved = course(subject, command.procedure).taken_before(command.step)
    last = command.line(len(command.action.command.split("\n"))) + 1
    closing = subject.lines[last - 1] if last <= len(subject.lines) else ""
    mark = closing.strip()
    if saved is None or not mark or (set(mark) - {"`"} and set(mark) - {"~"}):
        return ()
    indent = closing[: len(closing) - len(closing.lstrip())]
    return (Edit(last + 1, last, f"\n{indent}**Undo:** restore what “{saved.title}” saved."),)


rule = Rule(
    id="destructive-without-undo",
    area="document",
    severity="warning",
    at_times=("info",),
    summary="A destructive step without an undo",
    why=(
        "What empties, drops or overwrites data is approved more calmly when it says how to get back, and more carefully when it says "
        "that there is no way back. Both are an answer: **Undo:** takes either. Rows chosen by a WHERE, and what a procedure "
        "called a deletion deletes, are only mentioned for information in a file that is not annotated for Fireline. What a machine can make again (an index, a cache folder, a pod) "
        "does not count as lost."
    ),
    bad="# Disk full\n\n1. **Make room:**\n   ```sql\n   TRUNCATE audit_log;\n   ```\n",
    good=(
        "# Disk full\n\n1. **Make room:**\n   ```sql\n   TRUNCATE audit_log;\n   ```\n   **Undo:** none; the archive has all but today.\n"
    ),
    look=look,
)

"""A SELECT that changes something, because of what a function in it does."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.runbook.lint.database.held import Held, taken
from fireline.runbook.lint.database.own_functions import OWN
from fireline.runbook.lint.rule import Edit, Fault, Rule, Unknown
from fireline.runbook.lint.subject import Subject


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every SELECT that writes, in a step that does not say so."""
    for one in taken(subject):
        if isinstance(one, Unknown):
            yield one
        elif one.judged.writes and not _told(one):
            yield _fault(subject, one)


def _told(one: Held) -> bool:
    """Whether the step says itself that it changes something; a step with an undo does, too."""
    step, attributes = one.piece.script.step, one.piece.script.action.attributes
    if attributes.get("level", "read") != "read":
        return True
    return step is not None and (step.level in ("reversible", "destructive") or step.undo is not None)


def _fault(subject: Subject, one: Held) -> Fault:
    name = (one.judged.writes or "").partition("(")[0]
    level = "reversible" if name in OWN else "destructive"
    words = "`level=reversible`" if name in OWN else "`level=reversible` or `level=destructive`"
    return Fault(
        one.place.line,
        f"`{name}()` looks like a read, and changes something in {one.patient.name}",
        subject.column(one.place.line, name),
        one.piece.key,
        one.judged.writes or "",
        f"Say so on the fence: {words}; then a person approves it before it runs.",
        _edits(subject, one, level) if name in OWN else (),
    )


def _edits(subject: Subject, one: Held, level: str) -> tuple[Edit, ...]:
    """The fence with its level, when it is a plain one."""
    line = one.piece.script.action.line - 1
    written = subject.lines[line - 1] if 0 < line <= len(subject.lines) else ""
    if written.strip().strip("`~").strip() != "sql":
        return ()
    return (Edit(line, line, f"{written.rstrip()} {{level={level}}}"),)


rule = Rule(
    id="writes-as-read",
    area="sql",
    severity="warning",
    summary="A SELECT that changes something",
    why="`SELECT optimize_database()` reads like a look, and is none: the function behind it changes data or the database. Whoever pastes it at "
    "night does not know. The target is asked whether the function is volatile, and its text whether it changes something.",
    bad="# Statistics\n\n1. **Refresh them:**\n   ```sql\n   SELECT ops.refresh_statistics();\n   ```\n",
    good="# Statistics\n\n1. **Refresh them:**\n   ```sql {level=reversible}\n   SELECT ops.refresh_statistics();\n   ```\n   **Undo:** none\n",
    look=look,
    needs=("target",),
)

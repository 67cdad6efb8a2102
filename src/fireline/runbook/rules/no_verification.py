"""Something is changed or restored, and nobody looks whether it worked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook import sqltext
from fireline.runbook.document import Procedure, Step
from fireline.runbook.lint.losing.fences import restorings
from fireline.runbook.lint.rule import Edit, Fault, Rule
from fireline.runbook.lint.steps.calls import reads
from fireline.runbook.lint.steps.purpose import changes, commands_of, looks, place_of, says_to_look, verifies
from fireline.runbook.lint.subject import Command, Subject
from fireline.runbook.speech.words import folded

_COUNTS = re.compile(r"\s*select\s+count\s*\(\s*\*\s*\)(?:\s+as\s+\w+)?\s+from\s+[\w.\"]+\s*;?\s*", re.IGNORECASE)
# Words of a sentence that asks to look and says nothing of what: check that everything is ok.
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "check verify confirm test ensure validate make sure see if that the a everything all it is are was were has have been there "
        "works work working ok okay fine good correct correctly well again as expected and data restore restored backup database db "
        "application app system successful successfully properly now "
        "prufen prufe uberprufen kontrollieren testen ob dass alles es ist sind war funktioniert geht passt stimmt lauft in ordnung daten wieder "
        "comprobar verificar que todo los datos esta estan bien funciona correcto "
        "verifier tout les donnees est sont bon bien fonctionne marche",
    )
)
_TELLING = 4  # words of a sentence that may say what is to be seen


def look(subject: Subject) -> Iterator[Fault]:
    """Every restore that nothing proves; then every procedure that changes something and does not look afterwards."""
    restored: set[str] = set()
    for command in subject.commands:
        if command.role not in ("action", "alternative"):
            continue
        for line, _ in restorings(subject, command):
            restored.add(command.procedure.id)
            if not _proved(command):
                yield _unproved(subject, command, line)
    for procedure in subject.book.procedures:
        if procedure.id not in restored:
            yield from _unseen(procedure)


def _proved(command: Command) -> bool:
    """Whether after a restore something is looked at that could be wrong."""
    procedure, step = command.procedure, command.step
    if step.verify is not None or step.expect:
        return True
    later = procedure.steps[place_of(procedure, step) + 1 :]
    return any(_proves(one) for one in later) or says_to_look(procedure.text)


def _proves(step: Step) -> bool:
    """Whether a step looks, and says or shows by itself what is right."""
    if step.verify is not None or step.expect or step.call:
        return True
    if not looks(step):
        return False
    actions = list(commands_of(step))
    if not actions:
        if not step.checklist and set(_bare(f"{step.title} {step.text}").split()) <= _EMPTY:
            return False
        return len(_bare(f"{step.title} {step.text}").split()) > _TELLING + len(step.title.split()) or bool(
            step.checklist
        )
    return any(reads(one) and not (one.language == "sql" and _only_counts(one.command)) for one in actions)


def _bare(text: str) -> str:
    return re.sub(r"[^\w\s]", " ", folded(text))


def _only_counts(sql: str) -> bool:
    """Whether nothing but whole tables is counted: a number that nobody can judge."""
    statements = sqltext.read(sql).statements
    return bool(statements) and all(_COUNTS.fullmatch(one.sql) for one in statements)


def _unproved(subject: Subject, command: Command, line: int) -> Fault:
    later = command.procedure.steps[place_of(command.procedure, command.step) + 1 :]
    weak = next((one for one in later if looks(one)), None)
    if weak is None:
        message = f"the restore in line {line} may have brought back half: nobody looks"
        line = command.procedure.line
    elif weak.action is None:
        message = f"nothing proves this restore: “{weak.title}” in line {weak.line} does not say what to look at"
    else:
        message = (
            f"nothing proves this restore: “{weak.title}” in line {weak.line} counts, and nobody knows the right number"
        )
    return Fault(
        line,
        message,
        step=command.step.key,
        suggestion="Compare with what was backed up, such as by `fireline resolve verify-restore`, or say what must be seen.",
        edits=_verification(subject, command),
        severity="info"
        if weak is not None and weak.action is not None
        else "warning",  # that it counts is another rule's
    )


def _verification(subject: Subject, command: Command) -> tuple[Edit, ...]:
    """A comparison with the backup, below the fence; the restore itself is mended to go beside."""
    last = command.line(len(command.action.command.split("\n"))) + 1
    closing = subject.lines[last - 1] if last <= len(subject.lines) else ""
    mark = closing.strip()
    if not mark or (set(mark) - {"`"} and set(mark) - {"~"}):
        return ()
    indent = closing[: len(closing) - len(closing.lstrip())]
    added = [
        "",
        "**Verify:** what was restored is what was backed up.",
        f"{mark}bash",
        "fireline resolve verify-restore",
        mark,
    ]
    return (Edit(last + 1, last, "\n".join(f"{indent}{one}".rstrip() for one in added)),)


def _unseen(procedure: Procedure) -> Iterator[Fault]:
    """A word about a procedure that ends with a change."""
    changing = [step for step in procedure.steps if changes(step)]
    if not changing or says_to_look(procedure.text) or verifies(procedure, changing[-1]):
        return
    yield Fault(
        procedure.line,
        f"“{procedure.title}” changes something in line {changing[-1].line}, and nobody looks whether it helped",
        suggestion="End with a step that looks, with **Expect:** and what must be seen.",
        severity="info",
    )


rule = Rule(
    id="no-verification",
    area="document",
    severity="warning",
    at_times=("info",),
    summary="A change or a restore that nobody verifies",
    why=(
        "A restore that ended without an error may have brought back half, or the wrong day. It needs something that could come out "
        "wrong: **Expect:**, a comparison, a sentence that says what must be seen. “Verify restore” alone says nothing, and a count of "
        "rows says nothing to somebody who does not know the right one, so both get a warning. Of other procedures that end with a "
        "change it is only said for information: what to look at is often plain from the alert."
    ),
    bad="# Data loss\n\n1. **Restore from backup:**\n   ```bash\n   ./restore.sh\n   ```\n2. **Verify restore**\n",
    good=(
        "# Data loss\n\n1. **Restore from backup:**\n   ```bash\n   ./restore.sh\n   ```\n2. **Verify restore:**\n   ```sql\n"
        "   SELECT max(created_at) AS newest FROM orders;\n   ```\n   **Expect:** `rows = 1`\n"
    ),
    look=look,
)

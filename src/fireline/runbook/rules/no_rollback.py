"""A procedure that changes something and does not say how to get back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook.document import Procedure, Step
from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.steps.purpose import changes, commands_of, gives_way_back, goes_back, takes_backup
from fireline.runbook.lint.subject import Subject
from fireline.runbook.speech.words import folded

_GOES_BACK = re.compile(r"(?:the )?(?:roll\w*[ -]?back|back ?out|undo)(?: (?:procedures?|plan|steps))?")
_RESTARTS = re.compile(r"\b(?:restart|reload|reboot|bounce|neustart\w*|neu starten|redemarr\w*|reinici\w*|riavvi\w*)\b")


def look(subject: Subject) -> Iterator[Fault]:
    """Every procedure with a change, where neither it nor the page says how to go back."""
    annotated = "fireline" in subject.book.front_matter
    elsewhere = any(_GOES_BACK.fullmatch(folded(one.title)) for one in subject.book.procedures)
    for procedure in subject.book.procedures:
        changing = _changing(procedure)
        if not changing or elsewhere or _says_how(procedure):
            continue
        yield Fault(
            procedure.line,
            f"“{procedure.title}” changes something in line {changing[0].line} and does not say how to go back",
            suggestion="Add **Undo:** to the step, or **Rollback:** to the procedure; “none” is an answer too.",
            severity="warning" if annotated else "info",
        )


def _changing(procedure: Procedure) -> list[Step]:
    """The steps that need a way back: no restart, and no way back themselves."""
    return [step for step in procedure.steps if changes(step) and not _restarts(step) and not goes_back(step.title)]


def _restarts(step: Step) -> bool:
    """Whether it only has something start again; a pod that is deleted comes back."""
    return bool(_RESTARTS.search(folded(step.title))) or all(
        _RESTARTS.search(one.command) or "delete pod" in one.command for one in commands_of(step)
    )


def _says_how(procedure: Procedure) -> bool:
    told = (
        goes_back(procedure.title) or goes_back(procedure.text) or any(takes_backup(step) for step in procedure.steps)
    )
    changing = _changing(procedure)
    return told or 2 * sum(gives_way_back(step) for step in changing) >= len(changing)


rule = Rule(
    id="no-rollback",
    area="document",
    severity="warning",
    at_times=("info",),
    summary="A procedure without a way back",
    why=(
        "The first remedy is often the wrong one. Whoever applies it must know beforehand how to take it back, or that this can not be "
        "done. A warning in a file that is annotated for Fireline, where **Undo:** belongs to every change; in a plain one only for "
        "information. Restarts have no way back and need none; a backup among the steps is one, and so is a rollback procedure."
    ),
    bad="---\nfireline: 1\n---\n\n# Queue grows\n\n1. **Double the workers:**\n   ```bash\n   heroku ps:scale worker=8\n   ```\n",
    good=(
        "---\nfireline: 1\n---\n\n# Queue grows\n\n1. **Double the workers:**\n   ```bash\n   heroku ps:scale worker=8\n   ```\n"
        "   **Undo:** `heroku ps:scale worker=4`\n"
    ),
    look=look,
)

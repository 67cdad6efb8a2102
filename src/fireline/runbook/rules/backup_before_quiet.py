"""A backup of the current state is taken while the state may still change."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook.document import Procedure, Step
from fireline.runbook.lint.rule import Edit, Fault, Rule
from fireline.runbook.lint.steps.purpose import changes, proves_quiet, said, stops_traffic, takes_backup
from fireline.runbook.lint.subject import Subject

_CURRENT = re.compile(
    r"\b(?:current|present|damaged|broken|existing) (?:state|data|database|status)\b|\bstate before\b|\bas it is\b"
    r"|\b(?:aktuelle\w*|jetzige\w*|derzeitige\w*) (?:stand|zustand\w*|daten\w*)\b|\bist-?zustand\w*\b|\betat (?:actuel|courant)\b"
    r"|\b(?:estado|stato|estado) (?:actual|attuale|atual)\b|\bhuidige (?:staat|toestand|situatie)\b"
)


def look(subject: Subject) -> Iterator[Fault]:
    """Every backup of the current state that is taken before anything shows that nobody writes any more."""
    for procedure in (*subject.book.procedures, *subject.book.checklists):
        for place, step in enumerate(procedure.steps):
            if takes_backup(step):
                fault = _judge(subject, procedure, place, step)
                if fault is not None:
                    yield fault


def _judge(subject: Subject, procedure: Procedure, place: int, step: Step) -> Fault | None:
    before = procedure.steps[:place]
    if any(proves_quiet(one) for one in (*(one for one in before if not takes_backup(one)), step)):
        return None
    stopping = [one for one in before if stops_traffic(one)]
    if stopping and any(changes(one) for one in stopping):
        return None  # a command stops it, and its failure ends the run
    late = next((one for one in procedure.steps[place + 1 :] if stops_traffic(one)), None)
    if not stopping and not (_CURRENT.search(said(step)) and procedure.steps[place + 1 :]):
        return None
    if stopping:
        why = f"“{stopping[-1].title}” in line {stopping[-1].line} is not seen to have worked"
    elif late is not None:
        why = f"traffic is stopped only afterwards, in line {late.line}"
    else:
        why = "nothing before it stops the application"
    return Fault(
        step.line,
        f"what is written while this backup is taken, and after it, is in no backup: {why}",
        step=step.key,
        edits=_fence(subject, stopping[-1]) if stopping else (),
        suggestion="Prove before it that nobody writes, such as by `fireline contain fence`, or look for sessions in pg_stat_activity.",
        severity="warning",
    )


def _fence(subject: Subject, step: Step) -> tuple[Edit, ...]:
    """The remedy that stops traffic and proves it, below the words of a step that has no command."""
    item = re.match(r"\s*(?:\d+[.)]|[-*+])\s+", subject.lines[step.line - 1])
    below = subject.lines[step.line] if step.line < len(subject.lines) else ""
    if item is None or step.action is not None or step.alternatives or step.checklist:
        return ()
    if below.strip() and not re.match(r"\s*(?:\d+[.)]|[-*+])\s", below):
        return ()  # its words go on
    indent = " " * len(item[0])
    added = "\n".join(f"{indent}{one}" for one in ("```bash", "fireline contain fence", "```"))
    return (Edit(step.line + 1, step.line, added),)


rule = Rule(
    id="backup-before-quiet",
    area="document",
    severity="warning",
    summary="A backup of the current state before traffic is proved to have stopped",
    why=(
        "Before a restore the present state is saved, so that nothing is lost that is only there. What the application writes between "
        "that backup and the restore is in neither. “Stop the application (if possible)” is no proof: somebody must see that no session "
        "is left. A backup that is only one of many, taken while people work, is none of this rule's business."
    ),
    bad=(
        "# Data corruption\n\n1. **Stop application** (if possible)\n2. **Create backup** of current state\n3. **Restore from backup**\n"
    ),
    good=(
        "# Data corruption\n\n1. **Stop application**\n2. **Nobody is connected any more:**\n   ```sql\n   SELECT count(*) AS sessions FROM "
        "pg_stat_activity WHERE usename = 'app';\n   ```\n   **Expect:** `sessions = 0`\n3. **Create backup** of current state\n"
        "4. **Restore from backup**\n"
    ),
    look=look,
)

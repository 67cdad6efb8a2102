"""Two procedures that answer to the same symptoms: which one starts is chance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from fireline.runbook.document import Procedure
from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.subject import Subject
from fireline.runbook.match import match
from fireline.runbook.speech.words import tokens

ALIKE = 0.6  # of all their words in common, from which on two lists of symptoms are held against each other
NEAR = 0.9  # of the better one's score, from which on chance decides


def look(subject: Subject) -> Iterator[Fault]:
    """Every procedure whose symptoms call an earlier one just as well, here or in another file of the same lint."""
    mine = [(one, "") for one in subject.book.procedures if one.symptoms]
    earlier = [
        (one, f" of {Path(book.path).name}")
        for book in subject.others
        if book.path < subject.book.path
        for one in book.procedures
        if one.symptoms
    ]
    told: set[str] = set()
    words = {id(one): _words(one) for one, _ in (*mine, *earlier)}
    pairs = [(first, second) for second in mine for first in earlier]
    for (first, where), (second, _) in (*pairs, *combinations(mine, 2)):
        if second.id not in told and _alike(words[id(first)], words[id(second)]) and _same(first, second):
            told.add(second.id)
            place = where or f" in line {first.line}"
            yield Fault(
                second.line,
                f"“{second.title}” has the symptoms of “{first.title}”{place}: which of them starts is chance",
                suggestion="Say what tells them apart, or make one of both.",
            )


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether they are much the same, and one of them says nothing that the other does not: no name tells them apart."""
    return bool(one) and bool(other) and (one <= other or other <= one) and len(one & other) / len(one | other) >= ALIKE


def _same(first: Procedure, second: Procedure) -> bool:
    """Whether a complaint in the words of the one calls the other as well, both ways."""
    for one in (first, second):
        found = match([first, second], "; ".join(one.symptoms))
        if found[0].score <= 0 or found[1].score < NEAR * found[0].score:
            return False
    return True


def _words(procedure: Procedure) -> frozenset[str]:
    return frozenset(stem for symptom in procedure.symptoms for stem, _ in tokens(symptom))


rule = Rule(
    id="ambiguous-symptoms",
    area="document",
    severity="warning",
    summary="Two procedures with the same symptoms",
    why=(
        "An alert starts the procedure whose symptoms fit best. When two have the same, the first in the file starts, and the other "
        "never does. Both are held against each other by the same matching that picks a procedure at night; a symptom or two in "
        "common is nothing to be said about."
    ),
    bad=(
        "# Shop\n\n## API is slow\n\n**Symptoms:**\n- p95 latency over 2 s\n- timeouts in the log\n\n1. **Restart it**\n\n"
        "## API is very slow\n\n**Symptoms:**\n- p95 latency over 2 s\n- timeouts in the log\n\n1. **Scale it**\n"
    ),
    good=(
        "# Shop\n\n## API is slow\n\n**Symptoms:**\n- p95 latency over 2 s\n- timeouts in the log\n\n1. **Restart it**\n\n"
        "## Disk is full\n\n**Symptoms:**\n- no space left on device\n- timeouts in the log\n\n1. **Grow it**\n"
    ),
    look=look,
)

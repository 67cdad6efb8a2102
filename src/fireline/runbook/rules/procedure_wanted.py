"""A procedure that a post-mortem asked for and that nobody has written."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.runbook.lint.page import alike, title_line
from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.subject import Subject
from fireline.runbook.speech.words import tokens

_COVERED = 0.75  # of the words of what was asked for, from which on a title means the same


def look(subject: Subject) -> Iterator[Fault]:
    """Everything that was asked for and is in none of the runbooks; told once, in the first of the files."""
    if any(other.path < subject.book.path for other in subject.others):
        return
    books = (subject.book, *subject.others)
    titles = [one.title for book in books for one in (*book.procedures, *book.checklists)]
    for wanted in subject.world.asked or ():  # without a store nobody asked here
        if not any(_means(title, wanted) for title in titles):
            yield Fault(
                title_line(subject.text),
                f"a post-mortem asked for the procedure “{wanted}”, and no runbook has it",
                suggestion=f"Write it: a heading “{wanted}” with its symptoms and steps.",
            )


def _means(title: str, wanted: str) -> bool:
    if alike(title) == alike(wanted):
        return True
    asked = {stem for stem, _ in tokens(wanted)}
    return bool(asked) and len(asked & {stem for stem, _ in tokens(title)}) / len(asked) >= _COVERED


rule = Rule(
    id="procedure-wanted",
    area="document",
    severity="warning",
    summary="A procedure that a post-mortem asked for and nobody wrote",
    why=(
        "At the end of an incident somebody writes: there should have been a procedure for this. Until it is written, the next one "
        "goes the same way. What was asked for is in Fireline's store; a lint without one asks nothing."
    ),
    bad="# Shop\n\n## Slow\n\n1. **Look**\n",
    good="# Shop\n\n## Certificate expired\n\n1. **Renew it**\n",
    look=look,
    needs=("store",),
)

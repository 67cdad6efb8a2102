"""A procedure that does not say when it is the right one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook.document import Procedure, Runbook
from fireline.runbook.lint.page import alike
from fireline.runbook.lint.rule import Edit, Fault, Rule
from fireline.runbook.lint.subject import Subject
from fireline.runbook.speech.words import folded

# Work that is not chosen by what is seen: it is done at its time, or another procedure leads to it.
_ROUTINE = re.compile(
    r"\b(?:before|after|pre|post|prepar\w*|setup|set up|install\w*|access|connect to|log ?in|how to|useful|common|queries|commands|cheat|daily|weekly"
    r"|monthly|routine|maintenance|planned|patch\w*|upgrade|deploy\w*|release|checks?|checklist|verif\w*|test\w*|drill|monitoring|dashboards?|alerts?"
    r"|communicat\w*|escalat\w*|contacts?|templates?|roles|handover|hand-?off|shift|start of|end of|review|notes?|tools|faq|appendix|reference"
    r"|general|overview|vorbereitung|nachbereitung|wartung|pruf\w*|zugang|changelog|example\w*|console|backups?)\b"
)


_SAYS_WHEN = re.compile(
    r"^\W*(?:when\b|use (?:this|when|it)\b|if you\b|triggers?\b|triggered\b|alerts?\b|symptom\w*|objawy|sintom\w*|quand\b|cuando\b|wann\b|anlass\b|quando\b"
    r"|kiedy\b|use case|applies\b|this (?:procedure|runbook|section) is for\b)"
)


def look(subject: Subject) -> Iterator[Fault]:
    """Every procedure without symptoms; a warning where most of the page has them, else for information."""
    procedures = subject.book.procedures
    with_symptoms = sum(bool(one.symptoms) for one in procedures)
    customary = len(procedures) > 1 and with_symptoms * 2 > len(procedures)
    led_to = _led_to(subject.book)
    for one in procedures:
        if one.symptoms or one.id in led_to or (not one.steps and not one.reference) or _says_when(subject, one):
            continue
        wanted = customary and not _ROUTINE.search(folded(f"{one.title}"))
        yield Fault(
            one.line,
            f"“{one.title}” does not say when it is to be used",
            suggestion="Add **Symptoms:** with what an alert or a user says when it is this.",
            edits=_from_title(subject, one) if wanted else (),
            severity="warning" if wanted else "info",
        )
        if not with_symptoms:
            return  # nobody here writes them: one word is enough


def _from_title(subject: Subject, procedure: Procedure) -> tuple[Edit, ...]:
    """Its own name as the first symptom, so that an alert that says it leads here; none where the name stands in no heading."""
    if not subject.lines[procedure.line - 1].startswith("#"):
        return ()
    symptom = procedure.title[:1] + procedure.title[1:].lower()
    return (Edit(procedure.line + 1, procedure.line, f"\n**Symptoms:**\n- {symptom}"),)


def _says_when(subject: Subject, procedure: Procedure) -> bool:
    """Whether a sentence between the heading and the first step says it, in words that were not read as symptoms."""
    last = procedure.steps[0].line if procedure.steps else procedure.line + 5
    return any(_SAYS_WHEN.search(folded(line)) for line in subject.lines[procedure.line : last - 1])


def _led_to(book: Runbook) -> set[str]:
    """The procedures that a step or another procedure leads to."""
    found = {one.call for one in book.procedures} | {step.call for one in book.procedures for step in one.steps}
    hrefs = [one.reference for one in book.procedures] + [
        step.reference for one in book.procedures for step in one.steps
    ]
    meant = {alike(href.partition("#")[2]) for href in hrefs if href and href.startswith("#")}
    return {one for one in found if one} | {one.id for one in book.procedures if _named(one) in meant}


def _named(procedure: Procedure) -> str:
    return alike(procedure.title)


rule = Rule(
    id="no-symptoms",
    area="document",
    severity="warning",
    at_times=("info",),
    summary="A procedure without symptoms",
    why=(
        "An alert finds its procedure by its symptoms. One without them is found only by whoever knows that it exists. It is a warning "
        "where most procedures of the page have symptoms, so that the others stand out by mistake; elsewhere, and for what is done at "
        "its own time or is led to by another procedure, at most a word of information: many good runbooks are about one alert."
    ),
    bad=(
        "# Shop\n\n## Slow\n\n**Symptoms:** slow pages\n\n1. **Look**\n\n## Down\n\n**Symptoms:** no answer\n\n1. **Start it**\n\n"
        "## Breach\n\n1. **Rotate the keys**\n"
    ),
    good=(
        "# Shop\n\n## Slow\n\n**Symptoms:** slow pages\n\n1. **Look**\n\n## Down\n\n**Symptoms:** no answer\n\n1. **Start it**\n\n"
        "## Breach\n\n**Symptoms:** logins from abroad\n\n1. **Rotate the keys**\n"
    ),
    look=look,
)

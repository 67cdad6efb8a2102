"""A severity whose response time no clock can be made of: nobody is woken when it is over."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook.criteria import response_time
from fireline.runbook.document import Severity
from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.subject import Subject
from fireline.runbook.speech.words import folded

_VAGUE = re.compile(r"\bwhen\b|\bif\b|\bcapacity\b|\btime permit\w*|\bbest effort\b")
_FAR = 40  # lines of one severity


def _line_of(subject: Subject, one: Severity) -> int:
    """The line that tells the response time; else that of the severity."""
    below = subject.lines[one.line - 1 : one.line - 1 + _FAR]
    return next((one.line + at for at, line in enumerate(below) if one.response and one.response in line), one.line)


def look(subject: Subject) -> Iterator[Fault]:
    """Every severity without a response time that is read as one; only a word about it when none has any."""
    severities = subject.book.severities
    if severities and all(not one.response for one in severities):
        yield Fault(
            severities[0].line,
            "no severity says how soon somebody must respond",
            suggestion="Add **Response time:** 15 minutes, or the like, to each.",
            severity="info",
        )
        return
    for one in severities:
        read = response_time(one.response or "")
        vague = read.kind == "immediate" and _VAGUE.search(folded(one.response or ""))
        if read.kind != "none" and not vague:
            continue
        said = f"“{one.response}” is no time that a clock can run to" if one.response else "it names no response time"
        line = _line_of(subject, one)
        yield Fault(
            line,
            f"{one.id}: {said}",
            subject.column(line, one.response) if one.response else 1,
            evidence=read.note,
            suggestion="Write a time such as 30 minutes, 4 hours, immediate or next business day.",
        )


rule = Rule(
    id="severity-without-clock",
    area="document",
    severity="warning",
    at_times=("info",),
    summary="A severity without a response time that a clock can run to",
    why=(
        "Fireline starts a clock by the severity's own words and wakes the next person when it is over. “Best effort” starts none: "
        "such an incident waits until somebody thinks of it. When no severity has a time, that is only said for information."
    ),
    bad=(
        "# Outage\n\n## Severities\n\n| Severity | Meaning | Response time |\n| --- | --- | --- |\n| P0 | all is down | 15 minutes |\n"
        "| P1 | slow | best effort |\n\n## Slow\n\n1. **Look**\n"
    ),
    good=(
        "# Outage\n\n## Severities\n\n| Severity | Meaning | Response time |\n| --- | --- | --- |\n| P0 | all is down | Immediate |\n"
        "| P1 | slow | Within 1 hour |\n| P2 | ugly | next business day |\n\n## Slow\n\n1. **Look**\n"
    ),
    look=look,
)

"""What a lint rule is: plain data and one function; what it finds, what it can not know, and how the text would be mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from fireline.runbook.lint.subject import Subject

Severity = Literal["error", "warning", "info"]
Area = Literal["sql", "shell", "document"]


@dataclass(frozen=True)
class Edit:
    """Lines `first` to `last` of the file (from 1, both included) become `text`; last = first - 1 puts it before `first`.

    text: whole lines without the last line's end; an empty text takes the lines away.
    """

    first: int
    last: int
    text: str


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, at its line and column (from 1)."""

    line: int
    message: str  # one sentence: what is wrong
    column: int = 1
    step: str | None = None  # key of the step
    evidence: str = ""  # what shows it: the server's error, the line of a help text
    suggestion: str = ""  # one sentence: what to do
    edits: tuple[Edit, ...] = ()  # what would mend it, when a machine can
    severity: Severity | None = None  # where it differs from the rule's
    file: str | None = None  # where it stands, when that is not the runbook: a migration


@dataclass(frozen=True)
class Unknown:
    """Something that was not looked into, and why: never the same as clean."""

    line: int
    what: str  # the statement or command, shortened
    why: str  # "no target was named"
    step: str | None = None


@dataclass(frozen=True)
class Rule:
    """One rule. why, bad and good are Markdown for its page; bad holds at least one fault, good none (tests hold it)."""

    id: str
    area: Area
    severity: Severity
    summary: str  # one line
    why: str
    bad: str  # a whole small runbook
    good: str
    look: Callable[[Subject], Iterable[Fault | Unknown]]
    needs: tuple[
        Literal["target", "tools", "files", "store", "migrations"], ...
    ] = ()  # what of the world it asks; it says Unknown without
    at_times: tuple[Severity, ...] = ()  # what a finding of it is otherwise, when less or more is sure or at stake

"""Commands in the middle of a step's sentences: `kubectl rollout undo deploy/api`. Nobody runs them; a person types them at night."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from fireline.runbook.document import Action, Procedure, Runbook, Step
from fireline.runbook.language import commands
from fireline.runbook.lint.page import passages, sections
from fireline.runbook.page.prose import Prose, Run
from fireline.runbook.reading import fence

_LONGEST = 400
_LEFT_OUT = re.compile(r"…|\.\.\.|^\s*[#$%>]\s*$")
# What stands before or behind a command that is not to be typed, or is only spoken of.
_NOT = re.compile(
    r"\b(?:not|never|no|don.t|doesn.t|avoid|instead of|rather than|without|unlike|formerly|previously|old|used to|deprecated|removed"
    r"|nicht|nie|niemals|kein\w*|statt|ne pas|jamais|nunca|evit\w*|sin|non|mai|zamiast|nie|niet|nooit)\b[^.;:!?]{0,40}$",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"^\s*(?:\([^()]*\)\s*)?(?:(?:command|option|subcommand|flag|befehl)\s+)?(?:does not exist|doesn.t exist|is (?:not|no|gone|deprecated|removed|forbidden|wrong)|isn.t|was removed"
    r"|no longer|fails|gibt es nicht|existiert nicht|n.existe pas|no existe)",
    re.IGNORECASE,
)
_WITH_OPTION = re.compile(r"[a-z][\w.-]*(?:\s+[\w./:@=-]+)*\s-{1,2}[a-zA-Z][\w-]*(?:[=\s].*)?")
_WORDS = 3  # of SQL; fewer may be a word of the sentence


@dataclass(frozen=True)
class Inline:
    """One command of a sentence. known: whether its programs are known ones; else it only looks like a command."""

    procedure: Procedure
    step: Step
    action: Action
    known: bool


def inline(text: str, book: Runbook) -> Iterator[Inline]:
    """Every command in the sentences of the steps, in the order of the page."""
    owners = _owners(text, book)
    starts = [line for line, _ in owners]
    for passage in passages(text):
        place = bisect_right(starts, passage.line) - 1
        owner = owners[place][1] if place >= 0 else None
        if owner is None:
            continue
        procedure, step = owner
        fenced = [one.command for one in _actions(step)]
        for line, run in _code(passage.prose):
            typed = run.text.strip()
            found = _read(typed, passage.line + line)
            if found is not None and not any(typed in one for one in fenced):
                yield Inline(procedure, step, *found)


def _owners(text: str, book: Runbook) -> list[tuple[int, tuple[Procedure, Step] | None]]:
    """From which line on the page belongs to which step; None where a heading ends one."""
    found: dict[int, tuple[Procedure, Step] | None] = {one.line: None for one in sections(text)}
    for procedure in (*book.procedures, *book.checklists):
        found |= {step.line: (procedure, step) for step in reversed(procedure.steps)}
    return sorted(found.items(), key=lambda one: one[0])


def _actions(step: Step) -> list[Action]:
    given = (step.action, *step.alternatives, step.verify, step.undo, step.before)
    return [one for one in given if one is not None]


def _code(prose: Prose) -> Iterator[tuple[int, Run]]:
    """The code of a paragraph that its sentence tells to type, with its line."""
    for at, run in enumerate(prose.runs):
        if not run.code or run.href is not None or not run.text.strip() or len(run.text) > _LONGEST:
            continue
        before = "".join(one.text for one in prose.runs[:at] if not one.code)[-80:]
        after = "".join(one.text for one in prose.runs[at + 1 : at + 3])
        if not _LEFT_OUT.search(run.text) and not _NOT.search(before) and not _GONE.search(after):
            yield run.line, run


def _read(typed: str, line: int) -> tuple[Action, bool] | None:
    """The command, and whether its programs are known; None for a name, a key, a word."""
    typed = re.sub(r"^[$#]\s+", "", typed)
    if "\n" in typed:
        return None
    if commands.is_shell(typed):
        return Action("bash", typed, line), True
    if len(typed.split()) >= _WORDS and fence.looks_like_sql(typed):
        return Action("sql", typed, line), True
    return (Action("bash", typed, line), False) if _WITH_OPTION.fullmatch(typed) else None

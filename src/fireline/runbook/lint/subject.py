"""A file under lint: its text, the runbook in it, and every command with its place in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from fireline.runbook import sqltext
from fireline.runbook.document import Action, Procedure, Runbook, Step
from fireline.runbook.lint.inline import inline
from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.lint.shell.carried import everywhere
from fireline.runbook.lint.sql.statements import Script, scripts
from fireline.runbook.lint.world import World
from fireline.runbook.sqltext import Statement

T = TypeVar("T")
Role = Literal["action", "alternative", "verify", "undo", "before", "sentence", "words"]


@dataclass(frozen=True)
class Command:
    """One fence of a step, and what it is for; or what stands as code in its sentences: a known command, or only such words."""

    procedure: Procedure
    step: Step
    action: Action
    role: Role
    numbers: tuple[int, ...] = ()  # the lines of the file, where they do not follow each other: a session with prompts

    @property
    def language(self) -> str:
        """sql, bash or text; a fence of plain `fireline` lines is bash."""
        return self.action.language

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The SQL statements of it, each with its line within the fence; empty for another language."""
        return sqltext.read(self.action.command).statements if self.language == "sql" else ()

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The programs that it calls; empty for another language."""
        return calls(self.action.command) if self.language == "bash" else ()

    @cached_property
    def stated(self) -> dict[int, list[Statement]]:
        """Its statements by the line of the file."""
        return _by_line((self.line(one.line), one) for one in self.statements)

    @cached_property
    def called(self) -> dict[int, list[Call]]:
        """Its calls by the line of the file, each followed by those that it carries elsewhere."""
        return _by_line((self.line(one.line), one) for one in everywhere(self.calls))

    def line(self, within: int) -> int:
        """The line of the file of a line of the fence (from 1)."""
        if 0 < within <= len(self.numbers):
            return self.numbers[within - 1]
        return self.action.line + within - 1


@dataclass(frozen=True)
class Subject:
    """What a rule looks at. text: lines end with a line feed; others: the other runbooks of the same lint."""

    path: Path
    text: str
    book: Runbook
    world: World = field(default_factory=World)
    others: tuple[Runbook, ...] = ()
    memory: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)  # what several rules ask once

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the file."""
        return tuple(self.text.split("\n"))

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """Every fence of every step, in the order of the file; those of checklists too."""
        found = [one for procedure in (*self.book.procedures, *self.book.checklists) for one in _of(procedure)]
        placed = [replace(one, numbers=_numbers(one.action, self.lines)) for one in found]
        return tuple(sorted(placed, key=lambda one: one.action.line))

    @cached_property
    def sentences(self) -> tuple[Command, ...]:
        """The commands within the sentences of steps, which a person types: one line each."""
        found = inline(self.text, self.book)
        return tuple(
            Command(one.procedure, one.step, one.action, "sentence" if one.known else "words") for one in found
        )

    @cached_property
    def scripts(self) -> tuple[Script, ...]:
        """Every SQL text in the order of the file: SQL fences, and what bash hands to psql; `pieces` are the statements."""
        known = [(one.action, one.step, one.procedure.id) for one in self.commands]
        return scripts(self.text, self.lines, self.book, known)

    def column(self, line: int, text: str) -> int:
        """Where a text stands in a line of the file, from 1; 1 when it does not."""
        return self.lines[line - 1].find(text) + 1 or 1 if 0 < line <= len(self.lines) else 1

    def at(self, command: Command, line: int, column: int) -> tuple[int, int]:
        """Line and column of the file of a place in a fence."""
        there = command.line(line)
        typed = command.action.command.split("\n")[line - 1]
        return there, self.column(there, typed) + column - 1


def _by_line(placed: Iterable[tuple[int, T]]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = {}
    for line, one in placed:
        found.setdefault(line, []).append(one)
    return found


def _of(procedure: Procedure) -> Iterator[Command]:
    for step in procedure.steps:
        actions: list[tuple[Action | None, Role]] = [(step.action, "action")]
        actions += [(one, "alternative") for one in step.alternatives]
        actions += [(step.verify, "verify"), (step.undo, "undo"), (step.before, "before")]
        yield from (Command(procedure, step, action, role) for action, role in actions if action is not None)


def _numbers(action: Action, lines: tuple[str, ...]) -> tuple[int, ...]:
    """The line of each line of a fence, when what was typed stands between what was answered; empty when they follow."""
    typed = action.command.split("\n")
    if all(mine in theirs for mine, theirs in zip(typed, lines[action.line - 1 :], strict=False)):
        return ()
    found: list[int] = []
    at = action.line
    for mine in typed:
        there = next((number for number in range(at, len(lines) + 1) if lines[number - 1].endswith(mine)), at)
        found.append(there)
        at = there + 1
    return tuple(found)

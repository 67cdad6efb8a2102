"""Every SQL statement of a runbook, in SQL fences and in what psql is handed by bash: parsed, with its place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from postgast import walk

from fireline.runbook import sqltext
from fireline.runbook.document import Action, Runbook, Step
from fireline.runbook.lint.sql.embedded import Embedded, embedded
from fireline.runbook.lint.sql.places import Place, Places
from fireline.runbook.page import frontmatter
from fireline.runbook.page.outline import Block, outline
from fireline.runbook.reading import fence
from fireline.runbook.sqltext import Statement, Tree

_PROMPT = re.compile(r"\s*\w+[=('*!^-][>#](?:\s|$)")  # shop=> shop=# shop->
_FIRST_PROMPT = re.compile(r"\s*\w+=[>#](?:\s|$)")
Door = Literal["fence", "option", "input"]


@dataclass(frozen=True, eq=False)
class Script:
    """One SQL text: a SQL fence, or what one call of psql gets. door: a fence, -c, or standard input."""

    action: Action
    step: Step | None
    procedure: str | None  # its id
    places: Places
    sql: str
    door: Door = "fence"
    found: Embedded | None = None  # in bash
    runs: bool = True  # by a machine; else a person copies it

    @property
    def open(self) -> bool:
        """Whether bash puts something into it that is not known here."""
        return self.found is not None and self.found.open

    @property
    def key(self) -> str | None:
        """The step's."""
        return self.step.key if self.step else None

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """Its statements."""
        types = tuple((one.name, one.type) for one in self.step.parameters) if self.step else ()
        return tuple(Piece(self, tree, number) for number, tree in enumerate(sqltext.trees(self.sql, types)))

    def place(self, byte: int) -> Place:
        """Where a byte of its text stands in the file."""
        before = self.sql.encode()[:byte].decode("utf-8", "replace")
        start = before.rfind("\n") + 1
        line, column = before.count("\n") + 1, len(before) - start + 1
        if self.found is not None:
            column += sum(start <= one <= len(before) for one in self.found.dropped)
            column += self.found.column - 1 if line == 1 else 0
            line += self.found.line - 1
        return self.places.at(line, column)


@dataclass(frozen=True, eq=False)
class Piece:
    """One statement. tree.node is None when it does not parse."""

    script: Script
    tree: Tree
    number: int  # in its script, from 0

    @property
    def node(self) -> Any:
        """The parsed statement, as postgast has it; None when it does not parse."""
        return self.tree.node

    @property
    def kind(self) -> str:
        """SelectStmt, UpdateStmt …; empty when it does not parse."""
        return type(self.tree.node).__name__ if self.tree.node is not None else ""

    @property
    def text(self) -> str:
        """As the author wrote it."""
        return self.tree.text.strip()

    @property
    def key(self) -> str | None:
        """Of its step."""
        return self.script.key

    @cached_property
    def place(self) -> Place:
        """Where it begins in the file."""
        return self.script.place(self.tree.start)

    @cached_property
    def statement(self) -> Statement | None:
        """As it would be sent: with $1 for its first bind, and so on."""
        found = sqltext.read(self.tree.text).statements
        return found[0] if len(found) == 1 else None

    @cached_property
    def nodes(self) -> tuple[tuple[str, Any], ...]:
        """Every node below it with the field that it stands in."""
        return tuple(walk(self.tree.node)) if self.tree.node is not None else ()

    def at(self, location: int) -> Place:
        """Where the location of a node of its tree stands in the file."""
        return self.script.place(self.tree.where(location))

    def of_sent(self, position: int) -> Place:
        """Where a character of `statement.sql` (from 0) stands in the file, as an error of the server names it."""
        statement = self.statement
        if statement is None or statement.format is not None:
            return self.place
        shift, sent = 0, 0  # bytes of the text and of what is sent that are passed
        raw, target = self.tree.text.encode(), len(statement.sql[:position].encode())
        for one in self.tree.variables:
            sent += one.start - shift
            shift = one.start
            if sent >= target:
                return self.script.place(self.tree.start + shift - (sent - target))
            shift = one.end
            sent += len('"x"') if one.type == "identifier" else len(f"${statement.binds.index(one.name) + 1}")
            if sent > target:
                return self.script.place(self.tree.start + one.start)
        return self.script.place(self.tree.start + min(shift + target - sent, len(raw)))


def scripts(
    text: str, lines: Sequence[str], book: Runbook, known: Sequence[tuple[Action, Step, str]]
) -> tuple[Script, ...]:
    """Every SQL text of a file in its order; also of a fence that only a person can run.

    known: the commands of the steps, each with its step and the id of its procedure.
    """
    found: list[Script] = []
    for action, step, procedure in known:
        found += _of(action, step, procedure, Places(lines, action), runs=True)
    for action in _others(text, {one.line for one, _, _ in known}):
        around, inside = _around(book, action.line)
        found += _of(action, around, inside, Places(lines, action), runs=False)
    return tuple(sorted(found, key=lambda one: one.place(0).line))


def _of(action: Action, step: Step | None, procedure: str | None, places: Places, *, runs: bool) -> Iterator[Script]:
    if action.language == "sql":
        yield Script(action, step, procedure, places, _typed(action.command), runs=runs)
    elif action.language == "bash" and "psql" in action.command:
        for one in embedded(action.command):
            yield Script(action, step, procedure, places, one.sql, one.door, one, runs)


def _typed(sql: str) -> str:
    """The text with blanks in the place of psql's prompts, and of what it answered: a session may have been copied."""
    lines = sql.split("\n")
    if not _FIRST_PROMPT.match(sql):
        return sql
    kept = [(found.end(), line) if (found := _PROMPT.match(line)) else (len(line), line) for line in lines]
    return "\n".join(" " * len(line[:at].encode()) + line[at:] for at, line in kept)


def _others(text: str, known: set[int]) -> Iterator[Action]:
    """The fences that are no step's action, because a machine can not run them."""
    _, body, _ = frontmatter.split(text)
    for section in outline(body).root.walk():
        for block in _fences(section.blocks):
            read = fence.read(block)
            command = read.action.command
            lines = range(read.action.line, read.action.line + command.count("\n") + 1)
            if read.runs and not known & set(lines):
                yield read.action


def _fences(blocks: list[Block]) -> Iterator[Block]:
    for block in blocks:
        if block.kind == "fence":
            yield block
        for item in block.items:
            yield from _fences(item.blocks)


def _around(book: Runbook, line: int) -> tuple[Step | None, str | None]:
    """The step that a line stands in: the last one that begins before it, in the procedure that does."""
    procedures = [one for one in (*book.procedures, *book.checklists) if one.line <= line]
    if not procedures:
        return None, None
    procedure = max(procedures, key=lambda one: one.line)
    steps = [one for one in procedure.steps if one.line <= line]
    return (max(steps, key=lambda one: one.line) if steps else None), procedure.id

"""Where a line and column of a command stand in its file: a fence may be indented, and of a copied session only what was typed is the command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from fireline.runbook.document import Action

_FURTHEST = 400  # lines of output between two commands of a copied session


@dataclass(frozen=True)
class Place:
    """A line and a column of the file, from 1."""

    line: int
    column: int


@dataclass(frozen=True, eq=False)
class Places:
    """The places of one command in the lines of its file."""

    lines: Sequence[str]
    action: Action

    @cached_property
    def _map(self) -> list[tuple[int, int]]:
        """For each line of the command: the line of the file, and how many characters stand before it there."""
        found: list[tuple[int, int]] = []
        at = self.action.line
        for text in self.action.command.split("\n"):
            wanted = text.strip()
            line = self._line(at, wanted) if wanted else at
            shown = self.lines[line - 1] if line <= len(self.lines) else ""
            indent = len(text) - len(text.lstrip())
            found.append((line, max(shown.find(wanted) - indent, 0) if wanted else 0))
            at = line + 1
        return found

    def _line(self, first: int, wanted: str) -> int:
        last = min(first + _FURTHEST, len(self.lines) + 1)
        return next((line for line in range(first, last) if wanted in self.lines[line - 1]), first)

    def at(self, line: int, column: int) -> Place:
        """The place in the file of a line and column of the command (from 1)."""
        if not 0 < line <= len(self._map):
            return Place(self.action.line + line - 1, 1)
        number, before = self._map[line - 1]
        return Place(number, before + column)

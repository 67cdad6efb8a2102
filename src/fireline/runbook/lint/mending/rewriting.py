"""Edits of the lines of a fence: what stands around it in the file, such as the indent of a list, stays."""

from __future__ import annotations

from fireline.runbook.lint.rule import Edit
from fireline.runbook.lint.subject import Command, Subject


def replaced(subject: Subject, command: Command, line: int, text: str) -> Edit | None:
    """A line of the fence becomes this text, which may have several lines; None where it is not found in the file."""
    prefix = _prefix(subject, command, line)
    if prefix is None:
        return None
    there = command.line(line)
    return Edit(there, there, "\n".join((prefix + one).rstrip() for one in text.split("\n")))


def typed(command: Command, line: int) -> str:
    """A line of the fence as it was typed."""
    return command.action.command.split("\n")[line - 1]


def _prefix(subject: Subject, command: Command, line: int) -> str | None:
    """What stands before the command in its line of the file: an indent, a quotation mark, a prompt."""
    there = command.line(line)
    if not 0 < there <= len(subject.lines):
        return None
    written, mine = subject.lines[there - 1], typed(command, line)
    at = written.find(mine) if mine.strip() else -1
    return written[:at] if at >= 0 and written[at:].rstrip() == mine.rstrip() else None

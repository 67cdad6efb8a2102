"""The calls of a command, as tests ask for them."""

from __future__ import annotations

from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.calls import calls


def one(command: str) -> Call:
    """The only call of a command."""
    found = calls(command)
    assert len(found) == 1, [call.name for call in found]
    return found[0]


def texts(call: Call) -> list[str]:
    """Its words."""
    return [word.text for word in call.words]


def names(command: str) -> list[str]:
    """The names of the programs that a command calls."""
    return [call.name for call in calls(command)]

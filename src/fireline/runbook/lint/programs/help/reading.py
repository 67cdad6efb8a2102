"""What a program's own `--help` says of it: its subcommands, its options, and which of them take a value. Never more than it says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fireline.runbook.lint.programs.help.commands import aliases, subcommands
from fireline.runbook.lint.programs.help.options import options
from fireline.runbook.lint.programs.help.usage import passes, takes_words, usage

# A dash, overstruck letters and colours as a manual page has them.
_PAINT = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|.\x08")
_MORE = re.compile(
    r"(?:list of (?:all |global )|for (?:all|more|a full list of) |see the man).*\b(?:options|flags)\b|--help[ =-]all\b|\bhelp all\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Help:
    """One help text, read. options: every one it names; None when it names none: nothing is known then."""

    options: frozenset[str] | None = None
    with_value: frozenset[str] = frozenset()
    subcommands: tuple[str, ...] = ()
    arguments: bool = False  # whether its usage takes words that are no subcommands
    passes: bool = False  # whether what follows its first argument belongs to another program
    aliases: tuple[str, ...] = ()  # what else it is called
    partial: bool = False  # whether it says that more options are told elsewhere


def read(text: str, path: tuple[str, ...] = ()) -> Help:
    """Read the help of `program sub …` (path: program and subs). What is not understood is left out."""
    lines = [_PAINT.sub("", line.expandtabs(8)).rstrip() for line in text.splitlines()]
    names, valued = options(lines)
    found = subcommands(lines, path)
    words = usage(lines, path)
    return Help(
        options=frozenset(names) or None,
        with_value=frozenset(valued),
        subcommands=found,
        arguments=not found or takes_words(words, path),
        passes=not found and passes(words, path),
        aliases=aliases(lines),
        partial=any(_MORE.search(line) for line in lines),
    )

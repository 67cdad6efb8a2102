"""A hint that names a command must name one that exists: it is read at 3 a.m. and pasted."""

import re
from pathlib import Path
from typing import Any

import pytest

import fireline
from fireline.cli.main import command

SOURCES = sorted(Path(fireline.__file__).parent.rglob("*.py"))
_NAMED = re.compile(r"`fireline ((?:[a-z][a-z-]*)(?: [a-z][a-z-]+)*)")
_OPTION = re.compile(r"`fireline [^`]*?(--[a-z][a-z-]*)[^`]*`")
PHASES = ("contain", "resolve")


def hints() -> list[tuple[str, str]]:
    """Where a command is named, and the words of it."""
    found = []
    for file in SOURCES:
        text = file.read_text(encoding="utf-8")
        for match in _NAMED.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append((f"{file.relative_to(SOURCES[0].parent)}:{line}", match[1]))
    return found


@pytest.mark.parametrize(("place", "words"), hints())
def test_a_command_that_is_named_in_the_program_exists(place: str, words: str) -> None:
    group: Any = command()
    named = words.split()
    first = group.get_command(None, named[0])
    assert first is not None, f"{place} names `fireline {words}`"
    if hasattr(first, "list_commands") and named[0] not in PHASES and len(named) > 1:
        assert first.get_command(None, named[1]) is not None, f"{place} names `fireline {words}`"


def test_hints_are_found_at_all() -> None:
    assert len(hints()) > 20

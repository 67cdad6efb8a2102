"""Which programs and subcommands the runbooks of a lint use, so that these are asked for their help side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.subject import Subject


def ahead(subjects: Iterable[Subject]) -> None:
    """Ask all that the rules will want to know of programs, where programs are asked at all."""
    every = list(subjects)
    tools = every[0].world.tools if every else None
    if tools is not None:
        tools.learn(_used(every))


def _used(subjects: list[Subject]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for subject in subjects:
        with suppress(Exception):  # whatever a file may do to us, the rules tell of it one by one
            calls = [call for command in (*subject.commands, *subject.sentences) for call in command.calls]
            yield from ((one.name, _words(one)) for one in calls if one.fixed and "/" not in one.raw_name)


def _words(call: Call) -> tuple[str, ...]:
    """What may be subcommands: the words up to the first option, or to one that is known only when it runs."""
    words: list[str] = []
    for word in call.words:
        if not word.literal or word.text.startswith("-"):
            break
        words.append(word.text)
    return tuple(words)

"""Questions to a person, one line each; an answer can be read from a pipe as well, and the end of input leaves."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from typing import Any

from fireline.cli.terminal import options, say
from fireline.errors import Usage


class Left(Exception):
    """the person has left the conversation"""


def ask_line(question: str, default: str = "") -> str:
    """One line from the person; Left at the end of input."""
    sys.stdout.write(f"{question} ")
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        sys.stdout.write("\n")
        raise Left
    return line.strip() or default


def tell(text: str, *, indent: int = 0) -> None:
    """A sentence in lines as wide as the terminal, broken between words, the later ones indented."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS"):
        say(text)  # whole, so that `grep` finds it
        return
    width = max(shutil.get_terminal_size((100, 24)).columns - 1, 40)
    say(*(textwrap.wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False) or [""]))


_explained: set[tuple[str, ...]] = set()


def choose(question: str, choices: dict[str, str], about: str = "") -> str:
    """One of the letters of `choices`; `q` raises Left.

    What the letters mean is told when they are offered for the first time, and again, with more, for `?`.
    """
    letters = "/".join([*choices, "?", "q"])
    if (*choices, *choices.values()) not in _explained:
        _explained.add((*choices, *choices.values()))
        _explain(choices)
    while True:
        said = ask_line(f"{question} [{letters}]").casefold()
        if said == "q":
            raise Left
        if said in choices:
            return said
        if said == "?":
            if about:
                tell(f"  {about}", indent=2)
            _explain({**choices, "q": "leave; nothing is lost"})
        elif said:
            tell(f"  {said!r} is not one of {letters}")


def _explain(choices: dict[str, str]) -> None:
    for letter, meaning in choices.items():
        tell(f"  {letter}  {meaning}", indent=5)


def ask_required(question: str) -> str:
    """One line that may not be empty."""
    while True:
        said = ask_line(question)
        if said:
            return said


def ask_parameters(parameters: list[dict[str, Any]]) -> dict[str, str]:
    """A value for every parameter that has none; a secret is never typed in here."""
    open_ones = [one for one in parameters if one["value"] is None and not one["secret"]]
    if options.json or (open_ones and not sys.stdin.readable()):
        raise Usage("the values are not given", hint="Give each as NAME=VALUE.")
    answers = {}
    for one in open_ones:
        if one["choices"]:
            say(f"  one of: {', '.join(one['choices'])}")
        answers[one["name"]] = ask_required(f"{one['question'] or one['name']} ({one['type']}):")
    return answers

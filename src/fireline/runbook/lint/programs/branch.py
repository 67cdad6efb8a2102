"""A command of a program with what stands below it, and the way that the words of a call take through such a tree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Unsure(Exception):
    """Nobody can tell whether a word is a subcommand."""


@dataclass(frozen=True)
class Branch:
    """One command of a program. options None = not known; arguments: it takes words that are no subcommands."""

    options: frozenset[str] | None = None
    with_value: frozenset[str] = frozenset()
    children: dict[str, Any] = field(default_factory=dict)
    arguments: bool = True
    passes: bool = False
    complete: bool = True


@dataclass(frozen=True)
class Way:
    """How far words lead. path: the subcommands among them; missing: the first word that is none and can not be an argument."""

    branch: Branch
    path: tuple[str, ...]
    exists: bool | None
    options: frozenset[str] | None
    with_value: frozenset[str]
    missing: str | None = None


def walk(root: Branch, words: tuple[str, ...], below: Callable[[tuple[str, ...], Branch, str], Branch | None],
         joined: frozenset[int] = frozenset()) -> Way:  # fmt: skip
    """Go down as far as the words are subcommands; below says what a word is: None for none, Unsure when it can not.

    joined: the places of words that are written together with the one before, as in pg:kill, and so are no arguments.
    """
    branch, path = root, list[str]()
    exists: bool | None = True
    missing: str | None = None
    options, valued = root.options, root.with_value
    for place, word in enumerate(words):
        if not branch.children and branch.complete:
            break
        try:
            inner = below(tuple(path), branch, word)
        except Unsure:
            return Way(branch, tuple(path), None, options, valued)
        if inner is None:
            if not branch.arguments or place in joined:
                exists, missing = (False if branch.complete else None), word
            break
        branch = inner
        path.append(word)
        options = None if options is None else options | (inner.options or frozenset())
        valued |= inner.with_value
    # A group without options of its own hides nothing: the help of what stands below names what it takes from there.
    known = options if branch.options is not None else None
    return Way(branch, tuple(path), exists, known, valued, missing)

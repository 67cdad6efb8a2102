"""The syntax tree of a bash command, as tree-sitter reads it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from tree_sitter import Language, Node, Parser, Tree
from tree_sitter_bash import language

LONGEST = 16_384  # a longer command is not looked into
_MOST = {"|": 500, "(": 500, "<<": 100, "[[": 500, "{": 500}  # more of one takes the parser quadratic time


@cache
def _parser() -> Parser:
    return Parser(Language(language()))


@lru_cache(maxsize=64)
def tree_of(command: str) -> Tree:
    """The syntax tree of a command; not to be held on to."""
    return _parser().parse(command.encode("utf-8", "replace"))


def too_much(command: str) -> bool:
    """Whether a command is so long or so odd that it is not looked into."""
    return len(command) > LONGEST or any(command.count(sign) > most for sign, most in _MOST.items())


def walk(node: Node) -> Iterator[Node]:
    """Every node, in the order of the text."""
    stack = [node]
    while stack:
        one = stack.pop()
        yield one
        stack.extend(reversed(one.children))


def text_of(node: Node | None) -> str:
    """A node as it stands in the command."""
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""

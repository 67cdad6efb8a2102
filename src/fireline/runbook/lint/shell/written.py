"""A bash command as it is written: its words with their places, as the program that is given them sees them."""

from __future__ import annotations

import re
from dataclasses import replace

from tree_sitter import Node

from fireline.runbook.language import placeholders
from fireline.runbook.language.bashtree import text_of, tree_of, walk
from fireline.runbook.lint.shell.call import Word

_LITERAL = {"word", "number", "raw_string", "string", "string_content", "concatenation", "ansi_c_string"}
_EXPANDS = ("expansion", "substitution", "brace_expression")
_GLOB = re.compile(r"(?<!\\)[*?\[]|^~")


def masked(command: str) -> str:
    """The command with a word of as many bytes in the place of each placeholder, which bash would misread: <pod>."""
    out, at = "", 0
    for start, end in placeholders.in_command(command):
        if start and command[start - 1] == "<":  # a here-document
            continue
        out += command[at:start] + "x" * len(command[start:end].encode("utf-8", "replace"))
        at = end
    return out + command[at:]


class Written:
    """The text of a command beside its syntax tree, `root`."""

    def __init__(self, command: str) -> None:
        self.source = command.encode("utf-8", "replace")
        self.rows = self.source.split(b"\n")
        self.root = tree_of(masked(command)).root_node

    def here(self, redirect: Node) -> Word:
        """The text of a here-document, with its place."""
        start = next((text_of(one) for one in redirect.children if one.type == "heredoc_start"), "")
        body = next((one for one in redirect.children if one.type == "heredoc_body"), redirect)
        text = self.raw(body) if body is not redirect else ""
        quoted = start[:1] in "'\"\\"
        return Word(text, text, *self._place(body), quoted or self._is_typed(body, text), quoted)

    def assignment(self, node: Node) -> tuple[str, Word]:
        """The name that is assigned to, and the value."""
        value = node.child_by_field_name("value")
        name = text_of(node.child_by_field_name("name"))
        place = self.word(node)
        return name, self.word(value) if value is not None else replace(place, text="", raw="", literal=True)

    def raw(self, node: Node) -> str:
        """A node as it stands in the command, placeholders too."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def word(self, node: Node) -> Word:
        """A word with its place."""
        raw = self.raw(node)
        text, literal = self._unquoted(node, raw)
        quoted = node.type in ("string", "raw_string", "ansi_c_string")
        return Word(text, raw, *self._place(node), literal, quoted)

    def _place(self, node: Node) -> tuple[int, int]:
        """Line and column, in letters, from 1."""
        row, byte = node.start_point
        return row + 1, len(self.rows[row][:byte].decode("utf-8", "replace")) + 1

    def _unquoted(self, node: Node, raw: str) -> tuple[str, bool]:
        """A word as the program sees it, and whether that is certain."""
        kind = node.type
        if kind == "concatenation":
            parts = [self._unquoted(one, self.raw(one)) for one in node.children]
            braces = any(one.type == "word" and self.raw(one) == "{" for one in node.children)
            return "".join(text for text, _ in parts), not braces and all(literal for _, literal in parts)
        if kind == "raw_string":
            return raw[1:-1], True
        if kind == "ansi_c_string":
            return raw[2:-1], "\\" not in raw
        as_it_is = kind in _LITERAL and self._is_typed(node, raw)
        if kind == "string":
            return re.sub(r'\\(["$`\\])', r"\1", raw[1:-1]), as_it_is
        if kind in ("word", "number"):
            return re.sub(r"\\(.)", r"\1", raw), as_it_is and not _GLOB.search(raw)
        return raw, as_it_is

    def _is_typed(self, node: Node, raw: str) -> bool:
        """Whether nothing in it is expanded, and nobody has to fill something in."""
        if any(one.type.endswith(_EXPANDS) for one in walk(node)):
            return False
        return not placeholders.in_command(raw)

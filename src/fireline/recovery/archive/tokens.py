"""Where a statement ends, as psql's own scanner sees it: texts, names, notes, parentheses, bodies of functions. Pure."""

from __future__ import annotations

import re

_NOTED = rb"(?:\s|--[^\n]*\n)*"
_ESCAPED = rb"[eE]'(?:[^'\\]++|\\.|'')*+'"
_WORD = rb"(?![eE]')[A-Za-z_\x80-\xff][\w$\x80-\xff]*+"
# What most statements are made of; possessive, so that the time taken is in proportion to the length.
_SHORT = rb"'[^']*+'(?:'[^']*+')*+|\"[^\"]*+\"|\$[0-9]++|-(?!-)|/(?!\*)"
_QUICK = rb"[^'\"$;()\\/\-]++(?:(?<![eE])|(?!'))|" + _SHORT
_INNER = rb"(?:" + _QUICK + rb"|;)"
for _ in range(3):  # so deep are the parentheses of most
    _INNER = rb"(?:" + _QUICK + rb"|;|\(" + _INNER + rb"*+\))"
_STATEMENT = re.compile(rb"(?:" + _QUICK + rb"|\(" + _INNER + rb"*+\))*+;")
_INSERTS = re.compile(rb"(?:INSERT INTO (?:" + _QUICK + rb"|\(" + _INNER + rb"*+\))*+;\s*+)++")
_SIMPLE = rb"[^A-Za-z0-9_\x80-\xff'\"$;()\\/\-]++|[0-9]\w*+|" + _ESCAPED + rb"(?!" + _NOTED + rb"')|" + _SHORT
_TOKEN = re.compile(
    rb"(?P<dollar>\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*+)?\$)|(?P<line>--[^\n]*+)|(?P<block>/\*)"
    rb"|(?P<word>" + _WORD + rb")|" + _SIMPLE + rb"|(?P<sign>[;()\\])",
    re.S,
)  # fmt: skip
_CONTINUED = re.compile(_ESCAPED + _NOTED + rb"'", re.S)
_BLOCK = re.compile(rb"/\*|\*/")
_BEGINS_WITH_WORD = re.compile(rb"[A-Za-z]+")
_ROUTINE = re.compile(rb"\b(?:FUNCTION|PROCEDURE)\b", re.I)
_WORTH_IT = 1 << 16
_FIRST_WORDS = 4
_MARKS = {b"create": "c", b"function": "f", b"procedure": "p", b"or": "o", b"replace": "r"}
_ROUTINES = ("cf", "cp", "corf", "corp")


class Fault(Exception):
    """Something that is not let through, and where."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(why)
        self.at, self.why = at, why


def inserts(buffer: bytearray, begin: int) -> int:
    """Behind the rows that are inserted one statement after the other from here on; `begin` when there are none."""
    found = _INSERTS.match(buffer, begin)
    return found.end() if found else begin


def statement(buffer: bytearray, begin: int, *, final: bool) -> tuple[int, bytes]:
    """Where the statement that begins here ends, and its text without notes; -1 when it does not end in the buffer.

    final: nothing will come behind it, so that it must be looked at now.
    """
    word = _BEGINS_WITH_WORD.match(buffer, begin)
    found = _STATEMENT.match(buffer, begin) if word else None
    # In a function's body a semicolon ends nothing; psql looks for that by the first words alone.
    if word and found and (word[0].upper() != b"CREATE" or not _ROUTINE.search(found[0])):
        return found.end(), found[0]
    if not final and len(buffer) - begin < _WORTH_IT:
        return -1, b""  # most likely only its end is not here yet
    return _slowly(buffer, begin)


def _slowly(buffer: bytearray, begin: int) -> tuple[int, bytes]:
    """Token by token."""
    position, depth, parts, blocks = begin, 0, list[bytes](), _Blocks()
    while token := _TOKEN.match(buffer, position):
        position, text, kind = token.end(), token[0], token.lastgroup
        if kind in ("line", "block"):
            position, text = position if kind == "line" else _end_of_note(buffer, position), b" "
        elif kind == "dollar":
            closing = buffer.find(text, position)
            position = closing + len(text) if closing >= 0 else -1
        elif kind == "word":
            blocks.word(text.lower(), depth)
        elif text == b"\\":
            raise Fault(token.start(), "it is a command to psql inside a statement")
        elif text in (b"(", b")"):
            depth = max(depth + (1 if text == b"(" else -1), 0)
        if position < 0:
            return -1, b""
        parts.append(text)
        if text == b";" and not depth and not blocks.depth:
            return position, b"".join(parts).lstrip()
    if _CONTINUED.match(buffer, position):
        raise Fault(position, "a text with escapes goes on behind a line break")
    return -1, b""


def _end_of_note(buffer: bytearray, position: int) -> int:
    """Behind the end of a block of notes, which may hold others; -1 when that is not in the buffer."""
    depth = 1
    while depth and (found := _BLOCK.search(buffer, position)):
        depth += 1 if found[0] == b"/*" else -1
        position = found.end()
    return position if not depth else -1


class _Blocks:
    """How deep inside of BEGIN and CASE a routine's body is, counted by the same rule as psql does."""

    def __init__(self) -> None:
        self.depth = 0
        self._words = 0
        self._marks = ["", "", "", ""]

    def word(self, word: bytes, parentheses: int) -> None:
        """The next word of the statement."""
        if self._words < _FIRST_WORDS:
            self._marks[self._words] = _MARKS.get(word, "")
        self._words += 1
        first = "".join(self._marks)
        if parentheses or not first.startswith(_ROUTINES):
            return
        if word == b"begin" or (word == b"case" and self.depth):
            self.depth += 1
        elif word == b"end" and self.depth:
            self.depth -= 1

"""What psql adds to SQL: variables and backslash commands, found with PostgreSQL's own scanner. Positions are bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from postgast import PgQueryError, scan
from postgast.pg_query_pb2 import Token

from fireline.runbook.language import placeholders
from fireline.runbook.language.cutting import COMMENTS

Type = Literal["text", "number", "identifier"]

_VARIABLE = re.compile(
    rb":(?:'([A-Za-z0-9_\x80-\xff]+)'|\"([A-Za-z0-9_\x80-\xff]+)\"|([A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*))"
)
_ENDS = re.compile(rb"\\(?:g|gx|gdesc|watch|crosstabview)(?![A-Za-z])")  # also end the statement before them
_SET = re.compile(rb"\\set\s+([A-Za-z_][A-Za-z0-9_]*)\s+(\S.*)")
_HARMLESS = re.compile(  # they change how psql shows things, or only show
    rb"\\(?:x|timing|pset|t|a|f|H|echo|qecho|warn|q|encoding|errverbose|d[A-Za-z]*[+]?|l[+]?|z|set|[?])(?![A-Za-z])"
)


@dataclass(frozen=True)
class Variable:
    """One place where a value goes; start and end are bytes of the text."""

    name: str
    kind: Literal["variable", "placeholder"]
    token: str
    type: Type
    start: int
    end: int


class Source:
    """The text of one fence: commands of psql blanked out, variables and placeholders found."""

    def __init__(self, text: str) -> None:
        self.notes: list[str] = []
        self.commands: list[tuple[int, str]] = []  # of psql: where each begins, and its text
        self.by_hand: str | None = None  # why it can only be run in psql itself
        self.defaults: dict[str, str] = {}  # given by \set
        self.unbound: list[str] = []  # placeholders within a longer string: no value can take their place
        self.text = text.encode("utf-8", "replace")
        self.tokens = self._scan()
        self._blank_commands()
        self.variables = sorted([*self._psql(), *self._placeholders()], key=lambda one: one.start)

    def _scan(self) -> list[Any]:
        try:
            return list(scan(self.text.decode("utf-8", "replace")).tokens)
        except PgQueryError:
            pass
        for line in re.finditer(rb"^[ \t]*(\\.*)$", self.text, re.MULTILINE):  # \echo it's: a quote without a twin
            self._command(line.start(1), line.end(1))
        try:
            return list(scan(self.text.decode("utf-8", "replace")).tokens)
        except PgQueryError:
            return []  # the server will say what is wrong with it

    def _blank_commands(self) -> None:
        """What follows a backslash, to the end of its line, is a command of psql."""
        done = 0
        for token in self.tokens:
            if token.token == Token.ASCII_92 and token.start >= done:
                end = self.text.find(b"\n", token.start)
                done = len(self.text) if end < 0 else end
                self._command(token.start, done)
        if done:
            self.tokens = self._scan()

    def _command(self, start: int, end: int) -> None:
        command = self.text[start:end].rstrip()
        shown = command.decode("utf-8", "replace")
        self.commands.append((start, shown))
        instead = b" " * (end - start)
        given = _SET.fullmatch(command)
        if given:
            self.defaults[given[1].decode()] = given[2].decode("utf-8", "replace").strip().strip("'\"")
        elif _ENDS.match(command):
            instead = b";" + instead[1:]
            self.notes.append(f"{shown} is a command of psql: read as the end of the statement")
        elif _HARMLESS.match(command):
            self.notes.append(f"{shown} is a command of psql: left out")
        else:
            self.by_hand = f"{shown} is a command of psql"
        self.text = self.text[:start] + instead + self.text[end:]

    def _psql(self) -> list[Variable]:
        found: list[Variable] = []
        done = 0
        brackets: list[bool] = []  # of each open bracket, whether it makes an array; in the others a colon is a slice
        before: int | None = None
        for token in self.tokens:
            kind = token.token
            if kind == Token.ASCII_91:
                inside = bool(brackets) and brackets[-1] and before in (Token.ASCII_91, Token.ASCII_44)
                brackets.append(before == Token.ARRAY or inside)
            elif kind == Token.ASCII_93 and brackets:
                brackets.pop()
            elif kind == Token.ASCII_58 and token.start >= done:
                match = _VARIABLE.match(self.text, token.start)
                if match and not (match[3] and brackets and not brackets[-1]):
                    found.append(_variable(match))
                    done = match.end()
            before = kind
        return found

    def _placeholders(self) -> list[Variable]:
        text = self.text.decode("utf-8", "replace")
        found: list[Variable] = []
        for begin, end in placeholders.in_command(text):
            shown = text[begin:end]
            start = len(text[:begin].encode())
            one = self._placeholder(shown, start, start + len(shown.encode()))
            if one is not None:
                found.append(one)
        return found

    def _placeholder(self, shown: str, start: int, end: int) -> Variable | None:
        name = placeholders.name_of(shown)
        around = next((one for one in self.tokens if one.start <= start and end <= one.end), None)
        if around is None or (around.start, around.end) == (start, end):
            return Variable(name, "placeholder", shown, "text", start, end)
        if around.token in COMMENTS:
            return None
        if (around.start + 1, around.end - 1) == (start, end):  # all of a string, or of a quoted identifier
            quoted = self.text[around.start : around.start + 1] == b'"'
            kind: Type = "identifier" if quoted else "text"
            return Variable(name, "placeholder", shown, kind, around.start, around.end)
        self.unbound.append(shown)
        return None


def comments(sql: str) -> list[tuple[int, str]]:
    """The comments of a SQL text, each with its line from 0."""
    raw = sql.encode("utf-8", "replace")
    try:
        tokens = scan(raw.decode()).tokens
    except PgQueryError:
        return []
    found = [one for one in tokens if one.token == Token.SQL_COMMENT]
    return [
        (raw[: one.start].count(b"\n"), raw[one.start : one.end].decode("utf-8", "replace").lstrip("- \t"))
        for one in found
    ]


def _variable(match: re.Match[bytes]) -> Variable:
    text, identifier, number = match.groups()
    kind: Type = "text" if text else "identifier" if identifier else "number"
    name = (text or identifier or number).decode("utf-8", "replace")
    return Variable(name, "variable", match[0].decode("utf-8", "replace"), kind, match.start(), match.end())

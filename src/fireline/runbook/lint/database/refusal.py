"""A server's error as a problem with a name: by its SQLSTATE and its place in the statement, as its words may be in any language."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from postgast import PgQueryError, scan
from postgast.pg_query_pb2 import Token
from psycopg import pq

from fireline import redact
from fireline.runbook.lint.world import Kind, Problem

# What says nothing of the statement: locks, time, memory, a server that goes down or may not yet be asked.
PASSING = ("55P03", "57", "40", "53", "54", "08", "58", "XX", "25", "42P18", "55000")
_KINDS: dict[str, Kind] = {
    "42601": "syntax",
    "42883": "function",
    "42P01": "table",
    "42703": "column",
    "3F000": "schema",
    "42804": "mismatch",
    "22P02": "mismatch",
    "22007": "mismatch",
    "22008": "mismatch",
    "22003": "mismatch",
    "42846": "mismatch",
    "42501": "privilege",
    "25006": "read_only",
}
_LONGEST = 2000  # bytes of a message: who raises it may make it as long as he likes
_QUOTED = re.compile(r"[\"“«„]([^\"”»“]{1,200})[\"”»“]")
_CALL = re.compile(r"([^\s()\"“«„]+)\(")


@dataclass(frozen=True)
class Refusal:
    """What the server said of one text."""

    state: str
    message: str
    hint: str | None
    position: int | None  # characters, from 0

    @property
    def passing(self) -> bool:
        """Whether it tells of the server at this moment and not of the text."""
        return self.state.startswith(PASSING) or not self.state


def refusal(result: pq.abc.PGresult) -> Refusal:
    """Read the error fields of a result."""

    def field(which: pq.DiagnosticField) -> str:
        return (result.error_field(which) or b"")[:_LONGEST].decode("utf-8", "replace")

    at = field(pq.DiagnosticField.STATEMENT_POSITION)
    return Refusal(
        field(pq.DiagnosticField.SQLSTATE),
        redact.text((field(pq.DiagnosticField.MESSAGE_PRIMARY).strip() or "no reason was given").splitlines()[0]),
        redact.text(field(pq.DiagnosticField.MESSAGE_HINT)) or None,
        int(at) - 1 if at.isdigit() else None,
    )


def problem(said: Refusal, sql: str, calls: Container[int], types: Container[int]) -> Problem:
    """What is wrong, of which kind, and the name it is about. calls and types: the characters where their names begin."""
    kind = _KINDS.get(said.state, "other")
    name = name_at(sql, said.position) or _said(said.message)
    if said.state == "42883" and said.position is not None and said.position not in calls:
        kind, name = "mismatch", operator_at(sql, said.position)
    elif said.state == "42704":
        kind = "type" if said.position in types else "other"
    elif said.state == "3F000" and said.position in calls:
        kind = "function"
    elif said.state == "3F000" and name:
        name = name.split(".", maxsplit=1)[0]
    return Problem(kind, said.message, said.state, said.position, name, said.hint)


def name_at(sql: str, position: int | None) -> str | None:
    """The dotted name that stands at a character of a text; None when none does."""
    if position is None:
        return None
    raw, at = sql.encode(), len(sql[:position].encode())
    try:
        tokens = [one for one in scan(sql).tokens if one.start >= at]
    except PgQueryError:
        return None
    words: list[str] = []
    for number, one in enumerate(tokens):
        text = raw[one.start : one.end].decode("utf-8", "replace")
        if number % 2:
            if one.token != Token.ASCII_46:
                break
        elif text[:1] == '"':
            words.append(text[1:-1].replace('""', '"'))
        elif text[:1].isalpha() or text[:1] == "_":
            words.append(text.lower())
        else:
            break
    return ".".join(words) or None


def operator_at(sql: str, position: int) -> str | None:
    """The operator that stands at a character of a text."""
    raw, at = sql.encode(), len(sql[:position].encode())
    try:
        token = next((one for one in scan(sql).tokens if one.start >= at), None)
    except PgQueryError:
        return None
    return raw[token.start : token.end].decode("utf-8", "replace") if token else None


def _said(message: str) -> str | None:
    """The name within a message: in quotes, or before a bracket."""
    found = _QUOTED.search(message) or _CALL.search(message)
    return found[1] if found else None

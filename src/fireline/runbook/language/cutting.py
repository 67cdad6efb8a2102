"""Where one SQL statement ends and the next begins, by the words that PostgreSQL's own scanner tells apart. Nothing is parsed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from postgast.pg_query_pb2 import Token

COMMENTS = (Token.SQL_COMMENT, Token.C_COMMENT)


def cuts(text: bytes, tokens: Sequence[Any]) -> list[tuple[int, int]]:
    """From the first word of each statement to its semicolon, which does not count in brackets or in BEGIN ATOMIC.

    Without words, as of a text with a quote that has no twin, all of it is one statement.
    """
    found: list[tuple[int, int]] = []
    start, depth, atomic, before = -1, 0, 0, 0
    for token in tokens:
        if token.token in COMMENTS:
            continue
        if token.token == Token.ASCII_59 and not depth and not atomic:
            if start >= 0:
                found.append((start, token.start))
            start = -1
            continue
        start = token.start if start < 0 else start
        depth = max(0, depth + (token.token == Token.ASCII_40) - (token.token == Token.ASCII_41))
        if (token.token == Token.ATOMIC and before == Token.BEGIN_P) or (atomic and token.token == Token.CASE):
            atomic += 1
        elif atomic and token.token == Token.END_P:
            atomic -= 1
        before = token.token
    end = len(text.rstrip())
    if start >= 0 or (not tokens and end):
        found.append((max(start, 0), end))
    return found

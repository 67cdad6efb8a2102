"""Whether something that looks like a read is none: a function of the team's own that is volatile, and whose text changes something."""

from __future__ import annotations

from typing import Any

from postgast import PgQueryError, scan
from postgast.pg_query_pb2 import Token

from fireline.postgres.proof import distrust
from fireline.postgres.trusted import FIRST_OWN_OID
from fireline.runbook.lint.database.inquiry import Inquiry
from fireline.runbook.lint.database.privileges import candidates
from fireline.runbook.lint.sql.mentions import Mentions, Name

_DEPTH = 4  # how far functions are followed that call each other
_ROWS = (Token.INSERT, Token.UPDATE, Token.DELETE_P, Token.MERGE)
_CHANGES = {
    *_ROWS, Token.TRUNCATE, Token.ALTER, Token.DROP, Token.CREATE, Token.GRANT, Token.REVOKE, Token.VACUUM,
    Token.ANALYZE, Token.ANALYSE, Token.REINDEX, Token.CLUSTER, Token.REFRESH, Token.COPY, Token.NOTIFY,
}  # fmt: skip
_WORDS = {
    "insert", "update", "delete", "merge", "truncate", "alter", "drop", "create", "grant", "revoke", "vacuum", "analyze",
    "analyse", "reindex", "cluster", "refresh", "copy", "notify",
}  # fmt: skip
# Behind these a statement begins.
_BEFORE = {Token.ASCII_59, Token.BEGIN_P, Token.THEN, Token.ELSE, Token.ASCII_40, Token.AS, Token.ATOMIC}
_LOOP = "loop"


def writes(catalog: Inquiry, named: Mentions) -> str | None:
    """Which function of the team's own a SELECT calls that changes something, and what shows it; None when none is seen to."""
    rows = catalog.functions([call.name[1] for call in named.calls])
    for call in named.calls:
        meant = [row for row in candidates(rows, call) if row["kind"] == "f"]
        reasons = [_reason(catalog, row, _DEPTH) for row in meant]
        if reasons and all(reasons):
            return f"{call.name[1]}() is volatile, and {reasons[0]}"
    return None


def _reason(catalog: Inquiry, row: dict[str, Any], depth: int) -> str | None:
    own = row["oid"] >= FIRST_OWN_OID and row["extension"] is None
    if not own or row["volatility"] != "v" or not distrust(row) or row["language"] not in ("sql", "plpgsql"):
        return None
    word, called = _changes(row["body"] or "")
    if word:
        return f"its text says {word}"
    if depth:
        inner = [one for one in catalog.functions([name for _, name in called]) if one["oid"] != row["oid"]]
        for schema, name in called:
            here = [
                one
                for one in inner
                if one["name"] == name and (one["schema"] == schema or (not schema and one["visible"]))
            ]
            meant = [_reason(catalog, one, depth - 1) for one in here]
            if meant and all(meant):
                return f"calls {name}(): {meant[0]}"
    return None


def _changes(body: str) -> tuple[str | None, list[Name]]:
    """The first word of a function's text by which it changes something, and the names that it calls."""
    try:
        tokens = scan(body).tokens
    except PgQueryError:
        return None, []
    raw = body.encode()
    spoken = [raw[one.start : one.end].decode("utf-8", "replace") for one in tokens]
    kinds = [one.token for one in tokens]
    called: list[Name] = []
    dynamic = False
    for place, kind in enumerate(kinds):
        before = kinds[place - 1] if place else Token.ASCII_59
        begins = before in _BEFORE or spoken[place - 1].lower() == _LOOP
        if kind in _CHANGES and begins and (before != Token.ASCII_40 or kind in _ROWS):
            return spoken[place].upper(), called
        if kind == Token.EXECUTE and begins:
            dynamic = True
        elif kind == Token.ASCII_59:
            dynamic = False
        elif dynamic and kind == Token.SCONST and (word := _first_word(spoken[place])) in _WORDS:
            return f"EXECUTE '{word.upper()} …'", called
        if kind == Token.IDENT and kinds[place + 1 : place + 2] == [Token.ASCII_40]:
            schema = spoken[place - 2].lower().strip('"') if before == Token.ASCII_46 and place > 1 else None
            called.append((schema, spoken[place].lower().strip('"')))
    return None, called


def _first_word(constant: str) -> str:
    words = constant.strip("'$ \n\t(").split(maxsplit=1)
    return words[0].lower().rstrip("(;") if words else ""

"""SQL as a runbook holds it: a fence becomes statements, its variables become binds. Nothing is run here.

Values never become part of the text. Where PostgreSQL takes no bind parameter (an identifier, ALTER ROLE …) the
statement carries a `format` for the server's own format(): see `rendering`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from google.protobuf.message import DecodeError
from postgast import PgQueryError, parse, scan, split

from fireline.runbook.language import loss
from fireline.runbook.language.cutting import COMMENTS, cuts
from fireline.runbook.language.psql import Source, Type, Variable

LONGEST = 65_536  # a longer fence is not looked into
MOST_COMMENTS = 200  # nor one with more of them: nested, they cost the scanner quadratic time

_DUMMY: dict[Type, bytes] = {"text": b"'x'", "number": b"1", "identifier": b'"x"'}
_NEXT: dict[Type, Type] = {"number": "identifier", "text": "identifier", "identifier": "number"}
_FORMAT: dict[Type, bytes] = {"text": b"%L", "number": b"%s", "identifier": b"%I"}
_BINDABLE = {
    "select_stmt",
    "insert_stmt",
    "update_stmt",
    "delete_stmt",
    "merge_stmt",
    "explain_stmt",
    "call_stmt",
    "declare_cursor_stmt",
    "create_table_as_stmt",
}


@dataclass(frozen=True)
class Statement:
    """One statement for the extended protocol: `sql` with $1 for the first of `binds`, and so on.

    When `format` is set, what is sent is the text that the query of `rendering` answers; `sql` then is for people.
    """

    sql: str
    line: int  # within the fence, from 1
    binds: tuple[str, ...] = ()
    format: str | None = None
    arguments: tuple[tuple[str, Type], ...] = ()  # of `format`, in order: name and type


@dataclass(frozen=True)
class Script:
    """A whole fence. by_hand: why it can only be run in psql itself; unbound: placeholders no value can stand for."""

    statements: tuple[Statement, ...]
    variables: tuple[Variable, ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()
    unbound: tuple[str, ...] = ()
    by_hand: str | None = None
    notes: tuple[str, ...] = ()


def rendering(statement: dict[str, Any]) -> tuple[str, list[str]] | None:
    """The query by which the server writes the final text of a compiled statement, and the names of its values.

    Its $1 is `statement["format"]`, the values follow. None when `sql` can be sent as it is.
    """
    if statement.get("format") is None:
        return None
    places = [
        f"${number}::{'numeric' if kind == 'number' else 'text'}"
        for number, (_, kind) in enumerate(statement["arguments"], start=2)
    ]
    return f"SELECT format({', '.join(['$1::text', *places])})", [name for name, _ in statement["arguments"]]


def destructive_sql(statement: str) -> str | None:
    """Why this SQL can lose committed data, in words; None when its syntax tree does not say so."""
    text = statement.replace("\0", "\ufffd")
    if _too_much(text):
        return "it is too long or too odd to be looked into"
    source = Source(text)
    settled, _ = _settle(source)
    try:
        trees = parse(_dummy(source, settled).decode("utf-8", "replace")).stmts
    except (PgQueryError, DecodeError):  # DecodeError: deeper than protobuf follows
        return loss.destructive_words(source.text.decode("utf-8", "replace"), "what can not be parsed")
    return next((why for tree in trees if (why := loss.reason(_inside(tree)))), None)


@lru_cache(maxsize=2048)
def read(sql: str, types: tuple[tuple[str, Type], ...] = ()) -> Script:
    """A fence taken apart: its statements, what they ask for, and what of it is not SQL.

    types: what is known of a variable from elsewhere, such as the runbook's front matter.
    """
    text = sql.replace("\0", "\ufffd")
    if _too_much(text):
        return Script((Statement(text, 1),), notes=("the SQL is too long or too odd to be looked into",))
    source = Source(text)
    known = dict(types)
    source.variables = [
        replace(one, type=known.get(one.name, one.type)) if one.token == f":{one.name}" else one
        for one in source.variables
    ]
    settled, fault = _settle(source)
    spans = [(0, len(source.text))] if fault else _spans(source, settled)
    statements = tuple(_statement(source, settled, start, end, parsed=fault is None) for start, end in spans)
    notes = (*source.notes, *([f"PostgreSQL's parser can not read the SQL: {fault}"] if fault else []))
    unbound = tuple(source.unbound)
    return Script(statements, settled, tuple(source.defaults.items()), unbound, source.by_hand, notes)


@dataclass(frozen=True)
class Tree:
    """One statement parsed by itself, with a constant in the place of each variable. Positions are bytes of the fence."""

    start: int  # of its first word
    end: int  # without its semicolon
    text: str  # as it stands, commands of psql blanked out
    node: Any = None  # the statement: SelectStmt …; None when it does not parse
    fault: str | None = None  # why it does not
    fault_at: int = 0
    variables: tuple[Variable, ...] = ()  # in it
    origin: int = 0  # where the text that was parsed begins

    def where(self, location: int) -> int:
        """The byte of the fence of a node's location."""
        return self.origin + _back(self.variables, location)


def trees(sql: str, types: tuple[tuple[str, Type], ...] = ()) -> tuple[Tree, ...]:
    """Every statement of a fence by itself, as psql would cut it: one that can not be parsed does not hide the others."""
    text = sql.replace("\0", "\ufffd")
    if _too_much(text):
        return ()
    source = Source(text)
    return tuple(
        one for start, end in cuts(source.text, source.tokens) for one in _tree(source, start, end, dict(types))
    )


def _tree(source: Source, start: int, end: int, known: dict[str, Type]) -> Iterator[Tree]:
    part = Source(source.text[start:end].decode("utf-8", "replace"))
    part.variables = [
        replace(one, type=known.get(one.name, one.type)) if one.token == f":{one.name}" else one
        for one in part.variables
    ]
    settled, _ = _settle(part)
    dummy = _dummy(part, settled).decode("utf-8", "replace")
    whole = Tree(start, end, part.text.decode("utf-8", "replace"), variables=settled, origin=start)
    try:
        for raw in parse(dummy).stmts:
            yield replace(whole, node=_inside(raw))
    except PgQueryError as wrong:
        at = len(dummy[: max(wrong.cursorpos - 1, 0)].encode())
        yield replace(whole, fault=wrong.message, fault_at=whole.where(at))
    except DecodeError:
        return


def _too_much(text: str) -> bool:
    return len(text) > LONGEST or text.count("/*") > MOST_COMMENTS


def _inside(raw: Any) -> Any:
    """The statement within a RawStmt."""
    return getattr(raw.stmt, raw.stmt.WhichOneof("node"))


def _pieces(source: Source, settled: Sequence[Variable], start: int, end: int) -> list[bytes | Variable]:
    """The source between start and end, cut at its variables."""
    found: list[bytes | Variable] = []
    for one in settled:
        if start <= one.start and one.end <= end:
            found += [source.text[start : one.start], one]
            start = one.end
    return [*found, source.text[start:end]]


def _written(
    pieces: Sequence[bytes | Variable], how: Callable[[Variable], bytes], text: Callable[[bytes], bytes] = bytes
) -> bytes:
    return b"".join(how(piece) if isinstance(piece, Variable) else text(piece) for piece in pieces)


def _dummy(source: Source, settled: Sequence[Variable]) -> bytes:
    """The text with a constant in each variable's place, so that it can be parsed."""
    return _written(_pieces(source, settled, 0, len(source.text)), lambda one: _DUMMY[one.type])


def _settle(source: Source) -> tuple[tuple[Variable, ...], str | None]:
    """The variables with the types that make the text parse, and why it does not parse whatever they are."""
    settled = list(source.variables)
    fault: str | None = None
    for _ in range(2 * len(settled) + 1):
        try:
            split(_dummy(source, settled).decode("utf-8", "replace"))
        except PgQueryError as wrong:
            fault = fault or wrong.message
            before = _dummy(source, settled).decode("utf-8", "replace")[: max(wrong.cursorpos - 1, 0)]
            here = _variable_at(settled, len(before.encode()))
            if here is None or not _may_differ(source.variables[here], settled[here]):
                break
            settled[here] = replace(settled[here], type=_NEXT[settled[here].type])
        else:
            return tuple(settled), None
    return tuple(source.variables), fault


def _may_differ(first: Variable, now: Variable) -> bool:
    r"""A quoted :'x' or :"x" says what it is; a bare :x may be an identifier, a placeholder anything."""
    if first.kind == "variable":
        return first.type == "number" == now.type
    return now.type != "number"


def _variable_at(settled: Sequence[Variable], position: int) -> int | None:
    """Which variable stands at this byte of the dummy text."""
    shift = 0
    for number, one in enumerate(settled):
        if one.start + shift <= position < one.start + shift + len(_DUMMY[one.type]):
            return number
        shift += len(_DUMMY[one.type]) - (one.end - one.start)
    return None


def _spans(source: Source, settled: Sequence[Variable]) -> list[tuple[int, int]]:
    """Where each statement stands in the source."""
    text = _dummy(source, settled)
    starts = [one.start for one in scan(text.decode("utf-8", "replace")).tokens if one.token not in COMMENTS]
    spans: list[tuple[int, int]] = []
    at = 0
    for piece in split(text.decode("utf-8", "replace")):
        body = piece.strip().encode()
        begin = next((one for one in starts if one >= at and text.startswith(body, one)), text.find(body, at))
        at = begin + len(body)
        spans.append((_back(settled, begin), _back(settled, at)))
    return spans


def _back(settled: Sequence[Variable], position: int) -> int:
    """The position in the source of one in the dummy text that is not within a constant."""
    shift = 0
    for one in settled:
        if one.start + shift + len(_DUMMY[one.type]) > position:
            break
        shift += len(_DUMMY[one.type]) - (one.end - one.start)
    return position - shift


def _statement(source: Source, settled: Sequence[Variable], start: int, end: int, *, parsed: bool) -> Statement:
    """One statement, with binds where they can stand and a format where they can not."""
    pieces = _pieces(source, settled, start, end)
    inside = [piece for piece in pieces if isinstance(piece, Variable)]
    shown = source.text[start:end].decode("utf-8", "replace").strip()
    line = source.text[:start].count(b"\n") + 1
    names = list(dict.fromkeys(one.name for one in inside if one.type != "identifier"))

    def bind(one: Variable) -> bytes:
        return _DUMMY["identifier"] if one.type == "identifier" else b"$%d" % (names.index(one.name) + 1)

    if parsed and names and not _takes_binds(_written(pieces, _expression).decode("utf-8", "replace")):
        names = []
    bound = _written(pieces, bind).decode("utf-8", "replace").strip() if names or not inside else ""
    if len(names) == len({one.name for one in inside}):
        return Statement(bound, line, tuple(names))

    def place(one: Variable) -> bytes:
        return bind(one) if one.name in names and one.type != "identifier" else _FORMAT[one.type]

    form = _written(pieces, place, lambda text: text.replace(b"%", b"%%")).decode("utf-8", "replace").strip()
    arguments = tuple((one.name, one.type) for one in inside if one.type == "identifier" or one.name not in names)
    return Statement(shown, line, tuple(names), form, arguments)


def _expression(one: Variable) -> bytes:
    """An expression for each value: the parser here takes `interval $1` where the server does not."""
    return _DUMMY["identifier"] if one.type == "identifier" else b"CASE WHEN true THEN NULL END"


def _takes_binds(sql: str) -> bool:
    """Whether binds may stand where expressions do: it parses, and is a statement that takes any."""
    try:
        return all(tree.stmt.WhichOneof("node") in _BINDABLE for tree in parse(sql).stmts)
    except DecodeError:
        return True  # deep, and so an expression of a query
    except PgQueryError:
        return False

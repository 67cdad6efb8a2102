"""A column, function or setting of PostgreSQL's own that is called otherwise by now, or is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from postgast.walk import unwrap_node

from fireline.runbook.lint.catalog.renamed import COLUMNS, FUNCTIONS, RELATIONS, SETTINGS, Change
from fireline.runbook.lint.catalog.scopes import Use, uses
from fireline.runbook.lint.mending.wording import replaced
from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.sql.places import Place
from fireline.runbook.lint.sql.statements import Piece
from fireline.runbook.lint.subject import Subject

_GONE_EVERYWHERE = 15  # changes up to this version hold for every version that is still maintained
_COLUMNS = {one.old: one for one in COLUMNS}
_EARLIER = {f"{one.old.partition('.')[0]}.{one.new}": one for one in COLUMNS if one.new}
_FUNCTIONS = {one.old: one for one in FUNCTIONS}
_RELATIONS = {one.old: one for one in RELATIONS}
_SETTINGS = {one.old: one for one in SETTINGS}


def look(subject: Subject) -> Iterator[Fault]:
    """Every such name in every statement."""
    for script in subject.scripts:
        for piece in script.pieces:
            if piece.node is not None:
                yield from _columns(subject, piece)
                yield from _named(subject, piece)


def _columns(subject: Subject, piece: Piece) -> Iterator[Fault]:
    read = uses(piece.node)
    for use in read.values():
        name = f"{use.relation}.{use.column}"
        what, place = f"`{use.column}` of {use.relation}", _place(piece, use)
        if name in _COLUMNS and _lacks(subject, use, _COLUMNS[name]):
            yield _fault(subject, piece, place, use.column, what, _COLUMNS[name])
        elif name in _EARLIER and _too_new(subject, use, _EARLIER[name]):
            yield _too_early(subject, piece, place, use, _EARLIER[name])
    yield from _settings_looked_up(subject, piece, read)


def _place(piece: Piece, use: Use) -> Place:
    """Where the column's own name stands: in s.mean_time behind the dot."""
    written = piece.script.sql.encode()
    start = piece.tree.where(use.location)
    shown = written[start:].decode("utf-8", "replace").casefold()
    at = shown.find(use.column, shown.find(".") + 1 if len(use.fields) > 1 else 0)
    return piece.script.place(start + len(shown[: max(at, 0)].encode()))


def _lacks(subject: Subject, use: Use, change: Change) -> bool:
    """Whether the version that is known, or any that may be meant, does not have it."""
    target = subject.world.target
    if target is None:
        return True
    columns = target.columns(use.relation)
    return use.column not in columns if columns is not None else target.major >= change.since


def _too_new(subject: Subject, use: Use, change: Change) -> bool:
    """Whether the known server still has the old name."""
    target = subject.world.target
    columns = target.columns(use.relation) if target is not None else None
    return columns is not None and use.column not in columns and change.old.partition(".")[2] in columns


def _named(subject: Subject, piece: Piece) -> Iterator[Fault]:
    """Functions, views and settings by their names."""
    for _, node in piece.nodes:
        kind = type(node).__name__
        if kind == "FuncCall" and node.funcname:
            name = unwrap_node(node.funcname[-1]).sval
            if name in _FUNCTIONS:
                place = _find(piece, name, piece.tree.where(node.location))
                yield from _since(subject, piece, place, name, f"`{name}()`", _FUNCTIONS[name])
            elif name == "current_setting" and len(node.args) == 1:
                yield from _setting(subject, piece, _constant(node.args[0]))
        elif kind == "RangeVar" and node.relname in _RELATIONS and node.schemaname in ("", "pg_catalog"):
            name = node.relname
            place = _find(piece, name, piece.tree.where(node.location))
            yield from _since(subject, piece, place, name, f"`{name}`", _RELATIONS[name])
        elif kind in ("VariableSetStmt", "VariableShowStmt"):
            yield from _setting(subject, piece, node.name.casefold())


def _settings_looked_up(subject: Subject, piece: Piece, read: dict[int, Use]) -> Iterator[Fault]:
    """pg_settings WHERE name = 'wal_keep_segments' finds nothing, and does not fail."""
    for _, node in piece.nodes:
        if type(node).__name__ != "A_Expr":
            continue
        left, right = unwrap_node(node.lexpr), unwrap_node(node.rexpr)
        use = read.get(left.location) if type(left).__name__ == "ColumnRef" else None
        if use is not None and (use.relation, use.column) == ("pg_settings", "name"):
            listed = right.items if type(right).__name__ == "List" else [right]
            for one in listed:
                yield from _setting(subject, piece, _constant(one))


def _constant(node: Any) -> str:
    inner = unwrap_node(node)
    return str(inner.sval.sval) if type(inner).__name__ == "A_Const" and inner.HasField("sval") else ""


def _setting(subject: Subject, piece: Piece, name: str) -> Iterator[Fault]:
    if name in _SETTINGS:
        place = _find(piece, name, piece.tree.start)
        yield from _since(subject, piece, place, name, f"the setting `{name}`", _SETTINGS[name])


def _find(piece: Piece, name: str, start: int) -> Place:
    shown = piece.script.sql.encode()[start:].decode("utf-8", "replace").casefold()
    at = shown.find(name)
    return piece.script.place(start + len(shown[: max(at, 0)].encode()))


def _since(subject: Subject, piece: Piece, place: Place, old: str, what: str, change: Change) -> Iterator[Fault]:
    target = subject.world.target
    if target is None or target.major >= change.since:
        yield _fault(subject, piece, place, old, what, change)


def _fault(subject: Subject, piece: Piece, place: Place, old: str, what: str, change: Change) -> Fault:
    target = subject.world.target
    said = f"is called `{change.new}`" if change.new else "is gone"
    sure = target is not None or change.since <= _GONE_EVERYWHERE
    here = f"; {target.name} is PostgreSQL {target.major}" if target is not None else ""
    return Fault(
        place.line,
        f"{what} {said} since PostgreSQL {change.version}{here}",
        column=place.column,
        step=piece.key,
        evidence=f"{old} was taken away in PostgreSQL {change.version}" if not change.new else "",
        suggestion=f"Write `{change.new}`." if change.new else _sentence(change.instead),
        edits=replaced(subject.lines, place, old, change.new) if change.new else (),
        severity=None if sure else "warning",
    )


def _too_early(subject: Subject, piece: Piece, place: Place, use: Use, change: Change) -> Fault:
    target, old = subject.world.target, change.old.partition(".")[2]
    assert target is not None
    return Fault(
        place.line,
        f"`{use.column}` of {use.relation} is called `{old}` before PostgreSQL {change.version}; {target.name} is {target.major}",
        column=place.column,
        step=piece.key,
        suggestion=f"Write `{old}` for this server.",
        edits=replaced(subject.lines, place, use.column, old),
    )


def _sentence(words: str) -> str:
    if not words:
        return "Leave it out."
    return f"{words}." if words.startswith(("pg_", "`")) else f"{words[:1].upper()}{words[1:]}."


rule = Rule(
    id="renamed-column",
    area="sql",
    severity="error",
    at_times=("warning",),
    summary="A name of PostgreSQL's own catalog that changed",
    why="PostgreSQL renames columns, functions and settings between versions. A statement that was written for an older one fails "
    "on the night it is needed: `mean_time` of pg_stat_statements is `mean_exec_time` since 13. With a target its version decides; "
    "without one, what is gone from every maintained version is an error, and what newer ones lack is a warning.",
    bad="# Slow\n\n1. **Look for slow queries:**\n   ```sql\n   SELECT query, mean_time FROM pg_stat_statements ORDER BY mean_time DESC LIMIT 10;\n   ```\n",
    good="# Slow\n\n1. **Look for slow queries:**\n   ```sql\n   SELECT query, mean_exec_time FROM pg_stat_statements ORDER BY mean_exec_time DESC LIMIT 10;\n   ```\n",
    look=look,
)

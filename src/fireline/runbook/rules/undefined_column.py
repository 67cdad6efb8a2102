"""A column that a table of the target does not have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from postgast import unwrap_node

from fireline.runbook.lint.database.held import Held, refused
from fireline.runbook.lint.database.nearest import alike
from fireline.runbook.lint.database.said_elsewhere import said_elsewhere
from fireline.runbook.lint.mending.wording import quoted
from fireline.runbook.lint.rule import Fault, Rule, Unknown
from fireline.runbook.lint.sql.places import Place
from fireline.runbook.lint.subject import Subject

_FEW = 12


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every column that the target can not resolve, but for those of PostgreSQL's own that were renamed."""
    target = subject.world.target
    for one in refused(
        subject,
        lambda said, piece: said.kind == "column" and not said_elsewhere(said, piece, target.major if target else 0),
    ):
        if isinstance(one, Unknown):
            yield one
            continue
        fault = _fault(one)
        yield fault
        yield from (replace(fault, line=place.line, column=place.column) for place in _again(one))


def _again(one: Held) -> Iterator[Place]:
    """Where the same name stands again in a statement that is one query: the server tells of the first alone."""
    wanted = tuple((one.problem.name or "").split("."))
    queries = sum(type(node).__name__ == "SelectStmt" for _, node in one.piece.nodes)
    for _, node in one.piece.nodes if queries <= 1 else ():
        if type(node).__name__ == "ColumnRef":
            parts = [unwrap_node(part) for part in node.fields]
            place = one.piece.at(node.location)
            if tuple(getattr(part, "sval", "*") for part in parts) == wanted and place != one.place:
                yield place


def _fault(one: Held) -> Fault:
    name = one.problem.name or "?"
    tables = {table: one.patient.columns(table) or () for table in one.judged.reads}
    if not tables and "." in name:
        tables = {name.rpartition(".")[0]: one.patient.columns(name.rpartition(".")[0]) or ()}
    near = [(table, other) for table, columns in tables.items() for other in alike(name.rpartition(".")[2], columns)]
    where = f"`{next(iter(tables))}`" if len(tables) == 1 else "the tables it reads"
    message = f"there is no column `{name}` in {where} of {one.patient.name}"
    if near:
        return one.fault(
            message, f"Write {' or '.join(dict.fromkeys(f'`{quoted(other)}`' for _, other in near))}, if that is meant."
        )
    known = next(iter(tables.values()), ()) if len(tables) == 1 else ()
    if 0 < len(known) <= _FEW:
        return one.fault(message, f"Its columns are {', '.join(map(quoted, known))}.")
    return one.fault(message, "Name a column that is there today.")


rule = Rule(
    id="undefined-column",
    area="sql",
    severity="error",
    summary="A column that the table does not have",
    why="A migration renamed or dropped a column, and the runbook was not told. The target is asked; the nearest names that are there are "
    "suggested. For columns of PostgreSQL's own views that newer versions renamed see renamed-column.",
    bad="# Sessions\n\n1. **Look who is there:**\n   ```sql\n   SELECT pid, usernam FROM pg_stat_activity;\n   ```\n",
    good="# Sessions\n\n1. **Look who is there:**\n   ```sql\n   SELECT pid, usename FROM pg_stat_activity;\n   ```\n",
    look=look,
    needs=("target",),
)

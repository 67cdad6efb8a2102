"""A migration that does not apply to an empty database."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.runbook.lint.rule import Fault, Rule, Unknown
from fireline.runbook.lint.subject import Subject


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """What of the folder given by --migrations did not apply; nothing without one, since a runbook needs none."""
    for one in subject.world.migrations or ():
        if one.unknown is not None:
            yield Unknown(1, f"{one.file} line {one.line}: {one.statement}", one.unknown)  # no line of the runbook
        else:
            target = subject.world.target
            version = f"PostgreSQL {target.major}" if target else "the scratch server"
            yield Fault(
                one.line,
                f"the migration does not apply: {one.message}",
                evidence=f"{version}, SQLSTATE {one.sqlstate}, at: {one.statement}",
                suggestion="Mend it: a database that is built anew from these files stops here.",
                file=one.file,
            )


rule = Rule(
    id="migration-fails",
    area="sql",
    severity="error",
    summary="A migration that does not apply",
    why="With `--migrations DIR` the schema is built from the repository's own files, on a scratch server that is thrown away, so that a lint in "
    "CI needs no database. A statement that fails there is told at its file and line; the rest is applied, and the runbook held against it. "
    "The examples here are migrations.",
    bad="CREATE TABLE orders (id bigint PRIMARY KEY, id bigint);\n",
    good="CREATE TABLE orders (id bigint PRIMARY KEY);\n",
    look=look,
    needs=("migrations",),
)

"""A statement that the target refuses for another reason than a name that is missing."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.runbook.lint.database.held import Held, refused
from fireline.runbook.lint.database.said_elsewhere import said_elsewhere
from fireline.runbook.lint.rule import Fault, Rule, Unknown
from fireline.runbook.lint.subject import Subject

_SUGGESTIONS = {
    "mismatch": "Compare and pass values of the type that the column has, or cast one with `::`.",
    "type": "Write a type that is there, or create it by a migration.",
    "syntax": "Write it as this version of PostgreSQL takes it.",
}


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every other refusal."""
    target = subject.world.target
    for one in refused(
        subject,
        lambda said, piece: (
            said.kind in ("mismatch", "type", "syntax", "read_only", "other")
            and not said_elsewhere(said, piece, target.major if target else 0)
        ),
    ):
        yield one if isinstance(one, Unknown) else _fault(one)


def _fault(one: Held) -> Fault:
    said = one.problem
    message = f"{one.patient.name} does not take this statement: {said.message}"
    near = one.patient.similar(said.kind, said.name) if said.kind in ("type", "other") and said.name else ()
    if near:
        return one.fault(message, f"Write {' or '.join(f'`{name}`' for name in near)}, if that is meant.")
    return one.fault(message, _SUGGESTIONS.get(said.kind, "Mend the statement as the server says."))


rule = Rule(
    id="sql-fails",
    area="sql",
    severity="error",
    summary="A statement that the database refuses",
    why="It is good SQL, and still this database will not take it: an operator between types that have none, a constant that its type can "
    "not hold, a column that must stand in GROUP BY, a setting that this version does not know. The target parses it, and says why.",
    bad="# Sessions\n\n1. **Count them:**\n   ```sql\n   SELECT state, usename, count(*) AS n FROM pg_stat_activity GROUP BY state;\n   ```\n   **Expect:** `rows < 50`\n",
    good="# Sessions\n\n1. **Count them:**\n   ```sql\n   SELECT state, count(*) AS n FROM pg_stat_activity GROUP BY state;\n   ```\n   **Expect:** `rows < 50`\n",
    look=look,
    needs=("target",),
)

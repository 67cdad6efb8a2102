"""A table, view or schema that the target does not have."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.runbook.lint.database.held import Held, refused
from fireline.runbook.lint.database.said_elsewhere import said_elsewhere
from fireline.runbook.lint.mending.wording import quoted, replaced
from fireline.runbook.lint.rule import Fault, Rule, Unknown
from fireline.runbook.lint.subject import Subject


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every name of a table that the target can not resolve."""
    target = subject.world.target
    for one in refused(
        subject,
        lambda said, piece: (
            said.kind in ("table", "schema") and not said_elsewhere(said, piece, target.major if target else 0)
        ),
    ):
        yield one if isinstance(one, Unknown) else _fault(subject, one)


def _fault(subject: Subject, one: Held) -> Fault:
    name, kind = one.problem.name or "?", one.problem.kind
    what = "schema" if kind == "schema" else "table or view"
    message = f"there is no {what} `{name}` in {one.patient.name}"
    near = one.patient.similar(kind, name)
    elsewhere = [other for other in near if other.rpartition(".")[2] == name.rpartition(".")[2]]
    if elsewhere:
        suggestion = f"Write `{quoted(elsewhere[0])}`."
    elif near:
        suggestion = f"Write {' or '.join(f'`{quoted(other)}`' for other in near)}, if that is meant."
    else:
        suggestion = "Name what is there today, or take the step out."
    edits = replaced(subject.lines, one.place, name, quoted(elsewhere[0])) if len(elsewhere) == 1 else ()
    fault = one.fault(message, suggestion)
    return Fault(fault.line, message, fault.column, fault.step, fault.evidence, suggestion, edits)


rule = Rule(
    id="undefined-table",
    area="sql",
    severity="error",
    summary="A table or view that the database does not have",
    why="Tables are renamed, moved to another schema and dropped; the runbook stays as it was. The target is asked for each name, by the "
    "role that will run the step and its search_path. A table that the runbook itself makes before is left out.",
    bad="# Queue\n\n1. **Look at the oldest:**\n   ```sql\n   SELECT * FROM jobs_that_nobody_made ORDER BY 1 LIMIT 10;\n   ```\n",
    good="# Queue\n\n1. **Look at the oldest session:**\n   ```sql\n   SELECT pid FROM pg_stat_activity ORDER BY backend_start LIMIT 10;\n   ```\n",
    look=look,
    needs=("target",),
)

"""Something that the role which will run the step may not do."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.runbook.lint.database.held import Held, refused
from fireline.runbook.lint.rule import Fault, Rule, Unknown
from fireline.runbook.lint.subject import Subject


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every statement for which the role lacks a privilege."""
    for one in refused(subject, lambda said, _: said.kind == "privilege"):
        yield one if isinstance(one, Unknown) else _fault(one)


def _fault(one: Held) -> Fault:
    name, lacks = one.problem.name or "it", one.problem.hint or ""
    message = f"the role may not use `{name}` in {one.patient.name} as this statement does"
    role, lacking, privilege = lacks.partition(" lacks ")
    if not lacking:
        return one.fault(message, "Run the step as the owner, or let a person do it who may.")
    what = f"FUNCTION {name}" if privilege == "EXECUTE" else name
    return one.fault(
        message, f"Run `GRANT {privilege} ON {what} TO {role};` by daylight, or let a person do it who may."
    )


rule = Rule(
    id="missing-privilege",
    area="sql",
    severity="error",
    summary="A step that its role may not carry out",
    why="The author wrote it as a superuser; on the night it is run by a role that may less: reads by the target's reading role where it has "
    "one. The server itself says so only when the statement is run, so the catalog is asked for every table and function that it uses.",
    bad="# Roles\n\n1. **Look at passwords:**\n   ```sql\n   SELECT rolname, rolpassword FROM pg_authid;\n   ```\n",
    good="# Roles\n\n1. **Look at roles:**\n   ```sql\n   SELECT rolname, rolcanlogin FROM pg_roles;\n   ```\n",
    look=look,
    needs=("target",),
)

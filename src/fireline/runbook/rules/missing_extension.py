"""A function, view or type of an extension that the target does not have, or that does nothing there."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.runbook.lint.database.extensions import PRELOADED
from fireline.runbook.lint.database.held import Held, refused
from fireline.runbook.lint.rule import Fault, Rule, Unknown
from fireline.runbook.lint.subject import Subject


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every statement that needs an extension which is not there."""
    for one in refused(subject, lambda said, _: said.kind == "extension"):
        yield one if isinstance(one, Unknown) else _fault(one)


def _fault(one: Held) -> Fault:
    name, hint = one.problem.name or "?", one.problem.hint or ""
    quoted = f'"{name}"' if "-" in name else name
    if one.problem.sqlstate == "55000":
        message = f"the extension {name} is installed in {one.patient.name} and was not loaded when the server started"
        return one.fault(message, f"Add {name} to shared_preload_libraries and restart the server.")
    if "is installed in the schema" in hint:
        message = (
            f"the extension {name} is installed in {one.patient.name} in a schema that is not on the role's search_path"
        )
        return one.fault(message, f"Write the schema before the name: {hint}")
    message = f"the extension {name} is not installed in {one.patient.name}"
    preload = (
        f", add {name} to shared_preload_libraries and restart the server"
        if name in PRELOADED and "nor in" in hint
        else ""
    )
    if "not among" in hint:
        return one.fault(
            message, f"Install its package on the server first; then run `CREATE EXTENSION {quoted};`{preload}."
        )
    return one.fault(message, f"Run `CREATE EXTENSION {quoted};` by daylight{preload}.")


rule = Rule(
    id="missing-extension",
    area="sql",
    severity="error",
    summary="An extension that is not installed, or not loaded",
    why="pg_stat_statements and its like have to be installed before the night on which they are needed: what they count begins with the "
    "installation, and some want a restart. The target is asked whether what a statement names is there, can be had, and was loaded.",
    bad="# Locks\n\n1. **Look at locked rows:**\n   ```sql\n   SELECT * FROM pgrowlocks('pg_class');\n   ```\n",
    good="# Locks\n\n1. **Look at locks:**\n   ```sql\n   SELECT * FROM pg_locks WHERE NOT granted;\n   ```\n",
    look=look,
    needs=("target",),
)

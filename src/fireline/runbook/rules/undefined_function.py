"""A function or procedure that the target does not have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fireline.runbook.lint.database.held import Held, refused
from fireline.runbook.lint.database.own_functions import OWN, how_to_get
from fireline.runbook.lint.database.said_elsewhere import said_elsewhere
from fireline.runbook.lint.mending.wording import replaced
from fireline.runbook.lint.rule import Fault, Rule, Unknown
from fireline.runbook.lint.subject import Subject


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every call that the target can not resolve."""
    target = subject.world.target
    for one in refused(
        subject,
        lambda said, piece: said.kind == "function" and not said_elsewhere(said, piece, target.major if target else 0),
    ):
        yield one if isinstance(one, Unknown) else _fault(subject, one)


def _fault(subject: Subject, one: Held) -> Fault:
    name = one.problem.name or "?"
    near = one.patient.similar("function", name)
    last = name.rpartition(".")[2]
    if last in near and "." not in name:  # it is there, and takes something else
        message = f"`{name}()` does not take these arguments in {one.patient.name}"
        return one.fault(message, "Give it what it takes: cast an argument with `::`, or count them again.")
    message = f"there is no function `{name}()` in {one.patient.name}"
    elsewhere = [other for other in near if other.rpartition(".")[2] == last]
    edits = replaced(subject.lines, one.place, name, elsewhere[0]) if len(elsewhere) == 1 and name == last else ()
    fault = one.fault(message, _suggestion(one, last, elsewhere, near))
    evidence = fault.evidence.partition(" (")[
        0
    ]  # the server's hint speaks of arguments, and there is none to take them
    return replace(fault, evidence=evidence, edits=edits)


def _suggestion(one: Held, name: str, elsewhere: list[str], near: tuple[str, ...]) -> str:
    if elsewhere:
        also = f" {how_to_get(one.patient.target)}" if name in OWN else ""
        return f"Write `{elsewhere[0]}()`: its schema is not on the role's search_path.{also}"
    if name in OWN:
        return f"It is one of Fireline's: {how_to_get(one.patient.target)}"
    if near:
        return f"Write {' or '.join(f'`{other}()`' for other in near)}, if that is meant."
    return "Create it by a migration, or write the query itself here."


rule = Rule(
    id="undefined-function",
    area="sql",
    severity="error",
    summary="A function that the database does not have",
    why="A runbook outlives the functions it calls: they were dropped, renamed, or only ever written down. The target is asked whether "
    "each call means something there, by the role that will run it and its search_path, with the arguments as they stand. Nothing is run.",
    bad="# Slow\n\n1. **Look at the score:**\n   ```sql\n   SELECT * FROM score_of_the_database();\n   ```\n",
    good="# Slow\n\n1. **Look at the size:**\n   ```sql\n   SELECT pg_database_size(current_database());\n   ```\n",
    look=look,
    needs=("target",),
)

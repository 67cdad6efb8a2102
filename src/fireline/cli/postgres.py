"""`fireline postgres`: the SQL functions that runbooks call, put into a database and taken out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fireline.cli.patient import Dsn, TargetName, patient
from fireline.cli.terminal import answer, confirm, say
from fireline.errors import Refused

if TYPE_CHECKING:
    from fireline.postgres.connect import Target

app = typer.Typer(help="SQL functions for runbooks, in a database of yours.", rich_markup_mode=None)
Schema = Annotated[str, typer.Option(help="The schema of their own.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.command()
def install(
    target: TargetName = None,
    dsn: Dsn = None,
    schema: Schema = "fireline",
    public: Annotated[
        bool, typer.Option("--public", help="Also callable without a schema, unless a function of that name is there.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Put calculate_database_health_score(), detect_performance_bottlenecks(), check_foreign_key_integrity() and
    optimize_database() into a database; once more brings them up to date.

    One transaction, no superuser, no extension; they run with the rights of who calls them.
    """
    from fireline.assess import functions

    place = patient(target, dsn)
    also = " and callable in public" if public else ""
    _ask(place, f"Create the schema {schema} with {len(functions.CALLED)} functions{also}, in {place.name}?", yes=yes)
    answer(functions.install(place, schema, public=public).json(), _draw_installed)


@app.command()
def uninstall(target: TargetName = None, dsn: Dsn = None, schema: Schema = "fireline", yes: Yes = False) -> None:
    """Take the functions out of a database; nothing of them stays."""
    from fireline.assess import functions

    place = patient(target, dsn)
    _ask(place, f"Remove the schema {schema} and its functions from {place.name}?", yes=yes)
    answer(functions.uninstall(place, schema).json(), _draw_removed)


def _ask(place: Target, question: str, *, yes: bool) -> None:
    if not yes and not confirm(question, otherwise="Give --yes to do it without a question."):
        raise Refused(f"nothing was changed in {place.name}")


def _draw_installed(told: dict[str, Any]) -> None:
    say(f"In database {told['database']} of {told['target']}, version {told['version']}:")
    say(*(f"  {told['schema']}.{name}()" for name in told["functions"]))
    say(*(f"  public.{name}()" for name in told["public"]))
    _draw_left(told)
    first = "" if told["public"] else f"{told['schema']}."
    say("", f"Try: SELECT * FROM {first}calculate_database_health_score();")  # noqa: S608 - words for a person


def _draw_removed(told: dict[str, Any]) -> None:
    names = [f"{told['schema']}.{name}()" for name in told["functions"]]
    names += [f"public.{name}()" for name in told["public"]]
    say(f"Removed from database {told['database']} of {told['target']}:", *(f"  {name}" for name in names))
    _draw_left(told)


def _draw_left(told: dict[str, Any]) -> None:
    if told["left"]:
        say("Left as it is:", *(f"  {one['thing']}: {one['because']}" for one in told["left"]))

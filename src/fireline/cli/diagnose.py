"""`fireline diagnose`: one look at a database, and the root cause by name; needs no store and changes nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from fireline.cli.patient import Dsn, TargetName, patient, remote
from fireline.cli.terminal import answer, say
from fireline.errors import Usage


def diagnose(
    target: TargetName = None,
    dsn: Dsn = None,
    symptom: Annotated[str, typer.Option(help="The complaint or error message, in words.")] = "",
    since: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="How far back the server's log is read, and from when statements are compared with before.",
        ),
    ] = "15m",
    log_file: Annotated[Path | None, typer.Option(help="The server's log, where it can not be found.")] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also read the tables themselves; takes up to a minute.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again and again until Ctrl-C; tell what changes.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="All evidence, and what was ruled out.")] = False,
) -> None:
    """Name the root cause of what ails a database.

    Reads only, takes no lock on a table, and works while the server is full or stuck. Exit code 1 when a cause was
    found, 0 when none was, 2 when the database could not be looked at.
    """
    if remote(dsn) and log_file is not None:
        raise Usage("--log-file is read on this machine", hint="Leave it out, or give --dsn.")

    def look() -> dict[str, Any]:
        return _look(target, dsn, symptom, since, log_file, deep=deep)

    if watch:
        from fireline.cli.watching import watch_causes

        found = watch_causes(look, lambda told: _draw(told, full=full))
    else:
        found = look()
        answer(found, lambda told: _draw(told, full=full))
    if found["causes"]:
        raise typer.Exit(1)


def _look(
    target: str | None, dsn: str | None, symptom: str, since: str, log_file: Path | None, *, deep: bool
) -> dict[str, Any]:
    """One look: from here, or by the server that FIRELINE_URL names."""
    if remote(dsn):
        from fireline.cli.desk import call

        found: dict[str, Any] = call("assess.diagnose", target=target, symptom=symptom, since=since, deep=deep)
        return found
    from fireline.assess import complaint
    from fireline.assess import diagnose as diagnosis
    from fireline.assess.snapshot import Asked
    from fireline.cli.earlier import earlier
    from fireline.store.chain import plain

    at, back = patient(target, dsn), duration(since)
    asked = Asked(complaint.read(symptom), back, log_file, deep, past=earlier(at.name, dsn, back))
    made: dict[str, Any] = plain(diagnosis.diagnose(at, asked).json())
    return made


def duration(text: str) -> timedelta:
    """`15m`, `2h` as a length of time. Raises Usage."""
    from fireline.settings import duration as read

    try:
        return read(text)
    except ValueError as wrong:
        raise Usage(f"--since: {wrong}") from None


def _draw(told: dict[str, Any], *, full: bool) -> None:
    from fireline.cli.incident_view import draw_cause
    from fireline.cli.terminal import console

    say(looked(told))
    for cause in told["causes"]:
        console().print()
        draw_cause(cause, cause["severity"], full=full)
    _draw_changes(told["changes"])
    if not told["causes"]:
        say("", "No cause that Fireline knows was seen. That is no proof of health.")
    if told["unknown"]:
        say("", f"Not seen ({told['coverage']:.0%} of the known causes could be judged):")
        draw_unknown(told["unknown"])


def _draw_changes(changes: dict[str, Any] | None) -> None:
    from fireline.cli.times import at

    if changes and changes["statements"]:
        say("", f"Statements that do something else than before {at(changes['began'])}:")
        say(*(f"  {one['told']}" for one in changes["statements"]))


def looked(told: dict[str, Any]) -> str:
    """Which server was looked at, when, for how long."""
    from fireline.cli.times import at

    version = f", PostgreSQL {told['server_version']}" if told["server_version"] else ""
    return f"{told['target']}{version}, looked at {at(told['taken_at'])} for {told['duration_ms']} ms"


def draw_unknown(unknown: list[dict[str, Any]]) -> None:
    """What could not be seen, and why."""
    say(*(f"  {one['check']}: {one['because']}" for one in unknown))

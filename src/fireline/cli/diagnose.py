"""`fireline diagnose`: one look at a database, and the root cause by name; needs no store and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fireline.cli.terminal import answer, options, say
from fireline.errors import NotFound, Usage

if TYPE_CHECKING:
    from fireline.postgres.connect import Target


def diagnose(
    target: Annotated[str | None, typer.Option(help="As named in the settings; the only one if left out.")] = None,
    dsn: Annotated[str | None, typer.Option(metavar="DSN", help="Any database, or @FILE that holds its DSN.")] = None,
    symptom: Annotated[str, typer.Option(help="The complaint or error message, in words.")] = "",
    full: Annotated[bool, typer.Option("--full", help="All evidence, and what was ruled out.")] = False,
) -> None:
    """Name the root cause of what ails a database.

    Reads only, takes no lock on a table, and works while the server is full or stuck. Exit code 1 when a cause was
    found, 0 when none was.
    """
    from fireline.assess import complaint
    from fireline.assess import diagnose as diagnosis
    from fireline.assess.snapshot import Asked
    from fireline.store.chain import plain

    found = plain(diagnosis.diagnose(_target(target, dsn), Asked(complaint.read(symptom))).json())
    answer(found, lambda told: _draw(told, full=full))
    if found["causes"]:
        raise typer.Exit(1)


def _target(name: str | None, dsn: str | None) -> Target:
    from fireline import settings as settings_file
    from fireline.postgres.connect import Target
    from fireline.redact import Secret

    if dsn is not None:
        if name is not None:
            raise Usage("--target and --dsn exclude each other")
        given = Path(dsn[1:]).read_text(encoding="utf-8").strip() if dsn.startswith("@") else dsn
        return Target("database", Secret(given))
    settings = settings_file.read(options.config)
    known = settings.targets
    wanted = name or (next(iter(known)) if len(known) == 1 else None)
    if wanted is None or wanted not in known:
        asked = f"no target {name!r}" if name else "which database is meant is not known"
        raise NotFound(asked, hint=f"Targets in the settings: {', '.join(known) or 'none'}. Or give --dsn.")
    one = known[wanted]
    return Target(wanted, one.dsn, one.read_dsn, one.labels, settings.policy.lock_timeout)


def _draw(told: dict[str, Any], *, full: bool) -> None:
    from fireline.cli.incident_view import draw_cause
    from fireline.cli.terminal import console
    from fireline.cli.times import at

    version = f", PostgreSQL {told['server_version']}" if told["server_version"] else ""
    say(f"{told['target']}{version}, looked at {at(told['taken_at'])} for {told['duration_ms']} ms")
    for cause in told["causes"]:
        console().print()
        draw_cause(cause, cause["severity"], full=full)
    if not told["causes"]:
        say("", "No cause that Fireline knows was seen. That is no proof of health.")
    if told["unknown"]:
        say("", f"Not seen ({told['coverage']:.0%} of the known causes could be judged):")
        say(*(f"  {one['check']}: {one['because']}" for one in told["unknown"]))

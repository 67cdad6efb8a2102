"""`fireline doctor`: looks at the whole set-up and says of each part whether it will hold tonight, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fireline.cli.terminal import EMBER, answer, clean, options, say

if TYPE_CHECKING:
    from fireline.cli.examine.line import Line

_STYLES = {"ok": "green", "warn": EMBER, "fail": "bold red"}


def doctor(
    send_test_alert: Annotated[
        bool, typer.Option("--send-test-alert", help="Send a real alert through the door and follow it to the message.")
    ] = False,
) -> None:
    """Check the whole set-up.

    Settings, store, workers, server, targets, backups, runbook, contacts, channels, what is around, clocks. Nothing is changed and nobody is
    told, unless --send-test-alert is given. Exit code 1 when something is wrong.
    """
    found = []
    for line in _examine(send_test_alert):
        found.append(line)
        if not options.json:
            _draw(line)
    faults = sum(line.state == "fail" for line in found)
    warnings = sum(line.state == "warn" for line in found)
    told = {"faults": faults, "warnings": warnings, "lines": [line.json() for line in found]}
    answer(told, lambda _: say("", _verdict(faults, warnings)))
    if faults:
        raise typer.Exit(1)


def _examine(send_test_alert: bool) -> Iterator[Line]:
    """All parts, from the ground up; a part that can not be looked at is a line, and the next is looked at."""
    from fireline import settings as settings_file
    from fireline.cli.examine import (
        channels,
        configuration,
        patients,
        recovery,
        rehearsal,
        runbooks,
        server,
        store,
        surroundings,
    )
    from fireline.cli.examine.line import fail
    from fireline.errors import FirelineError

    try:
        settings = settings_file.read(options.config)
    except FirelineError as wrong:
        yield fail("settings", wrong.message, wrong.hint or "")
        return
    parts = [
        configuration.look,
        store.look,
        server.look,
        patients.look,
        recovery.look,
        runbooks.look,
        channels.look,
        surroundings.look,
    ]
    for look in [*parts, *([rehearsal.look] if send_test_alert else [])]:
        try:
            yield from look(settings)
        except FirelineError as wrong:
            yield fail(look.__module__.rpartition(".")[2], wrong.message, wrong.hint or "")


def _draw(line: Any) -> None:
    """The line with what to do under it, indented below its text."""
    from rich.table import Table
    from rich.text import Text

    from fireline.cli.terminal import console

    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=4)
    grid.add_column(overflow="fold")
    grid.add_row(Text(line.state, style=_STYLES[line.state]), Text(f"{clean(line.about)}: {clean(line.text)}"))
    if line.todo:
        grid.add_row("", Text(clean(line.todo), style="dim"))
    console().print(grid)


def _verdict(faults: int, warnings: int) -> str:
    if faults:
        return f"{faults} fault{'s' if faults > 1 else ''} to mend, {warnings} warning{'s' if warnings != 1 else ''}."
    return f"No fault; {warnings} warning{'s' if warnings != 1 else ''}." if warnings else "All is well."

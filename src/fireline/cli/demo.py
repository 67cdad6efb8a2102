"""`fireline demo`: one incident from alert to post-mortem, on a database that is broken for the purpose."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from fireline.cli.terminal import options, write_json


def demo(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Approve by itself, as the person `you`.")] = False,
    no_stay: Annotated[
        bool, typer.Option("--no-stay", help="End with the story, without leaving the page open.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes a free one.")] = 0,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the folder with logs, settings and post-mortem.")] = False,
) -> None:
    """Watch one incident from alert to post-mortem.

    Starts a database of its own, breaks it, and lets Fireline respond; nothing of yours is touched. Everything it
    started is stopped at the end. With --json one object tells what was seen; exit code 1 when something was not.
    """
    from fireline.demo.story import run

    def tell(report: dict[str, object]) -> None:
        if options.json:
            write_json(report)
            sys.stdout.flush()

    report = run(stay=not no_stay, yes=yes, port=port, quiet=options.json, keep=keep, tell=tell)
    if report["unmet"]:
        raise typer.Exit(1)

"""`fireline demo`: one incident from alert to post-mortem, on a database that is broken for the purpose."""

from __future__ import annotations

from typing import Annotated

import typer

from fireline.cli.terminal import options, write_json


def demo(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Approve without being asked.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the page; 0 takes a free one.")] = 0,
    stay: Annotated[bool, typer.Option(help="Leave the page open at the end, until Ctrl-C.")] = True,
    keep: Annotated[bool, typer.Option("--keep", help="Leave its folder, with the logs.")] = False,
) -> None:
    """Watch one incident from alert to post-mortem.

    Starts a database of its own, breaks it, and lets Fireline respond. Nothing of yours is touched, and everything is
    removed at the end. Exit code 1 when something did not come true.
    """
    from fireline.demo.story import run

    seen = run(
        stay=stay and not options.json,
        yes=yes,
        port=port,
        quiet=options.json,
        keep=keep,
        tell=write_json if options.json else None,
    )
    if seen["unmet"]:
        raise typer.Exit(1)

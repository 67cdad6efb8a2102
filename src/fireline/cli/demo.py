"""`fireline demo`: one incident from alert to post-mortem, on a database that is broken for the purpose."""

from __future__ import annotations

from typing import Annotated

import typer

from fireline.cli.terminal import options


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running at the end, to look around.")] = False,
) -> None:
    """Watch one incident from alert to post-mortem.

    Starts a database of its own, breaks it, and lets Fireline respond; nothing of yours is touched.
    """
    from fireline.demo.story import run

    run(keep=keep, as_json=options.json)

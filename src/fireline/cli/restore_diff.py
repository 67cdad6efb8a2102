"""`fireline restore diff`: what a swap to a restored database would lose, bring back to life, or miss."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fireline.cli.desk import call
from fireline.cli.questions import tell
from fireline.cli.terminal import answer


def diff(
    restore: Annotated[str, typer.Argument(help="The number of the restore, its database's name, or latest.")],
) -> None:
    """Compare a restore with the database in use: what would be lost, come back to life, be missing.

    After the swap it compares the kept database with the one in use. It only reads.
    """
    answer(call("restore.diff", restore=restore), _draw)


def _draw(found: dict[str, Any]) -> None:
    for line in found["text"].splitlines():
        tell(line, indent=len(line) - len(line.lstrip()) + 2)

"""`fireline halt`: the kill switch."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fireline.cli.desk import call
from fireline.cli.terminal import answer, say
from fireline.cli.times import at
from fireline.errors import Usage


def halt(
    reason: Annotated[str, typer.Argument(help="Why; everybody sees it.")] = "",
    running: Annotated[bool, typer.Option("--running", help="End what runs now, too.")] = False,
    lift: Annotated[bool, typer.Option("--lift", help="Let steps start again.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Only say whether it is on.")] = False,
) -> None:
    """Stop everything: no further step starts, anywhere.

    Alerts still come in and people are still told. What is running is let finish, unless --running is given.
    """
    if lift and (show or running or reason):
        raise Usage("--lift stands alone")
    if show:
        answer(call("halt.show"), _draw)
    elif lift:
        answer(call("halt.lift"), lambda _: say("lifted: steps may start again"))
    else:
        answer(
            call("halt.set", reason=reason, running=running),
            lambda _: say("halted: no step starts", "Lift it with `fireline halt --lift`."),
        )


def _draw(state: dict[str, Any]) -> None:
    if not state["halted"]:
        say("not halted: steps may start")
        return
    say(f"halted by {state['by']} {at(state['at'])}: {state['reason']}", "Lift it with `fireline halt --lift`.")

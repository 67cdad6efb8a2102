"""`fireline fence` and `fireline unfence`: the short forms, and who can still write."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fireline.cli.desk import call
from fireline.cli.remedies import command_of, short_group
from fireline.cli.terminal import answer, say
from fireline.cli.times import at


def status(
    target: Annotated[str | None, typer.Option("--target", help="The system; the only one if left out.")] = None,
) -> None:
    """Show whether a fence stands, until when, and who can still write."""
    answer(call("fence.status", target=target), _draw)


def _draw(found: dict[str, Any]) -> None:
    if found["swap"]:
        say(f"{found['swap']['database']} is closed for a swap until {at(found['swap']['until'])}")
    if found["state"] in ("none", "lifted"):
        lifted = f"; the last was lifted {at(found['lifted_at'])} by {found['lifted_by']}" if found["lifted_at"] else ""
        say(f"{found['target']}: no fence stands{lifted}")
        return
    say(
        f"{found['target']}: {found['level']}, {found['state']}, since {at(found['since'])} by {found['by']}, falls {at(found['until'])}"
    )
    for line in (found["reason"], found["error"]):
        if line:
            say(f"  {line}")
    proof = found["proof"]
    if found["unknown"]:
        say(f"  who can write is not known: {found['unknown']}")
    elif proof:
        say(f"  {proof['says']}", "  who can still write:")
        say(*(f"    {one}" for one in found["can_write"] or ["Nobody."]))
    say("  what was done:")
    for step in found["steps"]:
        gone = ", but it is not so any more" if step["holds"] is False else ""
        said = f" ({step['said']})" if step["said"] else ""
        say(f"    {step['state']:<8}{step['what']}{gone}{said}")
    say(f"  lift it with `fireline unfence --target {found['target']}`")


app = short_group(
    "contain", "fence", "Keep the application's traffic away, and see who can still write.", status=status
)
unfence = command_of("resolve", "unfence")

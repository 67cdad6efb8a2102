"""`fireline undo`: put back the newest change of a target, or what a run changed, and see it done."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from fireline.cli.desk import ask, at_desk
from fireline.cli.follow import POLL_SECONDS
from fireline.cli.questions import tell
from fireline.cli.terminal import answer, confirm, interactive, options, say
from fireline.errors import NotFound, Refused


def undo(
    run: Annotated[
        int | None, typer.Argument(metavar="RUN", min=1, help="The run; the newest change if left out.")
    ] = None,
    step: Annotated[int | None, typer.Argument(metavar="STEP", min=1, help="Only this step of it.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="The newest change of this target only.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only show what would be put back.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Approve it without asking, where you may.")] = False,
) -> None:
    """Put back the newest change that has a way back, or what a run changed."""
    with at_desk() as desk:
        found = _changes(desk, run, step, target)
        if plan:
            answer(found, _draw_all)
            return
        _draw_all(found)
        if not yes and interactive() and not confirm("Put exactly this back?", otherwise=""):
            raise Refused("nothing was put back")
        ask(desk, "run.undo", run=found[0]["run"], step=step or (None if run else found[0]["position"]))
        done = [_put_back(desk, one, agreed=yes or interactive()) for one in found]
    answer({"done": all(done), "changes": found}, lambda _: None)
    if not all(done):
        raise typer.Exit(1)


def _changes(desk: Any, run: int | None, step: int | None, target: str | None) -> list[dict[str, Any]]:
    """What is to be put back, newest first; without a run only the newest change that can be."""
    every = [one for one in ask(desk, "run.changes") if target in (None, one["target"])]
    mine = [one for one in every if run in (None, one["run"]) and step in (None, one["position"])]
    found = [one for one in mine if one["undo"]]
    if found:
        return found if run is not None else found[:1]
    if not mine:
        where = f"run {run} changed nothing" if run else "nothing was changed"
        raise NotFound(where, hint="`fireline run changes` lists what was.")
    why = "is put back already" if mine[0]["undone"] else f"has no way back: {mine[0]['how'].rstrip('.')}"
    raise Refused("there is nothing that can be put back", hint=f"The newest change, {mine[0]['title']}, {why}.")


def _draw_all(changes: list[dict[str, Any]]) -> None:
    for change in changes:
        _draw(change)


def _draw(change: dict[str, Any]) -> None:
    tell(f"run {change['run']} on {change['target']}: {change['title']}", indent=2)
    tell(f"  did      {change['summary']}", indent=11)
    tell(f"  undo     {change['how']}", indent=11)


def _put_back(desk: Any, change: dict[str, Any], *, agreed: bool) -> bool:
    """Approve the undo of one change, where we may, and wait for its end; whether it is put back."""
    run, position = change["run"], change["position"]
    wanted = _step(desk, run, position)
    approval = wanted["approval"]
    before = len(wanted["attempts"])
    if approval and approval["state"] == "asked":
        if not agreed or "approve" not in wanted["actions"]:
            who = "Somebody else must approve it" if agreed else "It waits for an approval"
            say(f"{who}: `fireline approve {run} {position}`.")
            return False
        ask(desk, "run.approve", run=run, step=position, hash=approval["content_hash"])
    while True:
        seen = [one for one in _step(desk, run, position)["attempts"][before:] if one["finished_at"]]
        if seen:
            break
        time.sleep(POLL_SECONDS)
    outcome = seen[-1]["outcome"] or {}
    good = bool(seen[-1]["state"] == "succeeded")
    if not options.json:
        words = outcome.get("error") or outcome.get("summary") or seen[-1]["state"]
        tell(f"{'✓ put back' if good else '✗ not put back'}: {words}", indent=4)
    return good


def _step(desk: Any, run: int, position: int) -> dict[str, Any]:
    view = ask(desk, "run.show", run=run)
    return next(dict(step) for step in view["steps"] if step["position"] == position)

"""Follows a run on the terminal until it ends: tells each step's change once, and asks for approvals it may give."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from fireline.cli.desk import ask
from fireline.cli.questions import Left, choose, tell
from fireline.cli.run_view import MARKS, draw_step, progress_of, state_of
from fireline.cli.terminal import answer, clean, interactive, say
from fireline.cli.wants import ask_level

POLL_SECONDS = 0.5
ENDED = ("succeeded", "failed", "cancelled")
_GOING = ("intent", "running", "authorised")
_STOPPED = ("failed", "timed_out", "cancelled", "unknown")


def watch(desk: Any, run: int) -> Iterator[dict[str, Any]]:
    """The run's view, now and whenever it has changed, until it has ended or can not go on without a person."""
    before: dict[str, Any] | None = None
    while True:
        view = ask(desk, "run.show", run=run)
        if view != before:
            yield view
        if view["state"] in ENDED or stuck(view):
            return
        before = view
        time.sleep(POLL_SECONDS)


def stuck(view: dict[str, Any]) -> dict[str, Any] | None:
    """The step that keeps a waiting run from going on until a person decides about it, or None."""
    if view["state"] != "waiting" or any(step["state"] in ("waiting", *_GOING) for step in view["steps"]):
        return None
    held = (step for step in view["steps"] if step["state"] in _STOPPED and not _passed(step))
    return next((dict(step) for step in held), None)


def _passed(step: dict[str, Any]) -> bool:
    """A read that failed changed nothing, so its run goes on."""
    return step["state"] in ("failed", "timed_out") and step["level"] == "read"


def follow_run(
    desk: Any, run: int, *, decide: Callable[[Any, dict[str, Any], dict[str, Any]], bool] | None = None
) -> dict[str, Any]:
    """Tell the run's changes until it ends or waits for somebody else; its last view.

    decide: asked once for each approval that is wanted; False when this person can do no more.
    """
    told: dict[int, str] = {}
    bar = Bar()
    asked: set[str] = set()
    view: dict[str, Any] = {}
    for view in watch(desk, run):
        bar.wipe()
        _tell_steps(view, told)
        bar.draw(view)
        step = approval_wanted(view)
        if step is None or step["approval"]["content_hash"] in asked:
            continue
        asked.add(step["approval"]["content_hash"])
        if not (decide or ask_approval)(desk, step, view):
            break
    return view


class Bar:
    """How far the running step is, on the terminal's last line; nothing where nobody sits."""

    def __init__(self) -> None:
        self._there = False

    def draw(self, view: dict[str, Any]) -> None:
        """Show it."""
        running = [one for step in view["steps"] if step["state"] == "running" for one in step["attempts"][-1:]]
        words = progress_of(running[0]["progress"]) if running and running[0].get("progress") else ""
        if words and interactive():
            sys.stdout.write(f"  {words}")
            sys.stdout.flush()
            self._there = True

    def wipe(self) -> None:
        """Take it away before anything else is written."""
        if self._there:
            sys.stdout.write("\r\x1b[2K")
            self._there = False


def _tell_steps(view: dict[str, Any], told: dict[int, str]) -> None:
    for step in clean(view["steps"]):
        words = state_of(step)
        if step["state"] not in ("planned", "intent", "authorised") and told.get(step["position"]) != words:
            told[step["position"]] = words
            tell(f"{MARKS.get(step['state'], ' ')} {step['position']} {step['title']}: {words}", indent=4)


def approval_wanted(view: dict[str, Any]) -> dict[str, Any] | None:
    """The step that waits for an approval, or None."""
    for step in view["steps"]:
        if step["waits_for"] == "approval" and step["approval"] and step["approval"]["state"] == "asked":
            return dict(step)
    return None


def ask_approval(desk: Any, step: dict[str, Any], view: dict[str, Any]) -> bool:
    """Show what would be done and ask, when this person may decide and is here; else say who may."""
    answer((step, view), lambda both: draw_step(*both))
    line = f"fireline approve {view['run']} {step['position']}"
    if "approve" not in step["actions"]:
        say(f"Somebody else must approve it: `{line}`.")
        return False
    if not interactive():
        say(f"It waits for an approval: `{line}`.")
        return False
    try:
        said = choose("Approve exactly this?", {"y": "do it", "n": "reject it"})
    except Left:
        say(f"Nothing is decided; it waits: `{line}`, or `fireline run cancel {view['run']}`.")
        return False
    if said == "y":
        level = ask_level(step)
        shown = step["approval"]["content_hash"]
        ask(desk, "run.approve", run=view["run"], step=step["position"], hash=shown, level=level)
        return True
    ask(desk, "run.reject", run=view["run"], step=step["position"], reason="rejected at the terminal")
    return True

"""`fireline respond`: one person through one incident over SSH, one question at a time, from what is known to resolved."""

from __future__ import annotations

import select
import sys
import time
from datetime import timedelta
from typing import Any

from fireline.cli.desk import ask, at_desk, the_incident
from fireline.cli.incident import Incident
from fireline.cli.terminal import clean, options, say, warn
from fireline.cli.times import since
from fireline.errors import FirelineError, Refused, Usage

POLL_SECONDS = 1.0
_LOOKING = timedelta(seconds=10)  # what finding the procedure takes at most
_OVER = ("reviewed", "dismissed")
_HELP = """  Enter     what is wanted now, again
  n TEXT    a line for the timeline
  s         the whole incident
  d         it is over: resolve it
  q         leave; nothing is lost, `fireline respond` comes back to this place"""


def respond(incident: Incident = None) -> None:
    """Walk through an incident, one question at a time.

    Shows what is known, asks what is wanted from you, does it, and follows what happens. `?` explains, `q` leaves.
    """
    from fireline.cli.questions import Left

    if options.json:
        raise Usage("respond is a conversation", hint="Use `fireline incident show --json`.")
    with at_desk() as desk:
        walk = Walk(desk, the_incident(desk, incident))
        try:
            walk.go()
        except Left:
            say(f"You have left; `fireline respond {walk.name}` comes back to this place.")


class Walk:
    """One conversation: what was told already, and what the person put off."""

    def __init__(self, desk: Any, name: str) -> None:
        self.desk = desk
        self.name = name
        self.told = 0
        self.put_off: tuple[Any, ...] | None = None

    def go(self) -> None:
        """Ask, do, follow, until the incident is over."""
        from fireline.cli.brief import draw_brief

        view = self._look()
        draw_brief(view)
        while True:
            if view["status"] in _OVER or (view["status"] == "resolved" and not self._asks_after(view)):
                return
            if _still_looking(view):
                time.sleep(POLL_SECONDS)
                view = self._look()
                self._tell(view)
                continue
            if view["wanted"]["kind"] == "nothing" or self._mark(view) == self.put_off:
                view = self._follow(view)
                continue
            self._put(view)
            view = self._look()
            self._tell(view)

    def _put(self, view: dict[str, Any]) -> None:
        """Ask; a refusal is told, with what can be done instead, and the question is put off."""
        from fireline.cli import wants
        from fireline.cli.questions import tell

        self.told = max(self.told, _newest(view))
        say("")
        tell(f"NOW: {view['wanted']['text']}", indent=5)
        try:
            if not wants.put(self.desk, view):
                self.put_off = self._mark(view)
        except FirelineError as refused:
            warn(f"not done: {refused.message}", *([f"hint: {refused.hint}"] if refused.hint else []))
            self._break_glass(refused, view)

    def _break_glass(self, refused: FirelineError, view: dict[str, Any]) -> None:
        """Offer the loud way past a missing backup or second person, where that is what was refused."""
        from fireline.cli import wants
        from fireline.cli.questions import ask_required, choose

        glass = isinstance(refused, Refused) and "glass" in (refused.hint or "") and view["wanted"]["kind"] == "approve"
        if not glass:
            self.put_off = self._mark(view)
            return
        about = "It goes past what was refused. Everybody sees it, and it becomes an item of the post-mortem."
        if choose("Break the glass?", {"y": "yes, with a reason", "n": "no"}, about) == "n":
            self.put_off = self._mark(view)
            return
        run, step = wants.step_wanted(view)
        shown, level = step["approval"]["content_hash"], wants.ask_level(step)
        given = {"hash": shown, "level": level, "reason": ask_required("Why?"), "break_glass": True}
        try:
            ask(self.desk, "run.approve", run=run["run"], step=step["position"], **given)
        except FirelineError as again:
            warn(f"not done: {again.message}")
            self.put_off = self._mark(view)

    def _follow(self, view: dict[str, Any]) -> dict[str, Any]:
        """Tell what happens until something else is wanted or the person says something."""
        from fireline.cli.questions import Left

        say(
            view["wanted"]["text"] if view["wanted"]["kind"] == "nothing" else "Put off.",
            "Watching; ? for help, q to leave.",
        )
        before = self._mark(view)
        if self.put_off == before and not sys.stdin.isatty():
            raise Left  # what comes down a pipe are answers, and this one was not now
        while True:
            if _typed(POLL_SECONDS):
                self._heed(view)
            view = self._look()
            self._tell(view)
            if self._mark(view) != before or self.put_off is None or view["status"] in _OVER:
                return view

    def _heed(self, view: dict[str, Any]) -> None:
        """What the person typed while watching."""
        from fireline.cli import wants
        from fireline.cli.incident_view import draw
        from fireline.cli.questions import Left

        line = sys.stdin.readline()
        word, _, text = line.strip().partition(" ")
        if not line or word == "q":
            raise Left
        if word == "?":
            say(_HELP)
        elif word == "n" and text:
            ask(self.desk, "incident.note", incident=self.name, text=text)
        elif word == "s":
            draw(view, full=True)
        elif word == "d":
            wants.resolve(self.desk, view)
        elif not word:
            self.put_off = None
        else:
            say(f"  {word!r} is not known here; ? for help")

    def _look(self) -> dict[str, Any]:
        return dict(clean(ask(self.desk, "incident.show", incident=self.name)))

    def _mark(self, view: dict[str, Any]) -> tuple[Any, ...]:
        """What is wanted, so that it is asked once: the same thing put off is not asked again."""
        wanted = view["wanted"]
        return (wanted["kind"], wanted["run"], wanted["position"], wanted["text"])

    def _tell(self, view: dict[str, Any]) -> None:
        """The events that were not told yet."""
        from fireline.cli.questions import tell
        from fireline.cli.times import at

        fresh = [event for event in view["timeline"] if event["seq"] > self.told]
        for event in fresh:
            when = at(event["at"])
            tell(f"{when}  {event['text']}", indent=len(when) + 2)
        self.told = _newest(view)

    def _asks_after(self, view: dict[str, Any]) -> bool:
        """What is still to do once it is resolved: told, and asked only when it can be answered here."""
        kind = view["wanted"]["kind"]
        if kind == "postmortem":
            say("", view["wanted"]["text"], f"  fireline incident postmortem {self.name} --out draft.md")
            say(f"  fireline incident postmortem {self.name} --edit draft.md", f"  fireline incident close {self.name}")
            return False
        return bool(kind == "close" and self._mark(view) != self.put_off)


def _still_looking(view: dict[str, Any]) -> bool:
    """Whether Fireline, just woken, may still find the procedure by itself, so that nobody need choose one."""
    kinds = {event["kind"] for event in view["timeline"]}
    looked = bool(kinds & {"matched", "no_match", "chosen", "run_started"})
    return view["wanted"]["kind"] == "choose" and not looked and since(view["opened_at"]) < _LOOKING


def _newest(view: dict[str, Any]) -> int:
    return max((event["seq"] for event in view["timeline"]), default=0)


def _typed(seconds: float) -> bool:
    """Whether the person has typed a line, after at most that long; lines of a pipe answer questions and stay there."""
    if not sys.stdin.isatty():
        time.sleep(seconds)
        return False
    return bool(select.select([sys.stdin], [], [], seconds)[0])

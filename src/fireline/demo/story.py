"""The story a newcomer sees: one incident on a real database, from alert to post-mortem and to a mended runbook, told while it happens."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from fireline.demo.afterwards import end
from fireline.demo.alone import alert, find
from fireline.demo.day import go_wrong, set_up
from fireline.demo.home import sweep
from fireline.demo.morning import mend
from fireline.demo.night import Night
from fireline.demo.person import NAME
from fireline.demo.report import Broken, Report
from fireline.demo.stage import Stage, stoppable, undisturbed
from fireline.demo.voice import EMBER, Voice
from fireline.demo.yours import act
from fireline.errors import Usage


def run(
    *,
    stay: bool = True,
    yes: bool = False,
    port: int = 0,
    quiet: bool = False,
    keep: bool = False,
    tell: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Tell the story and return what was seen; `unmet` in it names what did not come true.

    stay: leave the page open until Ctrl-C. yes: approve without asking. port: of the page, 0 takes a free one.
    quiet: say nothing. keep: leave the folder. tell: called with the report when the story has ended, before the stay.
    """
    voice = Voice(quiet=quiet)
    if not yes and not voice.interactive:
        raise Usage("nobody is here to approve", hint="Say --yes, and the demo approves by itself.")
    sweep()
    report, begun = Report(), time.monotonic()
    with stoppable():
        stage = Stage()
        try:
            _tell(stage, voice, report, port=port, yes=yes)
            report.seconds = round(time.monotonic() - begun, 1)
            _conclude(voice, report)
            if tell is not None:
                tell(report.json())
            if stay and report.url:
                try:
                    _stay(stage, voice, report)
                except KeyboardInterrupt:  # at any moment of the stay it is the way to end it
                    voice.gap()
        finally:
            with undisturbed(), voice.waiting("stopping what was started"):
                stage.clear(keep=keep)
    if keep:
        voice.say(f"Kept: {stage.home.folder}")
    return report.json()


def _tell(stage: Stage, voice: Voice, report: Report, *, port: int, yes: bool) -> None:
    voice.say("Fireline, one incident from alert to post-mortem. Everything is real, on this machine alone,", "bold")
    voice.say("and stopped and removed at the end. It takes about half a minute; Ctrl-C ends it at any time.")
    try:
        set_up(stage, voice, report, port)
        go_wrong(stage, voice, report)
        night = Night(stage, voice, report, yes=yes)
        for chapter in (alert, find, act, end, mend):
            chapter(night)
    except Broken:
        pass  # the report names it


def _conclude(voice: Voice, report: Report) -> None:
    voice.gap()
    if report.unmet:
        voice.say("Not everything came true:", "bold red")
        voice.block(report.unmet, "red")
    else:
        voice.say(f"From the first row to the mended runbook: {report.seconds:g} s.", "bold")


def _stay(stage: Stage, voice: Voice, report: Report) -> None:
    assert stage.person is not None, "there is a page"
    voice.gap()
    where = f"{report.url}/incidents/{report.incident['id'].removeprefix('INC-')}" if report.incident else report.url
    voice.say(f"The page stays open: {where}", EMBER)
    voice.say(f"Log in as {NAME} with {stage.person.password.reveal()}. Logs and the post-mortem: {stage.folder}")
    voice.say("Ctrl-C stops and removes everything.")
    voice.rest()

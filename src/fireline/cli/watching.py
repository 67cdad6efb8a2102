"""`fireline diagnose --watch`: look again every few seconds until Ctrl-C, and tell only what changed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from fireline.cli.terminal import clean, options, say
from fireline.cli.times import at
from fireline.errors import TargetUnavailable

PAUSE_SECONDS = 3.0
Told = dict[str, Any]


def watch_causes(look: Callable[[], Told], draw: Callable[[Told], None], *, pause: float = PAUSE_SECONDS) -> Told:
    """Look until a person interrupts; the last look. The first is drawn whole; with --json each look is one line."""
    found: Told = {"causes": []}
    before: Told | None = None
    away = ""
    try:
        while True:
            try:
                found = look()
            except TargetUnavailable as gone:
                away = _tell_away(gone, away)
            else:
                away = ""
                _tell(before, found, draw)
                before = found
            time.sleep(pause)
    except KeyboardInterrupt:
        return found


def _tell_away(gone: TargetUnavailable, before: str) -> str:
    if gone.message != before:
        if options.json:
            _line({"error": gone.message, "hint": gone.hint})
        say(f"           {clean(gone.message)}")
    return gone.message


def _tell(before: Told | None, found: Told, draw: Callable[[Told], None]) -> None:
    if options.json:
        _line(found)
    elif before is None:
        draw(clean(found))
        say("", "Watching; Ctrl-C ends it.")
    else:
        say(*(f"{at(found['taken_at'])}  {words}" for words in changes(before, clean(found))))


def changes(before: Told, found: Told) -> list[str]:
    """What is new, what is gone, and how the score moved, in words."""
    was = {(one["cause"], *one["objects"]): one for one in before["causes"]}
    now = {(one["cause"], *one["objects"]): one for one in found["causes"]}
    told = [f"new:  {one['title']} ({one['cause']}, {one['severity']})" for key, one in now.items() if key not in was]
    told += [f"gone: {one['title']} ({one['cause']})" for key, one in was.items() if key not in now]
    told += [
        f"{one['cause']} is {one['severity']} now, it was {was[key]['severity']}"
        for key, one in now.items()
        if key in was and was[key]["severity"] != one["severity"]
    ]
    blind = {one["check"] for one in before["unknown"]}
    told += [
        f"not seen any more: {one['check']}, {one['because']}" for one in found["unknown"] if one["check"] not in blind
    ]
    old, new = before["score"]["score"], found["score"]["score"]
    if old != new:
        told.append(f"score {'?' if old is None else old} -> {'?' if new is None else new}")
    return told


def _line(data: Told) -> None:
    sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()

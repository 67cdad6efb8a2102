"""What this call's terminal is: JSON or text, colour or none, a person to ask or nobody; not what is shown on it."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fireline.errors import Usage

if TYPE_CHECKING:
    from rich.console import Console

EMBER = "bold dark_orange"  # the one accent: you are wanted here
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass
class Options:
    """The options that every command takes, before or after its name."""

    json: bool = False
    debug: bool = False
    config: Path | None = None


options = Options()


def interactive() -> bool:
    """Whether a person sits here who can be asked."""
    return not options.json and sys.stdin.isatty() and sys.stdout.isatty()


@cache
def console() -> Console:
    """The console that tables and panels are drawn on; wide when it is no terminal, so that `grep` finds whole lines."""
    from rich.console import Console

    wide = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 1000
    return Console(width=wide, highlight=False, markup=False, emoji=False)


def answer(data: Any, draw: Callable[[Any], None]) -> None:
    """Give a command's result: the JSON document, or its drawing. What outsiders wrote can not steer the terminal."""
    if options.json:
        write_json(data)
    else:
        draw(clean(data))


def write_json(data: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)


def clean(value: Any) -> Any:
    """The same value without control characters in its texts; line breaks and tabs stay."""
    if isinstance(value, str):
        return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return value


def say(*lines: str) -> None:
    """Plain lines on stdout, nothing with --json; needs no drawing library."""
    if not options.json:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()


def warn(*lines: str) -> None:
    """Plain lines on stderr, whatever the output format."""
    sys.stdout.flush()
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


def complain(message: str, hint: str | None) -> None:
    """Tell of an error: two lines on stderr, or the JSON document on stdout."""
    if options.json:
        write_json({"error": message, "hint": hint})
        return
    warn(f"error: {one_line(message)}", *([f"hint: {one_line(hint)}"] if hint else []))


def one_line(text: str) -> str:
    """The text on one line, without control characters."""
    return str(clean(" ".join(text.split())))


def confirm(question: str, *, otherwise: str) -> bool:
    """Ask a person yes or no; Usage when nobody is there, saying what to give instead."""
    if not interactive():
        raise Usage("nobody is here to answer", hint=otherwise)
    while True:
        sys.stdout.write(f"{question} [y/n] ")
        sys.stdout.flush()
        line = sys.stdin.readline()
        said = line.strip().casefold()
        if not line or said in ("n", "no"):
            if not line:
                sys.stdout.write("\n")
            return False
        if said in ("y", "yes"):
            return True

"""Calls operations from a command, and finds the incident that is meant when only one can be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fireline.cli.terminal import options
from fireline.errors import NotFound, Usage

if TYPE_CHECKING:
    from fireline.app.desk import Desk

_NAME = re.compile(r"(?:inc-)?(\d+)", re.I)
_SHOWN = 5  # open incidents named in a hint


@contextmanager
def at_desk() -> Iterator[Desk]:
    """The desk this shell has, for several calls."""
    from fireline.app.desk import open_desk

    with open_desk(options.config) as desk:
        yield desk


def call(name: str, /, **arguments: Any) -> Any:
    """Carry out one operation; what is None is left to the operation's default."""
    with at_desk() as desk:
        return ask(desk, name, **arguments)


def ask(desk: Desk, name: str, /, **arguments: Any) -> Any:
    """Carry out one operation of several; what is None is left to the operation's default."""
    return desk.call(name, **{key: value for key, value in arguments.items() if value is not None})


def the_incident(desk: Desk, given: str | None) -> str:
    """The incident named, else the only open one; Usage names the open ones when there are several."""
    if given:
        return given
    found = ask(desk, "incident.list", status="open", limit=50)
    if not found:
        raise NotFound("no incident is open", hint="`fireline incident list --status all` shows the past ones.")
    if len(found) > 1:
        named = "; ".join(f"{one['id']} {one['title']}" for one in found[:_SHOWN])
        raise Usage(f"which incident? {len(found)} are open", hint=f"Name one: {named}.")
    return str(found[0]["id"])


def incident_and(words: list[str], *names: str) -> tuple[str | None, list[str]]:
    """Split `[INCIDENT] A B` into the incident, if one was named, and the rest; Usage when the count is not right."""
    wanted = len(names)
    if len(words) == wanted + 1 and _NAME.fullmatch(words[0]):
        return words[0], words[1:]
    if len(words) == wanted:
        return None, words
    shape = " ".join(f"<{name}>" for name in names)
    raise Usage(f"expected {shape}, or an incident and {shape}", hint="Put a text of several words in quotes.")

"""What a way of keeping traffic away is: a value of the server that is read, set, and put back. One file each in `ways/`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from fireline import shelf
from fireline.recovery.fence.ground import GONE, Ground
from fireline.recovery.fence.rows import Level, Step


@dataclass(frozen=True)
class LeftOut:
    """What is not done although it would belong to the level, and why."""

    what: str
    why: str


def say(ground: Ground, step: Step, statements: list[str]) -> None:
    """Say the statements on the kept connection."""
    del step
    for one in statements:
        ground.conn.execute(one.encode())


def _nothing(_: Ground, __: Step) -> str:
    return ""


@dataclass(frozen=True)
class Way:
    """One file on the shelf of ways.

    order: lower ones are acted on first and put back last.
    plan: the steps of this way that a level needs here, captured, and what it leaves out.
    read: the value as it is now; compared with the step's captured `before` and `ours`; GONE when the thing is not there.
    say: where and how the step's statements are said.
    rest: after the value is put back, what could not be put back to the letter, in words.
    do: in place of setting a value, what has no value of its own; in words what came of it.
    """

    name: str
    order: int
    plan: Callable[[Ground, Level], list[Step | LeftOut]]
    read: Callable[[Ground, Step], Any]
    say: Callable[[Ground, Step, list[str]], None] = field(default=say)
    rest: Callable[[Ground, Step], str] = field(default=_nothing)
    do: Callable[[Ground, Step], str] | None = None


@cache
def ways() -> dict[str, Way]:
    """Every way, in the order of acting."""
    found: dict[str, Way] = shelf.read("fireline.recovery.fence.ways", "way")
    return dict(sorted(found.items(), key=lambda one: one[1].order))


def act(ground: Ground, step: Step) -> str:
    """Set it; nothing when it is set already. In words what is worth knowing; raises Changed when it is not as captured."""
    way = ways()[step.way]
    if way.do is not None:
        return way.do(ground, step)
    now = way.read(ground, step)
    if now == step.captured["ours"]:
        return ""
    if now != step.captured["before"]:
        raise Changed(_other(step, now))
    way.say(ground, step, step.act)
    now = way.read(ground, step)
    if now != step.captured["ours"]:
        raise Changed(f"{step.title}: the server took it and shows {now!r}")
    return ""


def put_back(ground: Ground, step: Step) -> str:
    """Put it back as it was; harmless twice. In words what is worth knowing; raises Changed when others changed it."""
    way = ways()[step.way]
    now = way.read(ground, step)
    if now == GONE:
        return f"{step.about} is not there any more"
    if now != step.captured["before"]:
        if now != step.captured["ours"]:
            raise Changed(_other(step, now))
        way.say(ground, step, step.inverse)
        now = way.read(ground, step)
        if now != step.captured["before"]:
            raise Changed(_other(step, now))
    return way.rest(ground, step)


def holds(ground: Ground, step: Step) -> bool:
    """Whether it is as we set it."""
    return bool(ways()[step.way].read(ground, step) == step.captured["ours"])


class Changed(Exception):
    """Somebody else changed what we had set; it is not trampled."""


def _other(step: Step, now: Any) -> str:
    back = f" To have it as before: {'; '.join(step.inverse)}" if step.inverse else ""
    return (
        f"{step.about} is {now!r} now; before it was {step.captured['before']!r}, and the fence had set"
        f" {step.captured['ours']!r}, so somebody else changed it and it is left alone.{back}"
    )

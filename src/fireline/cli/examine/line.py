"""One line of the doctor's findings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Line:
    """What was looked at, how it is, and what to do about it."""

    about: str
    state: Literal["ok", "warn", "fail"]
    text: str
    todo: str = ""

    def json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def ok(about: str, text: str) -> Line:
    """It will hold."""
    return Line(about, "ok", text)


def warn(about: str, text: str, todo: str = "") -> Line:
    """It may surprise somebody."""
    return Line(about, "warn", text, todo)


def fail(about: str, text: str, todo: str = "") -> Line:
    """It will not work."""
    return Line(about, "fail", text, todo)

"""One view of a real server, as JSON has it."""

from __future__ import annotations

from typing import Any

from fireline.assess.snapshot import Asked
from fireline.assess.view import examine, named
from fireline.postgres.connect import Target
from fireline.store.chain import plain


class Seen:
    """A view that was taken: its facts, and its tables by title."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.facts: list[str] = told["facts"]
        self.tables: dict[str, list[dict[str, Any]]] = {one["title"]: one["rows"] for one in told["sections"]}
        self.unknown: list[dict[str, str]] = told["unknown"]


def seen(target: Target, name: str, asked: Asked | None = None) -> Seen:
    """Look at the target for this view alone."""
    (told,) = plain(examine(target, named([name]), asked))["checks"]
    assert told["check"] == name
    return Seen(told)

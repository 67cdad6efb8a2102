"""A plan of many parts on a terminal: each with its reason, its statement, and what it takes."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from fireline.cli.terminal import console, say


def draw_parts(plan: dict[str, Any]) -> None:
    """What would be done, what is left out and why, and what is only suggested; nothing for a plan of one part."""
    for number, part in enumerate(plan.get("parts") or [], start=1):
        _block(f"{number}", part["what"], _rows(part))
    for title, key in (("Left out now", "left_out"), ("Suggested, never done by Fireline", "suggestions")):
        found = plan.get(key) or []
        if found:
            say("", f"{title}:")
        for one in found:
            _block(
                "-",
                one["what"],
                [("why", one["why"]), *([("by hand", one["statement"])] if "statement" in one else [])],
            )


def _rows(part: dict[str, Any]) -> list[tuple[str, str]]:
    """What is told of a part, in the order a person asks."""
    rows = [
        (label, part.get(key) or "")
        for label, key in (("why", "why"), ("gain", "gain"), ("lock", "lock"), ("disk", "disk"))
    ]
    return [*rows, ("runs", part.get("statement") or "")]


def _block(mark: str, what: str, rows: list[tuple[str, str]]) -> None:
    console().print(Text(f"  {mark:>2}  {what}", style="bold"))
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(style="dim", min_width=13)
    grid.add_column(overflow="fold")
    for label, words in rows:
        if words:
            grid.add_row(f"      {label}", Text(words, style="cyan" if label in ("runs", "by hand") else ""))
    console().print(grid)

"""Tables in the house's style: aligned columns, a quiet head, no frames."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from fireline.cli.terminal import console, say
from fireline.cli.times import at


def columns(*names: str, whole: tuple[str, ...] = ()) -> Table:
    """An empty table. whole: columns that are never broken, as they are copied from here."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name in whole)
    return table


def draw_rows(rows: list[dict[str, Any]], keys: list[str]) -> None:
    """Rows as a table of these keys; times are told in the reader's zone."""
    if not rows:
        say("None yet.")
        return
    table = columns(*(key.removesuffix("_at").replace("_", " ") for key in keys))
    for row in rows:
        table.add_row(*(_cell(key, row.get(key)) for key in keys))
    console().print(table)


def _cell(key: str, value: Any) -> str:
    if value is None or value == "":
        return "-"
    return at(value) if key.endswith("_at") else str(value)

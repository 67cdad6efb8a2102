"""`fireline health`: how healthy a database is, in one number, and where each lost point went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from fireline.cli.patient import Dsn, TargetName, patient, remote
from fireline.cli.terminal import answer, say

if TYPE_CHECKING:
    from rich.text import Text

_STYLE = {"healthy": "bold green", "warning": "bold dark_orange", "critical": "bold red", "unknown": "bold"}


def health(target: TargetName = None, dsn: Dsn = None) -> None:
    """Score a database from 0 to 100: the worst of availability, performance, integrity, security and headroom.

    Every point lost is told with its reason. Exit code 0 when it is healthy (90 and more), 1 when it is not, 2 when
    it could not be looked at.
    """
    found = _look(target, dsn)
    answer(found, _draw)
    if found["status"] != "healthy":
        raise typer.Exit(1 if found["score"] is not None else 2)


def _look(target: str | None, dsn: str | None) -> dict[str, Any]:
    if remote(dsn):
        from fireline.cli.desk import call

        found: dict[str, Any] = call("assess.health", target=target)
        return found
    from fireline.assess.asking import healthy
    from fireline.assess.diagnose import diagnose
    from fireline.assess.snapshot import Asked
    from fireline.cli.earlier import earlier
    from fireline.store.chain import plain

    at = patient(target, dsn)
    made: dict[str, Any] = plain(healthy(diagnose(at, Asked(past=earlier(at.name, dsn, Asked().since)))))
    return made


def _draw(told: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    from fireline.cli.diagnose import draw_unknown, looked
    from fireline.cli.terminal import console

    say(looked(told), "")
    whole = "?" if told["score"] is None else str(told["score"])
    line = Text(f"{whole} of 100  {told['status']}", style=_STYLE[told["status"]])
    line.append(f"   {told['coverage']:.0%} of what Fireline knows could be judged", style="dim")
    console().print(line)
    console().print()
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, side in told["dimensions"].items():
        for row in _rows(name, side):
            grid.add_row(*row)
    console().print(grid)
    _draw_first(told)
    if told["unknown"]:
        say("", "Not seen:")
        draw_unknown(told["unknown"])


def _rows(name: str, side: dict[str, Any]) -> list[tuple[Text, Text, Text]]:
    """A dimension: its score, then a line for each deduction."""
    from rich.text import Text

    if side["score"] is None:
        return [(Text(name), Text("?"), Text("nothing of it could be seen", style="dim"))]
    seen = f"{side['coverage']:.0%} could be judged" if side["coverage"] < 1 else ""
    style = "dim" if side["score"] == 100 else "bold"  # noqa: PLR2004 - all points
    rows = [(Text(name, style=style), Text(str(side["score"]), style=style), Text(seen, style="dim"))]
    for one in side["deductions"]:
        words = Text(one["because"])
        if one["cause"]:
            words.append(f"  {one['cause']}", style="dim")
        rows.append((Text(""), Text(f"-{one['points']}"), words))
    return rows


def _draw_first(told: dict[str, Any]) -> None:
    first = told["first"]
    if first is None:
        return
    gain = f"the score rises from {told['score']} to {first['to']}" if first["raises"] else "its dimension recovers"
    say("", f"Mend first: {first['because']}", f"            Then {gain}.")
    if first["cause"]:
        say("            `fireline diagnose` tells the proof and the remedy.")

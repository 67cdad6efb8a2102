"""`fireline check`: one look at one side of a database: connections, locks, slow queries …; facts, and no judgement."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fireline.cli.patient import Dsn, TargetName, patient, remote
from fireline.cli.terminal import answer, say
from fireline.errors import Usage
from fireline.sizes import size

if TYPE_CHECKING:
    from rich.text import Text

_THOUSAND = 1000
_WIDE = 160  # of a cell on a terminal; --json has all


def check(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Without a name: the list of checks.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All of them, in one look.")] = False,
    target: TargetName = None,
    dsn: Dsn = None,
    since: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="How far back the server's log is read, and from when statements are compared with before.",
        ),
    ] = "15m",
    around: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="Count the log's errors before and since: 02:40, 2026-03-01T02:40Z or 25m ago."
        ),
    ] = "",
    search: Annotated[
        str, typer.Option(metavar="TEXT", help="Show the newest lines of the log that match, a regular expression.")
    ] = "",
    log_file: Annotated[Path | None, typer.Option(help="The server's log, where it can not be found.")] = None,
) -> None:
    """Look at one side of a database: connections, locks, slow-queries, tables, indexes, settings …

    --since, --around, --search and --log-file are for the check `log`: `fireline check log --search 'deadlock|timeout'`.
    Reads only and needs no store. Exit code 2 when the database, or what was asked for, could not be seen.
    """
    from fireline.assess.view import views

    if name is None and not every:
        listed = [{"check": view.name, "summary": view.summary} for view in views().values()]
        answer(listed, _draw_list)
        return
    if name is not None and every:
        raise Usage("a name and --all exclude each other")
    if remote(dsn) and log_file is not None:
        raise Usage("--log-file is read on this machine", hint="Leave it out, or give --dsn.")
    found = _look(name, target, dsn, since, around, search, log_file)
    answer(found, _draw)
    if any(not one["facts"] and not one["sections"] and one["unknown"] for one in found["checks"] if name):
        raise typer.Exit(2)


def _look(
    name: str | None, target: str | None, dsn: str | None, since: str, around: str, search: str, log_file: Path | None
) -> dict[str, Any]:
    start = _start(around)
    if remote(dsn):
        from fireline.cli.desk import call

        begin = start.isoformat() if start else ""
        found: dict[str, Any] = call("assess.check", target=target, name=name, since=since, around=begin, search=search)
        return found
    from fireline.assess.log_search import checked
    from fireline.assess.snapshot import Asked
    from fireline.assess.view import examine, named
    from fireline.cli.diagnose import duration
    from fireline.cli.earlier import earlier
    from fireline.store.chain import plain

    at, back = patient(target, dsn), duration(since)
    past = earlier(at.name, dsn, back)
    asked = Asked(since=back, log_file=log_file, start=start, search=checked(search), past=past)
    made: dict[str, Any] = plain(examine(at, named([name] if name else None), asked))
    return made


def _start(around: str) -> datetime | None:
    """The moment meant, in this machine's time zone where it names none. Raises Usage."""
    if not around:
        return None
    from fireline.cli.times import past_moment

    try:
        return past_moment(around)
    except ValueError:
        raise Usage(
            f"--around: {around!r} is no time", hint="Give 02:40, 2026-03-01T02:40Z, or how long ago: 25m."
        ) from None


def _draw_list(listed: list[dict[str, Any]]) -> None:
    from fireline.cli.tables import draw_rows

    draw_rows(listed, ["check", "summary"])


def _draw(told: dict[str, Any]) -> None:
    from rich.text import Text

    from fireline.cli.diagnose import draw_unknown, looked
    from fireline.cli.terminal import console

    say(looked(told))
    for one in told["checks"]:
        console().print(Text(f"\n{one['check']}", style="bold"))
        say(*(f"  {fact}." for fact in one["facts"]))
        for section in one["sections"]:
            _draw_section(section)
        if one["unknown"]:
            say("  Not seen:")
            draw_unknown(one["unknown"])


def _draw_section(section: dict[str, Any]) -> None:
    """A table; an empty one is a line."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from fireline.cli.terminal import console

    if not section["rows"]:
        console().print(Text(f"  {section['title']}: none", style="dim"))
        return
    console().print(Text(f"\n  {section['title']}", style="bold"))
    if section["note"]:
        console().print(Padding(Text(section["note"], style="dim"), (0, 0, 0, 2), expand=False))
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in section["rows"][0]:
        numbers = all(isinstance(row[name], int | float) or row[name] is None for row in section["rows"])
        table.add_column(heading(name), overflow="fold", justify="right" if numbers else "left")
    for row in section["rows"]:
        table.add_row(*(_cell(name, value) for name, value in row.items()))
    console().print(Padding(table, (0, 0, 0, 2), expand=False))


_UNITS = ("_bytes", "_ms", "_s")


def heading(name: str) -> str:
    """A column's name as a person reads it: the unit stands in the cells."""
    for unit in _UNITS:
        if name.endswith(unit):
            return name.removesuffix(unit).replace("_", " ")
    return name.replace("_", " ")


def _cell(name: str, value: Any) -> Text:
    from rich.text import Text

    return Text(cell(name, value))


def cell(name: str, value: Any) -> str:
    """A value as a person reads it, by the unit that its column's name ends with."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(name, value)
    if name.endswith("_at"):
        from fireline.cli.times import at

        return at(value)
    text = str(value)
    return text if len(text) <= _WIDE else f"{text[: _WIDE - 1]}…"


def _number(name: str, value: float) -> str:
    from fireline.assess.telling import span

    if name.endswith("_bytes"):
        return size(value)
    if name.endswith("_share"):
        return f"{value:.1%}"
    if name.endswith("_s"):
        return span(value)
    if name.endswith("_ms"):
        return span(value / _THOUSAND) if value >= 10 * _THOUSAND else f"{value:,.4g} ms"
    return str(value) if name in ("pid", "line") else f"{value:,}"

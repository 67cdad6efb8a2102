"""`fireline change`: what was deployed, migrated or set; told by senders, by people, or seen in the targets."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fireline.cli.desk import call
from fireline.cli.terminal import answer, console, say
from fireline.cli.times import at as shown_at

app = typer.Typer(help="See and write down what was deployed, migrated or set.", rich_markup_mode=None)


@app.command("list")
def list_(
    target: Annotated[str | None, typer.Option(help="Only of this target, or of any.")] = None,
    kind: Annotated[str | None, typer.Option(help="deploy, migration, setting or other.")] = None,
    search: Annotated[str | None, typer.Option(help="Words of the title, who did it, or the source.")] = None,
    before: Annotated[int | None, typer.Option(help="Only those older than this number: the next page.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List changes, newest first."""
    answer(call("change.list", target=target, kind=kind, search=search, before=before, limit=limit), _draw)


def _draw(found: list[dict[str, Any]]) -> None:
    from fireline.cli.tables import columns

    if not found:
        say("No changes.")
        return
    table = columns("change", "when", "kind", "target", "by", "source", "title")
    for one in found:
        cells = (one["change"], when(one), one["kind"], one["target"] or "any", one["by"] or "-", one["source"])
        table.add_row(*map(str, cells), one["title"])
    console().print(table)


def when(change: dict[str, Any]) -> str:
    """The moment of a change, or the two between which it was."""
    moment = shown_at(change["at"])
    return f"{shown_at(change['not_before'])} to {moment}" if change["not_before"] else moment


@app.command()
def add(
    title: Annotated[str, typer.Argument(help="What was changed: shop 4.2.")],
    kind: Annotated[str, typer.Option(help="deploy, migration, setting or other.")] = "deploy",
    target: Annotated[str | None, typer.Option(help="The system concerned, as named in the settings.")] = None,
    by: Annotated[str, typer.Option(help="Who did it; you, if left out.")] = "",
    url: Annotated[str, typer.Option(help="Where it can be read about.")] = "",
    at: Annotated[str, typer.Option(help="When: 2026-03-01T22:00+01:00; now if left out.")] = "",
    text: Annotated[str, typer.Option(help="More about it.")] = "",
) -> None:
    """Write down a change, as the last line of a deploy would.

    It wakes nobody. Every incident shows what changed in the 24 hours before it.
    """
    told = {"title": title, "kind": kind, "target": target, "by": by, "url": url, "at": at, "text": text}
    answer(call("change.add", **told), lambda done: say(done["text"]))

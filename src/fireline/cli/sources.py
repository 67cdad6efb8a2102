"""`fireline source`: who may send here, how a sender is set up, and whether the way behind the door is open."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from fireline.cli.desk import ask, at_desk, call
from fireline.cli.terminal import answer, console, say
from fireline.cli.times import ago

app = typer.Typer(help="Who may send alerts, and how a sender is set up.", rich_markup_mode=None)

SECONDS = 10  # that a worker has for a test


@app.command("list")
def list_() -> None:
    """List the sources of the settings, with what came and what was refused."""
    answer(call("source.list"), _draw)


def _draw(found: list[dict[str, Any]]) -> None:
    from fireline.cli.tables import columns

    if not found:
        say("No sources. Name one in fireline.toml: [sources.NAME] with format and token.")
        return
    table = columns("source", "format", "last", "accepted", "refused", "url")
    for one in found:
        last = ago(one["last_at"]) if one["last_at"] else "never"
        counts = (f"{one['accepted']:,}", f"{one['refused']:,}")
        table.add_row(one["source"], one["format"] or "-", last, *counts, one["url"] or "-")
    console().print(table)
    for one in found:
        if one["last_refusal"]:
            say(f"{one['source']} was last refused: {one['last_refusal']}")


@app.command()
def show(source: Annotated[str, typer.Argument(help="Its name in the settings.")]) -> None:
    """Show how the sender of a source is set up."""
    from fireline.errors import NotFound

    found = {one["source"]: one for one in call("source.list")}
    if source not in found:
        raise NotFound(f"no source {source!r}", hint=f"There are: {', '.join(found) or 'none'}.")
    answer(found[source], _draw_one)


def _draw_one(one: dict[str, Any]) -> None:
    say(f"{one['source']} · {one['summary']}")
    for url in [one["url_with_token"], *one["paths"]]:
        if url:
            say(f"  {url}")
    for line in one["setup"]:
        say(f"  {line}")
    say(f"  {one['accepted']:,} accepted, {one['refused']:,} refused")
    if one["last_refusal"]:
        say(f"  last refused: {one['last_refusal']}")


@app.command("test")
def send(source: Annotated[str, typer.Argument(help="Its name in the settings.")]) -> None:
    """Send a test as this source, and see a worker take it; nobody is woken and no incident opens."""
    with at_desk() as desk:
        sent = ask(desk, "source.test", source=source)
        end = time.monotonic() + SECONDS
        found = ask(desk, "source.tested", test=sent["test"])
        while not found["taken"] and time.monotonic() < end:
            time.sleep(0.1)
            found = ask(desk, "source.tested", test=sent["test"])
    answer({**sent, **found, "text": f"{sent['text']} {found['text']}"}, lambda done: say(done["text"]))
    if not found["taken"]:
        raise typer.Exit(1)

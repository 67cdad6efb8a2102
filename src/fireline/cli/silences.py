"""`fireline silence`: of certain alerts nobody is told, for a time that always ends."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fireline.cli.desk import call
from fireline.cli.terminal import answer, console, say
from fireline.cli.times import at

app = typer.Typer(help="Tell nobody of certain alerts, for a time that always ends.", rich_markup_mode=None)

_WHAT = 'What fits: target=main, alertname=~"Pg.*", severity!=critical. All of them must fit.'


@app.command()
def add(
    matchers: Annotated[list[str], typer.Argument(help=_WHAT)],
    comment: Annotated[str, typer.Option(help="Why; it is shown with every alert that is held.")],
    lasts: Annotated[str, typer.Option("--for", help="How long: 30m, 2h, 7d; at most a year.")] = "2h",
    starts: Annotated[str, typer.Option(help="When it begins: 2026-03-01T22:00+01:00; now if left out.")] = "",
    maintenance: Annotated[bool, typer.Option("--maintenance", help="A window of maintenance, shown as such.")] = False,
    days: Annotated[str, typer.Option(help="Only on these days: mon,thu or daily.")] = "",
    between: Annotated[str, typer.Option(help="Only between these times: 22:00-02:00.")] = "",
    timezone: Annotated[str, typer.Option(help="The zone of those times: Europe/Berlin.")] = "UTC",
) -> None:
    """Silence alerts, now or at a time, once or again and again.

    The alerts still come in and open incidents. What still fires when the silence ends is told of then.
    """
    kind = "maintenance" if maintenance else "silence"
    told = {"matchers": matchers, "comment": comment, "lasts": lasts, "starts": starts, "kind": kind}
    made = call("silence.create", **told, days=days, between=between, timezone=timezone)
    answer(made, lambda done: say(done["text"], f"End it with `fireline silence end {done['silence']}`."))


@app.command()
def preview(matchers: Annotated[list[str], typer.Argument(help=_WHAT)]) -> None:
    """Show which alerts that fire now would be held."""
    answer(call("silence.preview", matchers=matchers), lambda found: _draw_alerts(found["alerts"]))


@app.command()
def end(silence: Annotated[int, typer.Argument(help="Its number.")]) -> None:
    """End a silence now: people are told at once of what still fires."""
    answer(call("silence.end", silence=silence), lambda done: say(done["text"]))


@app.command("list")
def list_(past: Annotated[bool, typer.Option("--past", help="Also those that are over.")] = False) -> None:
    """List silences and maintenance windows that hold or will."""
    answer(call("silence.list", past=past), _draw)


def _draw(found: list[dict[str, Any]]) -> None:
    from fireline.cli.tables import columns

    if not found:
        say("No silences.")
        return
    table = columns("silence", "state", "until", "what", "why", "by")
    for one in found:
        until = at(one["held_until"] or one["ends_at"])
        table.add_row(
            str(one["silence"]), one["state"], until, ", ".join(one["matchers"]), one["comment"], one["created_by"]
        )
    console().print(table)


@app.command()
def show(silence: Annotated[int, typer.Argument(help="Its number.")]) -> None:
    """Show a silence, and the alerts that it fits now."""
    answer(call("silence.show", silence=silence), _draw_one)


def _draw_one(one: dict[str, Any]) -> None:
    say(f"{one['kind'].capitalize()} {one['silence']}: {one['comment']} ({one['created_by']})")
    say(f"  {one['state']} · {at(one['starts_at'])} to {at(one['ends_at'])}")
    again = one["recurrence"]
    if again:
        say(f"  {', '.join(again['days'])} {again['opens']}-{again['closes']} {again['timezone']}")
    for matcher in one["matchers"]:
        say(f"  {matcher}")
    _draw_alerts(one["alerts"])


def _draw_alerts(alerts: list[dict[str, Any]]) -> None:
    if not alerts:
        say("It fits no alert that fires now.")
        return
    say(f"It fits {len(alerts)} that fire now:")
    for one in alerts[:20]:
        say(f"  {one['alert']}  {one['title']}  ({one['source']}, incident {one['incident'] or '-'})")

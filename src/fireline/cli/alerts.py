"""`fireline alert` and `fireline report`: what came in, and the door for a person who saw something."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fireline.cli.desk import call
from fireline.cli.terminal import answer, console, say
from fireline.cli.times import ago, at

app = typer.Typer(help="See the alerts that came in.", rich_markup_mode=None)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    before: Annotated[int | None, typer.Option(help="Only those older than this number: the next page.")] = None,
    search: Annotated[str | None, typer.Option(help="Words of the title or a label.")] = None,
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    target: Annotated[str | None, typer.Option(help="Only of this target.")] = None,
    severity: Annotated[str | None, typer.Option(help="Only with this severity, as the sender says it.")] = None,
    label: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Only with this label; repeatable.")
    ] = None,
    status: Annotated[str | None, typer.Option(help="firing, stale or resolved.")] = None,
) -> None:
    """List alerts, newest first."""
    kept = {"source": source, "target": target, "severity": severity, "label": label or None}
    answer(call("alert.list", limit=limit, before=before, search=search, status=status, **kept), _draw_list)


def _draw_list(found: list[dict[str, Any]]) -> None:
    from fireline.cli.tables import columns

    if not found:
        say("No alerts.")
        return
    table = columns("alert", "status", "count", "last", "source", "incident", "title")
    for one in found:
        row = (
            one["alert"],
            "flapping" if one["flapping"] else one["status"],
            one["count"],
            ago(one["last_at"]),
            one["source"],
            one["incident"] or "-",
            one["title"],
        )
        table.add_row(*map(str, row))
    console().print(table)


@app.command()
def show(alert: Annotated[int, typer.Argument(help="Its number.")]) -> None:
    """Show an alert: what it said, how often, and why it counts as the same one."""
    answer(call("alert.show", alert=alert), _draw)


def _draw(one: dict[str, Any]) -> None:
    say(f"Alert {one['alert']}  {one['title']}")
    times = f"{one['count']} times, {at(one['first_at'])} to {at(one['last_at'])}"
    say(f"  {one['status']} · {one['source']} · target {one['target'] or '-'} · incident {one['incident'] or '-'}")
    say(f"  {times}", f"  key {one['key']} ({one['key_reason']})")
    if one["group_reason"]:
        say(f"  grouped by {one['group_reason']}")
    if one["flapping"]:
        changes, since = one["flapping"]["changes"], at(one["flapping"]["since"])
        say(f"  flapping: {changes} changes since {since}, last {one['flapping']['last']}; held until it is calm")
    for name in ("labels", "annotations"):
        for key, value in one[name].items():
            say(f"  {key}: {value}")


def report(
    title: Annotated[str, typer.Argument(help="What is wrong, in a few words.")],
    text: Annotated[str, typer.Option(help="More: what you did, what you saw.")] = "",
    target: Annotated[str | None, typer.Option(help="The system concerned, as named in the settings.")] = None,
    severity: Annotated[str | None, typer.Option(help="How bad, if you know: P1.")] = None,
) -> None:
    """Report that something is wrong, as a user would.

    It comes in like any other alert: it may open an incident or join one.
    """
    data = call("report.send", title=title, text=text, target=target, severity=severity)
    answer(data, lambda done: say(done["text"], "It may open an incident: `fireline incident list`."))

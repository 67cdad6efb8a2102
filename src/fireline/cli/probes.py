"""`fireline probe`: what Fireline looks at by itself, and the jobs that show signs of life."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fireline.cli.desk import call
from fireline.cli.terminal import answer, console, say
from fireline.cli.times import at

app = typer.Typer(help="See what Fireline looks at by itself, and jobs that show signs of life.", rich_markup_mode=None)


@app.command("list")
def list_() -> None:
    """List the probes of the settings, with what their newest look saw."""
    answer(call("probe.list"), _draw)


def _draw(found: list[dict[str, Any]]) -> None:
    from fireline.cli.tables import columns

    if not found:
        say("No probes.", "Set one up under [probes.NAME] in fireline.toml.")
        return
    table = columns("probe", "kind", "state", "since", "last look", "took", "late", "saw")
    for one in found:
        took = f"{one['ms']} ms" if one["ms"] is not None else "-"
        late = f"{one['late_ms']} ms" if one["late_ms"] is not None else "-"
        since, looked = (at(one[name]) if one[name] else "-" for name in ("since", "checked_at"))
        table.add_row(one["probe"], one["kind"], one["state"], since, looked, took, late, one["title"])
    console().print(table)


@app.command()
def show(
    probe: Annotated[str, typer.Argument(help="Its name in the settings.")],
    hours: Annotated[int, typer.Option(min=1, help="How far back, at most eight days.")] = 24,
) -> None:
    """Show one probe: its rule, its newest looks, and how the last hours were."""
    answer(call("probe.show", probe=probe, hours=hours), _draw_one)


def _draw_one(one: dict[str, Any]) -> None:
    say(f"{one['probe']}: {one['what']} is {one['state']}" + (f" since {at(one['since'])}" if one["since"] else ""))
    say(f"  {one['title']}" + (f" ({one['detail']})" if one["detail"] else ""))
    say(f"  fires after {one['fires_after']} failures in a row, over after {one['over_after']} successes")
    looks = sum(piece["looks"] for piece in one["history"])
    if looks:
        bad = sum(piece["ailing"] for piece in one["history"])
        unseen = sum(piece["unknown"] for piece in one["history"])
        late = max(piece["late_ms"] for piece in one["history"])
        say(f"  last {one['hours']} h: {looks} looks, {bad} ailing, {unseen} unknown; the latest began {late} ms late")
    for look in one["results"]:
        say(f"  {at(look['at'])}  {look['state']:8} {look['ms']:>6} ms  {look['late_ms']:>6} ms late  {look['title']}")


@app.command()
def beats() -> None:
    """List the jobs that show signs of life, and until when each must be heard again."""
    answer(call("beat.list"), _draw_beats)


def _draw_beats(found: list[dict[str, Any]]) -> None:
    from fireline.cli.tables import columns

    if not found:
        say("No jobs.", "Set one up under [beats.NAME] in fireline.toml, or let it ping with ?create=1.")
        return
    table = columns("job", "source", "state", "since", "last heard", "due by", "took")
    for one in found:
        took = f"{one['took_ms']} ms" if one["took_ms"] is not None else "-"
        last = at(one["last_at"]) if one["last_at"] else "never"
        table.add_row(one["beat"], one["source"], one["state"], at(one["since"]), last, at(one["due_at"]), took)
    console().print(table)

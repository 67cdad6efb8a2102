"""`fireline snapshot`: recorded states of a target, and what changed since."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fireline.cli.desk import call
from fireline.cli.terminal import answer, say

app = typer.Typer(help="Recorded states of a target, and what changed since.", rich_markup_mode=None)

Where = Annotated[str | None, typer.Option("--target", help="Of this target; of any if left out.")]


@app.callback()
def _snapshot() -> None:
    """Recorded states of a target, and what changed since."""


@app.command("list")
def list_(
    target: Where = None,
    incident: Annotated[str | None, typer.Option(help="Only those recorded for this incident.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many, the newest first; 50 if left out.")] = None,
) -> None:
    """List the recorded states, newest first."""
    answer(call("snapshot.list", target=target, incident=incident, limit=limit), _draw_list)


@app.command()
def show(
    snapshot: Annotated[str, typer.Argument(metavar="[ID]", help="A number, `latest` or `previous`.")] = "latest",
    part: Annotated[str | None, typer.Option(help="One part in full, such as settings, roles or sessions.")] = None,
    target: Where = None,
) -> None:
    """Show one recorded state: a line for each part, or one part in full."""
    from fireline.cli.snapshot_view import draw_part, draw_state

    answer(
        call("snapshot.show", snapshot=snapshot, part=part, target=target),
        draw_part if part is not None else draw_state,
    )


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="[A]", help="A number, `latest` or `previous`.")] = "latest",
    after: Annotated[str, typer.Argument(metavar="[B]", help="The same, or `now`: the target as it is.")] = "now",
    target: Where = None,
) -> None:
    """Show what changed between two states, the most telling first: since the latest until now if nothing is said."""
    answer(call("snapshot.diff", before=before, after=after, target=target), _draw_diff)


def _draw_list(found: list[dict[str, Any]]) -> None:
    from fireline.cli.tables import columns
    from fireline.cli.terminal import console
    from fireline.cli.times import at

    if not found:
        say("No state was recorded yet. `fireline contain snapshot` records one.")
        return
    table = columns("id", "taken", "target", "database", "schema", "for", "not read")
    for one in found:
        whole = (
            f"{(one['counts'] or {}).get('tables', 0)} tables, {one['fingerprint']}"
            if one["fingerprint"]
            else "not read"
        )
        whose = one["incident"] or (f"run {one['run']}" if one["run"] else "")
        table.add_row(str(one["snapshot"]), at(one["made_at"]), one["target"], f"{one['database']} on {one['version']}", whole,
                      whose, ", ".join(one["unknown"] or ()))  # fmt: skip
    console().print(table)


def _draw_diff(found: dict[str, Any]) -> None:
    from fireline.cli.times import at

    old, new = found["before"], found["after"]
    until = "now" if new["snapshot"] is None else f"snapshot {new['snapshot']}, {at(new['made_at'])}"
    say(f"{found['target']}: from snapshot {old['snapshot']}, {at(old['made_at'])}, to {until}")
    changed = [group for group in found["groups"] if group["part"] != "Not compared"]
    if not changed:
        say("Nothing changed.")
    for group in found["groups"]:
        say("", group["part"], *(f"  {line}" for line in group["lines"]))

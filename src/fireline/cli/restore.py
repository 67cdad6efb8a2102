"""`fireline restore`: restore beside, and look at what was restored."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fireline.cli.desk import call
from fireline.cli.remedies import short_group
from fireline.cli.restore_diff import diff
from fireline.cli.terminal import answer, console, say
from fireline.cli.times import ago, at

_Target = Annotated[str | None, typer.Option("--target", help="Only those of this target.")]


def list_(
    target: _Target = None,
    all_: Annotated[bool, typer.Option("--all", help="Also those that failed or were dropped.")] = False,
) -> None:
    """List the restored databases there are, newest first."""
    answer(call("restore.list", target=target, gone=all_), _draw_list)


def show(restore: Annotated[str, typer.Argument(help="Its number, its database, or `latest`.")] = "latest") -> None:
    """Show one restore: PASS or FAIL, and what differs."""
    answer(call("restore.show", restore=restore), _draw)


_VERDICTS = {"passed": "PASS", "differs": "FAIL", "unchecked": "not compared"}


def _draw_list(found: list[dict[str, Any]]) -> None:
    from fireline.cli.tables import columns

    if not found:
        say("Nothing is restored: `fireline restore BACKUP` restores beside the database in use.")
        return
    table = columns("no", "target", "from", "of", "database", "verdict", whole=("database",))
    for one in found:
        verdict = _VERDICTS.get((one["report"] or {}).get("verdict", ""), "")
        state = one["state"] if one["state"] not in _VERDICTS else ""
        table.add_row(str(one["id"]), one["target"], one["source"], ago(one["snapshot_at"]), one["beside"],
                      " ".join(word for word in (verdict, state) if word))  # fmt: skip
    console().print(table)


def _draw(one: dict[str, Any]) -> None:
    report = one["report"] or {}
    say(
        f"restore {one['id']} of {one['source']} to {one['beside']} on {one['target']}: {one['state']}"
        + (f", {one['error']}" if one["error"] else "")
    )
    if report:
        say(f"  {_VERDICTS[report['verdict']]}: {report['why']}")
        say(
            f"  {report['tables']} tables, {report['rows']:,} rows; loaded in {report['load_seconds']:g} s, compared in {report['seconds']:g} s"
        )
        for difference in report["differences"]:
            say(f"  - {difference['says']}")
        for note in report.get("notes", ()):
            say(f"  note: {note}")
        for row in report.get("counted", ()):
            say(f"  {row['rows']:>12,}  {row['table']}")
    if one["kept"]:
        say(f"  the database it replaced is kept as {one['kept']} until {at(one['keep_until'])}")


app = short_group(
    "resolve", "restore", "Restore beside the database in use, and prove it.", list_=list_, show=show, diff=diff
)

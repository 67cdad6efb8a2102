"""`fireline backup`: take, list, show, verify, prove and prune backups."""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from fireline.cli.desk import call
from fireline.cli.remedies import command_of
from fireline.cli.terminal import answer, console, say
from fireline.cli.times import ago
from fireline.errors import Refused
from fireline.sizes import size

app = typer.Typer(help="Backups that prove themselves.", no_args_is_help=True, rich_markup_mode=None)

app.command("create")(command_of("contain", "backup"))
app.command("prove")(command_of("contain", "prove-backup"))
app.command("prune")(command_of("contain", "prune-backups"))

_Target = Annotated[str | None, typer.Option("--target", help="Only those of this target.")]


@app.command("list")
def list_(
    target: _Target = None,
    all_: Annotated[bool, typer.Option("--all", help="Also those that failed or are gone.")] = False,
) -> None:
    """List the backups there are, newest first."""
    found = call("backup.list", target=target, gone=all_)
    if not found and target:
        answer(found, lambda _: say(f"There are no backups of {target}."))
        return
    answer(found, _draw_list)


@app.command()
def show(name: Annotated[str, typer.Argument(help="The backup's name, or TARGET:latest.")]) -> None:
    """Show one backup: what is in it, with what it was made, what was proved of it."""
    answer(call("backup.show", name=name), _draw)


@app.command()
def verify(
    backup: Annotated[
        str, typer.Argument(help="The backup's name, `latest`, or the path of its folder or of any dump.")
    ] = "latest",
    target: _Target = None,
) -> None:
    """Read a backup to its end: signature, checksums, archive. A path needs no store."""
    if Path(backup).exists() and "/" in backup:
        answer(_verified(Path(backup).absolute()), lambda found: say(f"{backup} is whole: {found['archive']}."))
        return
    command_of("contain", "verify-backup")(backup=backup, target=target, plan=False, yes=True, incident=None)


@app.command()
def script(
    to: Annotated[Path | None, typer.Option("--to", help="The file to write; it is printed if left out.")] = None,
) -> None:
    """Give a `backup-manager.sh` to put in place of a project's own: full, restore, list, verify, cleanup."""
    text = (files("fireline.cli") / "scripts" / "backup-manager.sh").read_text(encoding="utf-8")
    if to is None:
        sys.stdout.write(text)
        return
    if to.exists():
        raise Refused(f"{to} is there already", hint="Move it away first: it is yours.")
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(text, encoding="utf-8")
    to.chmod(0o755)
    say(f"written: {to}")


def _verified(path: Path) -> dict[str, Any]:
    """Without a store: the tools and the keys of the settings are enough."""
    from fireline import settings as settings_file
    from fireline.cli.terminal import options
    from fireline.postgres import client_tools
    from fireline.postgres.watch import Watch
    from fireline.recovery import sources

    settings = settings_file.read(options.config)
    source = sources.at(path, settings)
    needed = int(source.made.server["major"]) if source.made else source.archive.tool_major or 0
    return sources.check(
        source, client_tools.find(needed, configured=settings.recovery.binaries), settings, Watch()
    ).facts


def _draw_list(found: list[dict[str, Any]]) -> None:
    from fireline.cli.tables import columns

    if not found:
        say("There are no backups yet: `fireline backup create` takes one.")
        return
    table = columns("backup", "target", "of", "size", "rows", "verified", "proved", whole=("backup",))
    for one in found:
        state = "" if one["state"] == "whole" else f" ({one['state']}{': ' + one['error'] if one['error'] else ''})"
        proved = ago(one["proved_at"]) if one["proved_at"] else "never"
        rows = "" if one["rows"] is None else f"{one['rows']:,}"
        table.add_row(one["name"] + state, one["target"], ago(one["snapshot_at"] or one["begun_at"]), size(one["bytes"]) if one["bytes"] else "", rows,
                      ago(one["verified_at"]) if one["verified_at"] else "no", proved)  # fmt: skip
    console().print(table)


def _moment(when: str | None) -> str:
    """A moment and how long it is ago."""
    return f"{when[:16].replace('T', ' ')} UTC, {ago(when)}" if when else ""


def _draw(one: dict[str, Any]) -> None:
    from fireline.cli.tables import columns

    say(
        f"{one['name']}  {one['state']}" + (f": {one['error']}" if one["error"] else ""),
        f"  of       {_moment(one['snapshot_at'])}  database {one['database']} of {one['target']}",
    )
    say(
        f"  folder   {one['folder']} on {one['host']}",
        f"  verified {_moment(one['verified_at']) or 'no'}",
        f"  proved   {_moment(one['proved_at']) or 'never'}",
    )
    if one["problem"]:
        say(f"  problem  {one['problem']}")
        return
    made = one["manifest"]
    if made is None:
        return
    packed = f"{made['archive']['kind']}, {made['archive']['compress']}{', encrypted' if one['encrypted'] else ''}"
    say(
        f"  made by  pg_dump {made['tools']['pg_dump']} of PostgreSQL {made['server']['version']}, {packed}, at {made['lsn']}"
    )
    say(
        f"  signed   {one['signer']}",
        f"  holds    {', '.join(f'{count} {part}' for part, count in made['objects'].items() if count)}",
    )
    table = columns("table", "rows", "size", "content hash")
    for row in sorted(made["tables"], key=lambda row: -row["bytes"]):
        table.add_row(row["table"], f"{row['rows']:,}", size(row["bytes"]), row["hash"])
    console().print(table)

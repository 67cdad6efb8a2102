"""`fireline runbook`: what Fireline reads in a runbook file; needs no store and starts nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fireline.cli.desk import call
from fireline.cli.terminal import EMBER, answer, console, say

if TYPE_CHECKING:
    from fireline.runbook.document import Procedure, Runbook, Step

app = typer.Typer(help="What Fireline reads in a runbook.", rich_markup_mode=None)


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="A Markdown file.")],
    procedure: Annotated[str | None, typer.Option(help="Only this one, with every command.")] = None,
) -> None:
    """Show what a runbook file means to Fireline.

    Its severities, procedures with their symptoms and steps, contacts, channels, dead links, and what nobody has
    filled in.
    """
    from fireline.cli.terminal import clean, options, write_json
    from fireline.errors import NotFound
    from fireline.runbook.parse import read

    book = read(file)
    found = book.procedure(procedure) if procedure else None
    if procedure and found is None:
        known = "; ".join(one.title for one in book.procedures) or "none"
        raise NotFound(f"no procedure {procedure!r} in {file}", hint=f"There are: {known}.")
    if options.json:
        whole = book.json()
        wanted = [one for one in whole["procedures"] if found is None or one["id"] == found.id]
        write_json({**whole, "procedures": wanted})
    elif found is not None:
        _draw_procedure(found, clean, full=True)
    else:
        _draw(book, clean)


@app.command("list")
def list_() -> None:
    """List the runbooks in use."""

    def draw(found: list[dict[str, Any]]) -> None:
        from fireline.cli.tables import draw_rows

        draw_rows(found, ["path", "title", "procedures", "placeholders"])

    answer(call("runbook.list"), draw)


@app.command()
def procedures() -> None:
    """List every procedure that can be started."""

    def draw(found: list[dict[str, Any]]) -> None:
        from fireline.cli.tables import draw_rows

        rows = [{**one, "steps": len(one["steps"]), "symptoms": "; ".join(one["symptoms"])} for one in found]
        draw_rows(rows, ["id", "title", "steps", "symptoms"])

    answer(call("runbook.procedures"), draw)


def _draw(book: Runbook, clean: Any) -> None:
    from rich.text import Text

    console().print(Text(clean(book.title), style="bold") + Text(f"  {book.path} @ {book.revision[:6]}", style="dim"))
    _section(
        "Severities", [f"{one.id}  {one.name}: {one.response or 'no response time named'}" for one in book.severities]
    )
    for procedure in book.procedures:
        _draw_procedure(procedure, clean, full=False)
    _section("Checklists, never started by themselves", [f"{one.title} (line {one.line})" for one in book.checklists])
    _section(
        "Contacts",
        [f"{one.role}: {one.address or 'nobody has filled this in'} (line {one.line})" for one in book.contacts],
    )
    _section("Channels", [f"{one.audience} {one.name}: {one.text} (line {one.line})" for one in book.channels])
    _section("Links that lead nowhere", [f"line {one.line}: {one.href}" for one in book.links if one.resolves is False])
    _section("Still to be filled in", [f"line {one.line}: {one.text}" for one in book.placeholders])
    _section("Read as text, because it was not understood", list(book.notes))


def _section(title: str, lines: list[str]) -> None:
    from rich.text import Text

    from fireline.cli.terminal import clean

    if lines:
        console().print(Text(f"\n{title}", style="bold"))
        say(*(f"  {clean(line)}" for line in lines))


def _draw_procedure(procedure: Procedure, clean: Any, *, full: bool) -> None:
    from rich.text import Text

    console().print(
        Text(f"\n{clean(procedure.title)}", style="bold")
        + Text(f"  {procedure.id}, line {procedure.line}", style="dim")
    )
    symptoms = "; ".join(procedure.symptoms)
    say(f"  starts when: {clean(symptoms)}" if symptoms else "  has no symptoms: is started by hand")
    for number, step in enumerate(procedure.steps, start=1):
        line = Text(f"  {number} {clean(step.title)}  ") + Text(_kind(step), style="dim")
        console().print(line)
        if full:
            _draw_commands(step, clean)


def _kind(step: Step) -> str:
    """What a step is to Fireline, in a few words."""
    words = {"sql": "SQL", "bash": "shell", "manual": "by hand", "call": f"calls {step.call}", "remedy": "remedy"}
    parts = [words.get(step.kind, step.kind)]
    parts += [step.level] if step.level else []
    parts += [step.decision.strip("()")] if step.decision else []
    parts += [f"asks for {', '.join(one.name for one in step.parameters)}"] if step.parameters else []
    return ", ".join(parts)


def _draw_commands(step: Step, clean: Any) -> None:
    from rich.padding import Padding
    from rich.text import Text

    for action in (step.action, *step.alternatives):
        if action is not None:
            console().print(Padding(Text(clean(action.command.rstrip()), style="cyan"), (0, 0, 0, 6), expand=False))
    for item in step.checklist:
        say(f"      [ ] {clean(item)}")
    if step.undo_text:
        console().print(Padding(Text(f"undo: {clean(step.undo_text)}", style=EMBER), (0, 0, 0, 6), expand=False))

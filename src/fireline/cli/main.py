"""The entry of `fireline`: finds the command, loads only what it needs, and turns every error into one line and a code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from fireline.cli import terminal
from fireline.errors import FirelineError, Usage
from fireline.shelf import load

INTERRUPTED = 130
BROKEN_PIPE = 141

# Keeps `ack` and `show` quick: nobody plugs into our models, and loading modules leaves no garbage worth looking for.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
gc.set_threshold(50_000)


class Entry(NamedTuple):
    """Where a command is, and its line in the list of commands."""

    place: str
    help: str
    section: str


_NOW, _REMEDY, _DAYLIGHT, _SETUP = "Something is wrong", "Put it right", "By daylight", "Set up"

COMMANDS = {
    "respond": Entry("respond:respond", "Walk through an incident, one question at a time", _NOW),
    "declare": Entry("incident:declare", "Open an incident by hand", _NOW),
    "ack": Entry("incident:ack", "Acknowledge an incident: you have it", _NOW),
    "note": Entry("incident:note", "Write a line into an incident's timeline", _NOW),
    "approve": Entry("run:approve", "Approve the step that waits for it", _NOW),
    "report": Entry("alerts:report", "Report that something is wrong, as a user would", _NOW),
    "incident": Entry("incident:app", "See, lead and close incidents", _NOW),
    "run": Entry("run:app", "See and steer runs of procedures", _NOW),
    "alert": Entry("alerts:app", "See the alerts that came in", _NOW),
    "change": Entry("changes:app", "What was deployed, migrated or set", _NOW),
    "probe": Entry("probes:app", "What Fireline looks at by itself, and jobs that show signs of life", _NOW),
    "silence": Entry("silences:app", "Tell nobody of certain alerts, for a time that always ends", _NOW),
    "halt": Entry("halt:halt", "The kill switch: no further step starts", _NOW),
    "contain": Entry("remedies:contain", "Keep the damage from spreading", _REMEDY),
    "resolve": Entry("remedies:resolve", "Mend the cause", _REMEDY),
    "optimize": Entry("optimize:optimize", "Tend a database online, with the plan first", _REMEDY),
    "restart": Entry("restart:restart", "Restart a server, and prove that it came back", _REMEDY),
    "snapshot": Entry("snapshot:app", "Recorded states of a target, and what changed since", _REMEDY),
    "remedy": Entry("remedies:remedy", "List the remedies of both phases", _REMEDY),
    "fence": Entry("fence:app", "Keep the application's traffic away; who can still write", _REMEDY),
    "unfence": Entry("fence:unfence", "Lift the fence, everything as it was", _REMEDY),
    "backup": Entry("backup:app", "Backups: take, list, verify, prove, prune", _REMEDY),
    "restore": Entry("restore:app", "Restore beside the database in use, and prove it", _REMEDY),
    "swap": Entry("swap:swap", "Put a restored database in the place of the one in use", _REMEDY),
    "undo": Entry("undo:undo", "Put back the newest change, or what a run changed", _REMEDY),
    "lint": Entry("lint:lint", "Know by daylight what in a runbook would fail at night", _DAYLIGHT),
    "source": Entry("sources:app", "Who may send alerts, and how a sender is set up", _SETUP),
    "detect": Entry("detecting:app", "Try rules on a payload, and on what came in, before they run", _DAYLIGHT),
    "runbook": Entry("runbook:app", "What Fireline reads in a runbook", _DAYLIGHT),
    "diagnose": Entry("diagnose:diagnose", "Name the root cause of what ails a database", _NOW),
    "health": Entry("health:health", "Score a database, with a reason for every lost point", _NOW),
    "check": Entry("check:check", "Look at one side of a database: connections, locks, slow-queries …", _NOW),
    "integrity": Entry("integrity:integrity", "Count the rows that break a foreign key; prove indexes", _NOW),
    "doctor": Entry("doctor:doctor", "Check the whole set-up", _DAYLIGHT),
    "demo": Entry("demo:demo", "Watch one incident from alert to post-mortem", _DAYLIGHT),
    "init": Entry("init:init", "Write a first fireline.toml from a runbook", _SETUP),
    "up": Entry("up:up", "Start everything: store, server, worker", _SETUP),
    "server": Entry("serve:server", "The HTTP server alone", _SETUP),
    "worker": Entry("serve:worker", "One worker alone", _SETUP),
    "migrate": Entry("serve:migrate", "Bring the store to the shape this version needs", _SETUP),
    "postgres": Entry("postgres:app", "SQL functions for runbooks, in a database of yours", _SETUP),
    "user": Entry("people:user", "People who may log in", _SETUP),
    "token": Entry("people:token", "Tokens for the API", _SETUP),
}

EPILOG = """Accepted before or after any command: --json (one JSON document), --config FILE, --debug, --version.

Exit codes: 0 done, 1 a finding or a refusal, 2 wrong use or failure.
"""


class _Loaded(MutableMapping[str, Any]):
    """Commands by name, imported when they are asked for: `fireline ack` must not wait for the others."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _command(name, load(f"fireline.cli.{COMMANDS[name].place}"))
        return self._made[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._made[name] = value

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


def _command(name: str, thing: Any) -> Any:
    """A command or group from a Typer application, a ready group, or a plain function."""
    if isinstance(thing, typer.Typer):
        group = typer.main.get_group(thing)
        group.name = name
        return group
    if isinstance(thing, TyperGroup):
        return thing
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name)(thing)
    return typer.main.get_command(alone)


class Root(TyperGroup):
    """The group `fireline` itself: lists its commands in sections without importing them."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Loaded()

    def list_commands(self, ctx: Any) -> list[str]:
        """The names in the order of the table."""
        return list(COMMANDS)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Sections by occasion."""
        for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
            with formatter.section(section):
                formatter.write_dl([(n, entry.help) for n, entry in COMMANDS.items() if entry.section == section])


app = typer.Typer(cls=Root, name="fireline", epilog=EPILOG, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback()
def fireline() -> None:
    """Incident response for teams on PostgreSQL: the runbook that runs."""


def command() -> Any:
    """The whole tree of commands; for the entry below and for the reference in the documents."""
    return typer.main.get_command(app)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal in Latin-1 must not end a run
    sys.stderr.reconfigure(errors="replace")  # type: ignore[union-attr]
    given = sys.argv[1:] if arguments is None else arguments
    try:
        rest = _take_options(given)
        code = _run(rest)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except typer.Abort:
        return INTERRUPTED
    except FirelineError as error:
        return _fail(error, error.message, error.hint, error.exit_code)
    except TyperException as wrong:
        return _fail(
            wrong, _lowered(wrong.format_message().replace("Value error, ", "")), _where_to_read(wrong), wrong.exit_code
        )
    except OSError as fault:
        place = f"{fault.filename}: " if fault.filename else ""
        return _fail(fault, f"{place}{fault.strerror or fault}", None, 2)
    except Exception as fault:  # noqa: BLE001 - the last door: a person gets a line, not a traceback
        return _fail(fault, *_explained(fault), 2)
    return code


_OTHER_SHAPE = ("UndefinedTable", "UndefinedColumn", "UndefinedFunction", "InvalidSchemaName")


def _explained(fault: Exception) -> tuple[str, str]:
    """What happened and what to do, for an error that nobody foresaw, and for a store that lacks what we look for."""
    if type(fault).__module__.startswith("psycopg") and type(fault).__name__ in _OTHER_SHAPE:
        return "the store is empty, or older than this program", "Run `fireline migrate`, or `fireline up`."
    from fireline import redact

    return (
        f"unexpected: {redact.text(f'{type(fault).__name__}: {fault}')}",
        "Run it again with --debug to see where.",
    )


def _run(arguments: list[str]) -> int:
    if "--version" in arguments[: _end_of_options(arguments)]:
        from fireline import __version__

        terminal.answer({"version": __version__}, lambda data: terminal.say(f"fireline {data['version']}"))
        return 0
    if not arguments and not terminal.options.json:
        _call(["--help"])
        return 2
    return _call(arguments)


def _call(arguments: list[str]) -> int:
    """Invoke the tree itself: its `main` would take a broken pipe and an interrupt out of our hands."""
    root = command()
    if "_FIRELINE_COMPLETE" in os.environ:
        root.main(args=arguments, prog_name="fireline")
    try:
        with root.make_context("fireline", arguments) as context:
            root.invoke(context)
    except typer.Exit as left:
        return left.exit_code
    return 0


def _end_of_options(arguments: list[str]) -> int:
    return arguments.index("--") if "--" in arguments else len(arguments)


def _take_options(arguments: list[str]) -> list[str]:
    """Take --json, --debug and --config out of the arguments, wherever they stand before `--`."""
    rest: list[str] = []
    end = _end_of_options(arguments)
    waiting = iter(arguments[:end])
    for word in waiting:
        if word == "--json":
            terminal.options.json = True
        elif word == "--debug":
            terminal.options.debug = True
        elif word == "--config" or word.startswith("--config="):
            value = word.partition("=")[2] or next(waiting, "")
            if not value:
                raise Usage("--config needs a file", hint="Such as `--config /etc/fireline/fireline.toml`.")
            terminal.options.config = Path(value)
        else:
            rest.append(word)
    return rest + arguments[end:]


def _fail(error: BaseException, message: str, hint: str | None, code: int) -> int:
    if terminal.options.debug:
        import traceback

        from fireline import redact

        terminal.warn(redact.text("".join(traceback.format_exception(error))).rstrip())
    terminal.complain(message, hint)
    return code


def _lowered(message: str) -> str:
    """Typer's sentence in the style of our own errors."""
    message = message.strip().rstrip(".")
    return message[:1].lower() + message[1:]


def _where_to_read(wrong: TyperException) -> str | None:
    context = getattr(wrong, "ctx", None)
    return f"Try `{context.command_path} --help`." if context else None

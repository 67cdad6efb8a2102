"""`fireline detect`: what would become of a delivery, and of those that came in under other settings; nothing is kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from fireline.cli import terminal
from fireline.cli.terminal import answer, say
from fireline.cli.times import at
from fireline.errors import FirelineError, NotFound, SettingsError, Usage

app = typer.Typer(help="Try rules on a payload, and on what came in, before they run.", rich_markup_mode=None)


@app.callback()
def detect() -> None:
    """Try rules on a payload, and on what came in, before they run."""


@app.command("test")
def try_payload(
    payload: Annotated[str, typer.Argument(metavar="FILE", help="The body as it is sent, or - for standard input.")],
    source: Annotated[str, typer.Option(help="A source of the settings, or the name of a format.")],
    header: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="Sent beside it; repeatable.")] = None,
    query: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="In the URL; repeatable.")] = None,
    path: Annotated[str, typer.Option(help="The sender's own path: /v2/alerts/X/close.")] = "",
    method: Annotated[str, typer.Option(help="How it is sent.")] = "POST",
) -> None:
    """Show what a delivery would become: alert, severity, group, target, procedure, and who would be told.

    Needs the settings alone; where a store answers, silences and open incidents are looked at too. Nothing is kept and
    nobody is told. Exit code 1 when the door would refuse it.
    """
    body = _body(payload)
    told = {"headers": _pairs("--header", header), "query": _pairs("--query", query), "path": path, "method": method}
    try:
        found = _tried(source, body, told)
    except (NotFound, SettingsError):
        raise
    except FirelineError as wrong:
        if not (isinstance(wrong, Usage) or wrong.http_status == TOO_LARGE):
            raise
        terminal.complain(wrong.message, wrong.hint)
        raise typer.Exit(1) from None
    answer(found, _draw)


TOO_LARGE = 413


def _tried(source: str, body: bytes, told: dict[str, Any]) -> Any:
    """On the server where FIRELINE_URL names one, whose settings count then; else here."""
    if os.environ.get("FIRELINE_URL"):
        from fireline.cli.desk import call

        try:
            return call("detect.test", source=source, payload=body.decode(), **told)
        except UnicodeDecodeError as wrong:
            raise Usage(f"the body is not UTF-8: byte {wrong.start}") from None
    from fireline import settings as settings_file
    from fireline.app.trying import tried, without_a_desk
    from fireline.detect.payload import Payload

    with without_a_desk(settings_file.read(terminal.options.config)) as (world, conn):
        return tried(world, conn, source, Payload(body, **told))


def _body(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    if not Path(name).is_file():
        raise NotFound(f"no file {name}", hint="Give - to read standard input.")
    return Path(name).read_bytes()


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    pairs = {}
    for one in given or []:
        name, equals, value = one.partition("=")
        if not equals:
            raise Usage(f"{option} {one[:40]!r} has no value", hint="Write it as NAME=VALUE.")
        pairs[name] = value
    return pairs


def _draw(found: dict[str, Any]) -> None:
    say(f"{found['source']} · {found['format']} · {_counted(len(found['events']) + found['left_out'], 'event')}")
    for one in found["events"]:
        say("")
        _draw_event(one)
    if found["left_out"]:
        say("", f"and {found['left_out']} more")
    for note in found["notes"]:
        say("", f"note: {note}")


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _draw_event(one: dict[str, Any]) -> None:
    say(f"{one['kind']} {one['status'] if one['kind'] == 'alert' else ''}".strip() + f": {one['title']}")
    _line("becomes", one["outcome"])
    _line("key", f"{one['key']}  ({one['key_reason']})")
    _line("target", " · ".join(filter(None, [one["target"] or "none", one.get("target_reason")])))
    if "severity" not in one:
        return
    severity = one["severity"]
    _line("severity", f"{severity['id']} {severity['name']}: {one['severity_reason']}")
    _line("group", f"{one['group']}  ({one['group_reason']})")
    if one["fault"]:
        _line("fault", one["fault"])
    _line("procedure", _procedure(one["procedure"]))
    _line("tells", ", ".join(f"{who['contact']} by {who['channel']}" for who in one["told"]) or "nobody")
    for who in one["not_told"]:
        _line("", f"not {who['contact']}: {who['reason']}")
    for silence in [*one["silences"], *one["silence_faults"]]:
        _line("held", silence)
    if one["clock"]:
        _line("clock", f"{one['clock']['phrase']}, due {at(one['clock']['due_at'])}")


def _line(name: str, text: str) -> None:
    say(f"  {name:<10}{terminal.one_line(text)}")


def _procedure(found: dict[str, Any]) -> str:
    best = found["matches"][0] if found["matches"] else None
    if best is None:
        return f"none: {found['reason']}"
    words = ", ".join(f"“{word}”" for word in best["words"])
    score = f"score {best['score']:.2f}, by {words}" if words else f"score {best['score']:.2f}"
    return f"{best['title']} ({score})" if found["starts"] else f"none: {best['title']} ({score}); {found['reason']}"

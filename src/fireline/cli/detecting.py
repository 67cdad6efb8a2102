"""`fireline detect`: what would become of a delivery, and of those that came in under other settings; nothing is kept."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from fireline.cli import terminal
from fireline.cli.terminal import answer, say
from fireline.cli.times import at
from fireline.errors import FirelineError, NotFound, Refused, SettingsError, Usage

TOO_LARGE = 413

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


@app.command()
def replay(
    since: Annotated[
        str, typer.Option(help="How far back: 12h, 30d; or a time such as 2026-03-01T22:00+01:00.")
    ] = "30d",
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The settings to try; only the present ones are run without it.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only signals of this source.")] = None,
    limit: Annotated[int, typer.Option(min=0, max=10_000, help="At most so many differences.")] = 50,
) -> None:
    """Run the signals that came in through other settings, and print what would differ.

    Everything happens in memory and nobody is told. Bodies were kept without secrets and without headers, so where a
    source is set up in another way they are read again only if that gives what was kept; else their events stand.
    """
    from fireline import settings as settings_file
    from fireline.app.desk import LocalDesk
    from fireline.app.replaying import replay as run
    from fireline.cli.desk import at_desk

    new = settings_file.read(settings) if settings else None
    with at_desk() as desk:
        if not isinstance(desk, LocalDesk):
            raise Refused("a replay reads the store itself", hint="Run it on Fireline's machine, without FIRELINE_URL.")
        _ = desk.actor  # whoever has no account here sees no alerts either
        with desk.context.store.transaction() as conn:
            conn.execute("SET TRANSACTION READ ONLY")
            start = _moment(since)
            found = run(desk.context, conn, since=start, new=new, source=source, limit=limit, progress=_progress)
    answer(found, _draw_replay)


def _moment(text: str) -> datetime:
    from fireline import clock
    from fireline.settings import duration

    try:
        return clock.now() - duration(text)
    except (ValueError, OverflowError):
        pass
    try:
        at_ = datetime.fromisoformat(text)
    except ValueError:
        at_ = None
    if at_ is None or at_.tzinfo is None:
        raise Usage(f"{text[:40]!r} is neither a span nor a time with its zone", hint="Such as 12h, 30d, 4w.")
    return at_


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty() and not terminal.options.json:
        sys.stderr.write(f"\r{done:,} of {total:,} signals")
        sys.stderr.write("\r\033[K" if done + 2_000 > total else "")
        sys.stderr.flush()


def _draw_replay(found: dict[str, Any]) -> None:
    say(
        f"{found['signals']:,} signals since {at(found['since'])}"
        + (f" of {found['source']}" if found["source"] else "")
    )
    say(f"kept: {_counted(found['kept']['alerts'], 'alert')}, {_counted(found['kept']['incidents'], 'incident')}", "")
    was, now = found["was"], found["now"] or found["was"]
    heads = ("", "now", "with the new settings") if found["compared"] else ("", "now", "")
    say(f"{heads[0]:<24}{heads[1]:>10}  {heads[2]}")
    _count("alerts opened", was["alerts"], now["alerts"], found)
    _count("incidents opened", was["incidents"], now["incidents"], found)
    for name, words in (("severities", "{}"), ("targets", "target {}"), ("told", "tells {}")):
        for key in dict.fromkeys([*was[name], *now[name]]):
            _count("  " + words.format(key), was[name].get(key, 0), now[name].get(key, 0), found)
    if found["compared"]:
        _draw_differences(found)
    for note in found["notes"]:
        say(f"note: {note}")


def _count(name: str, was: int, now: int, found: dict[str, Any]) -> None:
    mark = f"{now:>10,}{'' if was == now else f'  ({now - was:+,})'}" if found["compared"] else ""
    say(
        f"{terminal.one_line(name) if name[0] != ' ' else '  ' + terminal.one_line(name):<24}{was:>10,}  {mark}".rstrip()
    )


def _draw_differences(found: dict[str, Any]) -> None:
    say("")
    if not found["differences"] and not found["more"]:
        say("Nothing would differ.")
        return
    say("What would differ: " + ", ".join(f"{name} {number:,}" for name, number in found["kinds"].items()))
    for one in found["differences"]:
        say("", f"{one['source']}: {one['title']}" + (f"  ({one['times']:,} times)" if one["times"] > 1 else ""))
        for name, words in _parted(one):
            _line(name, words)
    if found["more"]:
        say("", f"and {found['more']:,} more; --limit shows them")
    say("")


def _parted(one: dict[str, Any]) -> list[tuple[str, str]]:
    """What differs of one alert, as `was → now`."""
    was, now = one["was"], one["now"]
    if was is None or now is None:
        return [("alert", "none → opened" if was is None else "opened → none")]
    told = [("told", *(", ".join(side["told"]) or "nobody" for side in (was, now)))]
    rest = [(name, *(str(side[name] or "none") for side in (was, now))) for name in _PARTS]
    return [(name, f"{before} → {after}") for name, before, after in [*rest, *told] if before != after]


_PARTS = ("severity", "target", "incident", "group", "fault")

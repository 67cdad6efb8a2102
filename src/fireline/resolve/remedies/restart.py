"""Restart the server of a target the way its settings say, and prove that it came back: a new start, the same data."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import psycopg
from pydantic import Field

from fireline import redact
from fireline.errors import FirelineError, Refused, TargetUnavailable
from fireline.postgres import restarting
from fireline.postgres.connect import Identity, Target, beside, connect, identity, identity_of_dsn, same_server
from fireline.postgres.data_folder import last_lines, log_files
from fireline.redact import Secret
from fireline.resolve import outage
from fireline.run.remedy import Hand, Level, Outcome, Parameters, Plan, Remedy, Verdict

_LIMIT = timedelta(seconds=5)
_CHECKPOINT_LIMIT = timedelta(minutes=5)
_ASKED = "Look at it and ask for the restart again."
_NAMED = 3
# What happened at the server's door, as postgres.unreachable names it.
_SILENT = ("refused", "timeout", "lost", "shutting_down", "starting", "recovery", "pooler")
_CLOSED = ("database_closed", "database_limit", "connect_denied", "database_invalid", "no_such_database")
_ON_ITS_WAY = ("starting", "recovery")
_FULL = ("slots", "role_limit")


class Restart(Parameters):
    """How hard."""

    mode: Literal["fast", "immediate"] = Field(
        "fast", description="immediate: without waiting for sessions and checkpoint; for a server that does not stop"
    )


def plan(target: Target, parameters: Restart, hand: Hand) -> Plan:
    """Look who would be cut and what would be lost, and whether the server would come back at all."""
    immediate = parameters.mode == "immediate"
    seen, facts, silence = _look(target)
    way = _way(target, hand, parameters.mode, seen)
    captured: dict[str, Any] = {"way": way.kind, "command": way.told, "mode": parameters.mode, "server": seen.json() if seen else None,
                                "facts": facts, "patience": way.patience}  # fmt: skip
    if seen is None or facts is None:
        if way.folder is not None:
            captured["system_identifier"] = way.folder.system_identifier
        return _blind(target, way, silence, parameters.mode, captured)
    outage.refuse_what_would_not_start(facts)
    effects = outage.effects(facts, immediate=immediate)
    if _store_is_there(hand, seen):
        effects.append("Fireline's own store is on this server, so Fireline is away as long.")
    loses = immediate and facts["server"]["unlogged"]
    level: Level = "destructive" if loses else "reversible"
    count = outage.total(facts)
    return Plan(
        summary=f"Restart the server of {target.name} by {way.kind}, {parameters.mode}; {count} {'session is' if count == 1 else 'sessions are'} cut.",
        effect=" ".join([*effects, f"It runs {way.told}."]),
        undo="A session that was cut can not be brought back; applications connect again by themselves.",
        level=level,
        captured=captured,
    )


def _blind(target: Target, way: restarting.Way, away: TargetUnavailable, mode: str, captured: dict[str, Any]) -> Plan:
    """The plan for a server that tells nothing. Raises Refused where a restart would not help."""
    if away.kind in _ON_ITS_WAY and mode != "immediate":
        raise Refused(
            f"the server of {target.name} is starting or recovering, and a restart would make it begin anew",
            hint="Wait for it and look at its log; with --mode immediate it is restarted all the same.",
        )
    if away.kind in _FULL:
        summary = f"Restart the server of {target.name} by {way.kind}, {mode}; all connections are taken, so who is cut can not be seen."
        effect = "Everybody's session is cut and their open transactions are rolled back; ending some sessions may be enough."
    elif away.kind in _SILENT:
        summary = f"Start the server of {target.name} by {way.kind}, {mode}: {away.message}."
        effect = "It is down already, so nobody is cut. If it still runs and only does not answer, it is stopped first."
    else:
        raise Refused(f"whether a restart would help can not be seen: {away.message}", hint=away.hint)
    back = "Nothing to undo: what was cut can not be brought back, and who wants the server down stops it."
    level: Level = "destructive" if mode == "immediate" and away.kind in _FULL else "reversible"
    return Plan(summary, f"{effect} It runs {way.told}.", back, level, captured)


def _look(target: Target) -> tuple[Identity | None, outage.Facts | None, TargetUnavailable]:
    """Who answers and what a restart would cut; or why nobody answers."""
    try:
        with connect(target, acting=True, autocommit=True, statement_timeout=_LIMIT) as conn:
            return identity(conn), _plain(outage.look(conn)), TargetUnavailable()
    except TargetUnavailable as away:
        if away.kind in _CLOSED:  # by a fence, perhaps
            with beside(target) as conn:
                return identity(conn), _plain(outage.look(conn)), away
        if restarting.ask(target).identity is not None:  # only the role that acts is turned away
            raise Refused(
                f"the server is up, and what a restart would cut can not be seen: {away.message}", hint=away.hint
            ) from None
        return None, None, away


def _plain(facts: outage.Facts) -> outage.Facts:
    found: outage.Facts = redact.tree(_texts(facts))
    return found


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _way(target: Target, hand: Hand, mode: Any, seen: Identity | None) -> restarting.Way:
    return restarting.way_of(target, hand.settings.path, hand.settings.runbook.path, mode=mode, seen=seen)


def _store_is_there(hand: Hand, seen: Identity) -> bool:
    try:
        return same_server(identity_of_dsn(Secret(hand.store.url)), seen)
    except FirelineError:
        return False


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Restart it if it is still the server that was looked at, and wait until the new one answers."""
    seen, facts, _ = _look(target)
    _check(target, plan, seen)
    if facts is not None:
        outage.refuse_what_would_not_start(facts)
    if seen is not None and plan.captured["server"] is None:
        return Outcome(
            True, f"the server of {target.name} came up by itself, so it was not restarted", {"restarted": False}
        )
    way = _way(target, hand, plan.captured["mode"], seen)
    if hand.watch.cancel.asked:
        raise Refused("it was cancelled before anything was done")
    _checkpoint(target, facts, plan.captured["mode"])
    log = _log(way, facts, seen)
    written = log_files(log)
    before = seen.postmaster_start if seen else None
    began, since = time.monotonic(), time.time()
    settings = hand.settings.runbook
    ran = restarting.run(way, restarting.environment_of(settings.path, settings.environment))
    left = max(way.patience - (time.monotonic() - began), 1.0)
    answer = restarting.wait(target, before, since, left, failed=ran.exit not in (0, None))
    seconds = round(time.monotonic() - began, 1)
    result = {"seconds": seconds, "exit": ran.exit, "sessions": outage.total(facts) if facts else 0,
              "postmaster_start": answer.identity.postmaster_start if answer.identity else None}  # fmt: skip
    if answer.identity is None or not restarting.is_new(answer.identity, before, since):
        lines = [redact.text(line) for line in last_lines(log, written)]
        return Outcome(False, _not_back(way, ran, answer, lines), {**result, "log": lines})
    expected = plan.captured.get("system_identifier") or (seen.system_identifier if seen else "")
    if expected and answer.identity.system_identifier not in ("", expected):
        return Outcome(
            False, f"another server answers for {target.name} now: {answer.identity.system_identifier}", result
        )
    return Outcome(True, _back(target, answer.identity, seconds, facts), result)


def _check(target: Target, plan: Plan, seen: Identity | None) -> None:
    """Refuse when it is not the server, or not the start of it, that was approved."""
    known = plan.captured["server"]
    if known is None or seen is None:
        return
    if known["system_identifier"] != seen.system_identifier:
        raise Refused(f"the server behind target {target.name} is not the one that was approved", hint=_ASKED)
    if known["postmaster_start"] != seen.postmaster_start:
        raise Refused(f"it was restarted already, at {seen.postmaster_start}", hint=_ASKED)


def _checkpoint(target: Target, facts: outage.Facts | None, mode: str) -> None:
    """Write what is dirty while everybody can still work, so that the stop itself is short; not at any price."""
    if facts is None or mode == "immediate" or not facts["server"]["may_checkpoint"]:
        return
    with (
        suppress(TargetUnavailable, psycopg.Error),
        connect(target, write=True, autocommit=True, statement_timeout=_CHECKPOINT_LIMIT) as conn,
    ):
        conn.execute("CHECKPOINT")


def _log(way: restarting.Way, facts: outage.Facts | None, seen: Identity | None) -> Path | None:
    """The server's log, as far as it is known: its collector's file, else where its own output goes."""
    named = facts["server"]["log"] if facts else None
    folder = way.folder.path if way.folder else Path(seen.data_directory) if seen and seen.data_directory else None
    if named and folder is not None:
        return folder / str(named)
    return way.log


def _second(moment: str) -> str:
    """A moment as it is told: without its fractions."""
    return f"{moment[:19].replace('T', ' ')} UTC"


def _back(target: Target, now: Identity, seconds: float, facts: outage.Facts | None) -> str:
    told = f"the server of {target.name} is up since {_second(now.postmaster_start)}"
    if facts is None:
        return f"{told}: it was started within {seconds} s"
    open_ = sum(row["open"] for row in facts["sessions"])
    rolled = f"; {open_} open transactions were rolled back" if open_ else ""
    taken = "".join(f"; {row['name']} was {row['now']}" for row in facts["pending"])
    return f"{told}, after at most {seconds} s away; sessions that ended: {outage.who(facts)}{rolled}{taken}"


def _not_back(way: restarting.Way, ran: restarting.Ran, answer: restarting.Answer, lines: list[str]) -> str:
    """What happened, and what to do next."""
    program = Path(way.argv[0]).name
    how = (
        "still runs"
        if ran.exit is None
        else f"ended with {ran.exit}" + (f" ({ran.said})" if ran.exit and ran.said else "")
    )
    if answer.identity is not None:
        return f"{program} {how}, and the server is the one that was there before: nothing was restarted"
    waits = way.folder.left() if way.folder else []
    if answer.kind == "shutting_down":
        named = ", ".join(f"{one.pid} ({one.title}{', stopped' if one.state == 'T' else ''})" for one in waits[:_NAMED])
        behind = f", and waits for {named}" if named else ""
        return (
            f"the server is shutting down and does not end{behind}; it lets nobody in meanwhile:"
            " end those processes, or `fireline resolve restart --mode immediate`"
        )
    log = f"; its log says: {' | '.join(lines)}" if lines else "; its log could not be read, look there first"
    return f"{program} {how}, and the server does not answer: {answer.error}{log}"


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Whether a server answers that was started later than the one that was looked at, on the same data."""
    del hand
    answer = restarting.ask(target)
    if answer.identity is None:
        return Verdict(None, f"that can not be seen: {answer.error}")
    known = plan.captured["server"]
    if known is not None and known["system_identifier"] not in ("", answer.identity.system_identifier):
        return Verdict(False, "Another server answers now.")
    if known is not None and answer.identity.postmaster_start <= known["postmaster_start"]:
        return Verdict(False, f"The server is still the one that was started at {_second(known['postmaster_start'])}.")
    return Verdict(True, f"It answers, and was started at {_second(answer.identity.postmaster_start)}.")


remedy = Remedy(
    name="restart",
    phase="resolve",
    summary="Restart the server, or start it when it is down, and prove that it came back.",
    level="reversible",
    parameters=Restart,
    plan=plan,
    do=do,
    verify=verify,
    undo=None,
    no_undo="a session that was cut can not be brought back; applications connect again by themselves",
    words=(
        "restart if needed",
        "restart database",
        "restart the database",
        "restart postgres",
        "restart supabase",
        "start the database",
        "bring the database back up",
    ),
    short=True,
    offline=True,
)

"""Looking at what the settings name, from any worker once: who looks holds a lease, and a change of state is a signal."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from psycopg.rows import DictRow

from fireline import clock, redact
from fireline.detect import own
from fireline.detect.probe import TARGET, Result, look
from fireline.detect.source import Event, key, line
from fireline.detect.spans import span
from fireline.settings import ProbeSettings, Settings
from fireline.store.connect import Connection, Store, all_rows, one, queries
from fireline.store.wake import wake

Q = queries("fireline.detect")

SOURCE = "probe"  # of the signals
KEPT = timedelta(days=8)  # results
MARGIN = timedelta(seconds=10)  # of a lease, over the time in which there must be an answer
SPREAD = timedelta(seconds=5)  # over which the first looks are spread
_JITTER = 0.05
_OTHERS = timedelta(seconds=1)


def sweep(store: Store, settings: Settings) -> None:
    """Have the rows follow the settings, wake a worker for what is due, and judge the targets that were looked at."""
    now = clock.now()
    with store.transaction() as conn:
        _follow(conn, settings, now)
        for row in all_rows(conn, Q["due_probes"], now=now):
            wake(conn, "watch", row["name"])
    for name, probe in settings.probes.items():
        if probe.target:
            judge_target(store, settings, name)


def watch(store: Store, settings: Settings, name: str) -> bool:
    """Look once, when it is due and nobody else is at it; whether it was looked at and kept.

    Who dies meanwhile leaves a lease that runs out; who comes too late with an answer finds another's lease, and drops it.
    """
    probe = settings.probes.get(name)
    if probe is None or probe.target:
        return False
    lease, now = uuid4().hex, clock.now()
    until = now + probe.timeout + MARGIN
    with store.transaction() as conn:
        held = one(conn, Q["lease_probe"], name=name, now=now, lease=lease, until=until)
    if held is None:
        return False
    result = look(_placed(settings, probe))
    with store.transaction() as conn:
        row = one(conn, Q["hold_probe"], name=name)
        if row is None or row["lease"] != lease:
            return False
        late = max(now - row["due_at"], timedelta(0))
        _record(conn, name, probe, row, result, now, late, _next(row["due_at"], probe.every, clock.now()))
    return True


def judge_target(store: Store, settings: Settings, name: str) -> int:
    """Take into account the looks at a target that were taken since; how many."""
    probe = settings.probes[name]
    with store.transaction() as conn:
        row = one(conn, Q["hold_probe"], name=name)
        looks = all_rows(conn, Q["looks_since"], target=probe.target, since=row["checked_at"]) if row else []
        for seen in looks:
            row = one(conn, Q["hold_probe"], name=name)
            assert row is not None
            _record(conn, name, probe, row, _of_look(seen), seen["taken_at"], timedelta(0), None)
    return len(looks)


def _of_look(seen: DictRow) -> Result:
    """What a look at a target means: ailing is a critical cause, or a server that does not let us in; pure."""
    if seen["away"]:
        return Result("ailing", seen["ms"], "does not answer", seen["away"])
    if seen["found"] is None:
        return Result("unknown", seen["ms"], "what the look saw is not kept any more")
    critical = [cause for cause in seen["found"] if cause.get("severity") == "critical"]
    if critical:
        named = "; ".join(str(cause.get("title") or cause.get("cause")) for cause in critical)
        return Result("ailing", seen["ms"], named, "a critical cause, as its regular look found")
    if seen["status"] == "unknown":
        return Result("unknown", seen["ms"], "could not be judged")
    return Result("well", seen["ms"], "no critical cause")


def counted(row: Mapping[str, Any], seen: str, failures: int, recoveries: int) -> dict[str, Any]:
    """The state after one more result, by how many in a row it takes; pure. Unknown counts neither way."""
    bad, good = row["failures"], row["successes"]
    if seen != "unknown":
        bad, good = (bad + 1, 0) if seen == "ailing" else (0, good + 1)
    state = row["state"]
    if state != "ailing" and bad >= failures:
        state = "ailing"
    elif (state == "ailing" and good >= recoveries) or (state == "new" and good):
        state = "well"
    return {"failures": bad, "successes": good, "state": state}


def _record(
    conn: Connection,
    name: str,
    probe: ProbeSettings,
    row: DictRow,
    result: Result,
    at: datetime,
    late: timedelta,
    due_at: datetime | None,
) -> None:
    """Keep a result; when it changes the state of its probe, that is a signal in the same transaction."""
    after = counted(row, result.state, probe.failures, probe.recoveries)
    changed = after["state"] != row["state"]
    told = {
        "name": name,
        "at": at,
        "seen": result.state,
        "ms": result.ms,
        "late_ms": round(late.total_seconds() * 1000),
        "title": line(redact.text(result.title)),
        "detail": line(redact.text(result.detail), 1_000),
    }
    since = at if changed else row["since"]
    conn.execute(Q["keep_probe"], {**told, **after, "since": since, "due_at": due_at})
    conn.execute(Q["keep_probe_result"], told)
    conn.execute(Q["forget_probe_results"], {"name": name, "before": at - KEPT})
    if changed and "ailing" in (after["state"], row["state"]):
        own.tell(conn, SOURCE, _event(name, probe, after, told, row), clock.now())


def _event(name: str, probe: ProbeSettings, after: dict[str, Any], told: dict[str, Any], row: DictRow) -> Event:
    ailing = after["state"] == "ailing"
    lasted = "" if ailing else f" It was ailing for {span(told['at'] - row['since'])}."
    times = f"{after['failures']} times in a row" if after["failures"] > 1 else "once"
    why = f"Seen {times}, {told['at']:%H:%M:%S} UTC the last." if ailing else f"Well again.{lasted}"
    return Event(
        key=key(SOURCE, name),
        key_reason="the probe",
        title=line(f"{name}: {told['title']}"),
        status="firing" if ailing else "resolved",
        text="\n".join(part for part in (told["detail"], why) if part),
        severity=probe.severity,
        target=probe.target or probe.about,
        labels={"probe": name, "kind": probe.kind},
        once=f"{name} {told['at'].isoformat()}",
    )


def _next(due_at: datetime, every: timedelta, now: datetime) -> datetime:
    """When the next look is due: an interval after this one was, not after it came; none is made up for."""
    chance = random.uniform(-_JITTER, _JITTER)  # noqa: S311 - no secret
    return max(due_at + every, now) + every * chance


def _placed(settings: Settings, probe: ProbeSettings) -> ProbeSettings:
    return probe.model_copy(update={"ca": settings.path(probe.ca)}) if probe.ca else probe


def _follow(conn: Connection, settings: Settings, now: datetime) -> None:
    """A row for each probe of the settings; one that is in them no more is forgotten, and its alert is over."""
    rows = {row["name"]: row for row in all_rows(conn, Q["probes"])}
    for name, row in rows.items():
        probe = settings.probes.get(name)
        if probe is None or probe.kind != row["kind"]:
            _forget(conn, row, now)
    for name, probe in settings.probes.items():
        kept = rows.get(name)
        if kept is None or kept["kind"] != probe.kind:
            first = None if probe.kind == TARGET else now + SPREAD * random.random()  # noqa: S311 - no secret
            conn.execute(Q["add_probe"], {"name": name, "kind": probe.kind, "now": now, "due_at": first})
        elif kept["due_at"] is not None and kept["due_at"] > now + probe.every * (1 + _JITTER) + _OTHERS:
            conn.execute(Q["hasten_probe"], {"name": name, "due_at": now})


def _forget(conn: Connection, row: DictRow, now: datetime) -> None:
    gone = one(conn, Q["forget_probe"], name=row["name"])
    if gone is not None and gone["state"] == "ailing":
        title = f"{row['name']} is watched no more"
        over = Event(key(SOURCE, row["name"]), "the probe", title, status="resolved", once=f"gone {now.isoformat()}")
        own.tell(conn, SOURCE, over, now)

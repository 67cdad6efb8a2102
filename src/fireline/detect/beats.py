"""Jobs that show signs of life: what a sign means for the state of its job, and who has stayed away too long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.detect import own
from fireline.detect.source import Event, key
from fireline.detect.spans import span
from fireline.settings import BeatSettings, Settings
from fireline.store.connect import Connection, Store, all_rows, one, queries

Q = queries("fireline.detect")

PERIOD, GRACE = timedelta(days=1), timedelta(hours=1)  # of a job that nobody has described
KEY_REASON = "the job"
TROUBLED = ("failed", "late")


@dataclass(frozen=True)
class Jobs:
    """The jobs whose signs come to one source: their names by slug and by UUID. create: a ping may ask for another."""

    slugs: Mapping[str, str]
    uuids: Mapping[str, str]
    create: bool = True
    period: timedelta = PERIOD
    grace: timedelta = GRACE


def event_key(name: str) -> str:
    """The key of a job's alert."""
    return key("beat", name)


def provision(jobs: Jobs, source: str, slug: str) -> Callable[[Connection], bool]:
    """Makes a job that no settings name; True when it was not there."""

    def ask(conn: Connection) -> bool:
        now = clock.now()
        due = now + jobs.period + jobs.grace
        told = {"source": source, "slug": slug, "period": jobs.period, "grace": jobs.grace, "now": now, "due_at": due}
        return one(conn, Q["provision_beat"], name=f"{source}/{slug}", **told) is not None

    return ask


def is_there(conn: Connection, name: str) -> bool:
    """Whether there is such a job in the store."""
    return one(conn, Q["beat"], name=name) is not None


def hear(conn: Connection, settings: Settings, signal: DictRow, event: Event) -> tuple[Event | None, str | None]:
    """Take a sign of life, or word that one is late: the alert event it leads to, or what was odd about it."""
    name, action = event.labels.get("beat", ""), event.labels.get("action", "")
    row = _held(conn, settings, signal, event, name)
    if row is None:
        return None, f"there is no beat {name[:100]!r}"
    if action == "late":
        if row["state"] != "late" or row["since"].isoformat() != event.labels.get("since"):
            return None, "a sign of life has come meanwhile"
        return _alert(settings, name, event), None
    at = signal["received_at"]
    if row["last_at"] is not None and at < row["last_at"]:
        return None, "an older sign of life than the newest"
    after = heard(row, action, event.labels.get("rid"), at, event.text)
    conn.execute(Q["change_beat"], after)
    return (_alert(settings, name, event) if action in ("success", "fail") else None), None


def _held(conn: Connection, settings: Settings, signal: DictRow, event: Event, name: str) -> DictRow | None:
    """The job's row, for this transaction; made when the settings name it, or the ping asked for it while the store was away."""
    row = one(conn, Q["hold_beat"], name=name)
    if row is not None:
        return row
    configured = settings.beats.get(name)
    if configured is not None:
        _keep(conn, name, configured, signal["received_at"])
    elif event.labels.get("create") == "1" and name == f"{signal['source']}/{event.labels.get('slug')}":
        provision(Jobs({}, {}), signal["source"], event.labels["slug"])(conn)
    return one(conn, Q["hold_beat"], name=name)


def _alert(settings: Settings, name: str, event: Event) -> Event:
    """The same as an alert of the job, with what the settings say of it."""
    configured = settings.beats.get(name)
    target, severity = (configured.target, configured.severity) if configured else (None, "error")
    return replace(event, kind="alert", target=target, severity=severity)


def heard(row: DictRow, action: str, rid: str | None, at: datetime, said: str) -> DictRow:
    """The job's row after a sign of life; pure. A finish ends the run that it names, or any when it names none."""
    after = {**row, "detail": said[:2_000] or row["detail"]}
    if action == "start":
        after |= {"started_at": at, "rid": rid}
    elif action in ("success", "fail"):
        state = "well" if action == "success" else "failed"
        ends = row["started_at"] is not None and rid == row["rid"]
        after |= {"last_at": at, "state": state, "since": row["since"] if state == row["state"] else at}
        after["detail"] = said[:2_000]
        after["took_ms"] = round((at - row["started_at"]).total_seconds() * 1000) if ends else None
        if ends or action == "fail" or rid is None:
            after |= {"started_at": None, "rid": None}
    return {**after, "due_at": due(after)}


def due(row: Mapping[str, Any]) -> datetime:
    """Until when a sign must have come: the next one in time, and the finish of a run that has begun."""
    next_one: datetime = (row["last_at"] or row["since"]) + row["period"] + row["grace"]
    return min(next_one, row["started_at"] + row["grace"]) if row["started_at"] else next_one


def sweep(store: Store, settings: Settings) -> int:
    """Have the rows follow the settings, and raise the alarm for each job that is late; how many. Safe from any number of workers."""
    with store.transaction() as conn:
        _follow(conn, settings)
    with store.transaction() as conn:
        now = clock.now()
        late = all_rows(conn, Q["late_beats"], now=now)
        for row in late:
            conn.execute(Q["change_beat"], {**row, "state": "late", "since": now})
            own.tell(conn, row["source"], lateness(row, now), now)
    return len(late)


def lateness(row: DictRow, now: datetime) -> Event:
    """The event that a job is late, with when it was last heard and what is usual."""
    usual = f"It comes every {span(row['period'])}, and may be {span(row['grace'])} late."
    last = f"Last heard at {row['last_at']:%Y-%m-%d %H:%M:%S} UTC." if row["last_at"] else "It was never heard."
    started = row["started_at"]
    if started is not None and started + row["grace"] <= now:
        title = f"{row['name']} has not finished"
        text = f"It started at {started:%Y-%m-%d %H:%M:%S} UTC and has not finished within {span(row['grace'])}. {last}"
    else:
        title, text = f"{row['name']} shows no sign of life", f"{last} {usual}"
    return Event(
        key=event_key(row["name"]),
        key_reason=KEY_REASON,
        title=title,
        text=text,
        kind="beat",
        labels={"beat": row["name"], "action": "late", "since": now.isoformat()},
        once=f"late {now.isoformat()}",
    )


def _follow(conn: Connection, settings: Settings) -> None:
    """Write what the settings say of jobs; one that is in them no more is forgotten, and its alert is over."""
    rows = {row["name"]: row for row in all_rows(conn, Q["beats"])}
    configured = {(beat.source, beat.slug or name): name for name, beat in settings.beats.items()}
    for name, row in rows.items():
        named = configured.get((row["source"], row["slug"]))
        if (named != name) if row["provisioned"] is False else (named is not None):
            _forget(conn, row)
    for name, beat in settings.beats.items():
        kept = rows.get(name)
        there = kept and (kept["source"], kept["slug"], kept["period"], kept["grace"])
        if there != (beat.source, beat.slug or name, beat.period, beat.grace):
            _keep(conn, name, beat, clock.now(), kept)


def _keep(conn: Connection, name: str, beat: BeatSettings, now: datetime, row: DictRow | None = None) -> None:
    told = {"source": beat.source, "slug": beat.slug or name, "period": beat.period, "grace": beat.grace}
    state = {**(row or {"last_at": None, "started_at": None, "since": now}), **told}
    conn.execute(Q["keep_beat"], {"name": name, "provisioned": False, "now": now, "due_at": due(state), **told})


def _forget(conn: Connection, row: DictRow) -> None:
    gone = one(conn, Q["forget_beat"], name=row["name"])
    if gone is not None and gone["state"] in TROUBLED:
        now, title = clock.now(), f"{row['name']} is watched no more"
        over = Event(event_key(row["name"]), KEY_REASON, title, status="resolved", once=f"gone {now.isoformat()}")
        own.tell(conn, row["source"], over, now)

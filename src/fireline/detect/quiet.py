"""Sources that have fallen silent, or whose deliveries are suddenly turned away: both are alerts.

What is normal is said in the settings, or learned where a source is regular; a source that is not has no normal silence.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import clock
from fireline.detect import own
from fireline.detect.source import Event, key
from fireline.detect.spans import span
from fireline.settings import Settings, SourceSettings
from fireline.store.connect import Connection, Store, all_rows, one, queries

Q = queries("fireline.detect")

SOURCE = "fireline"  # of the signals: what it says of itself
EVERY = 10.0  # seconds between looks of one process
AWAY = timedelta(minutes=2)  # without a look nobody can say who was silent
GAPS = 40  # that are remembered of a source
ENOUGH = 20  # to learn from
LONGEST_GAP = 3  # times the usual one, in a rhythm that is regular
PATIENCE = 3  # times the longest gap until it counts as silent
LEAST = timedelta(minutes=10)  # that is never counted as silence unless the settings say so
WINDOW = timedelta(minutes=10)  # over which refusals are counted
MANY = 10  # refusals in a window
FEW = 0.1  # of what is accepted; so little is normal again
_look_at = 0.0


@dataclass(frozen=True)
class Usual:
    """After which silence of a source somebody is told, and why."""

    limit: timedelta
    why: str


def sweep(store: Store, settings: Settings) -> None:
    """Look at all sources, now and then."""
    global _look_at  # noqa: PLW0603 - how often, not what: a lost value costs one look more
    if time.monotonic() >= _look_at:
        _look_at = time.monotonic() + EVERY
        look(store, settings)


def look(store: Store, settings: Settings) -> None:
    """One look at all sources; while another worker is at it, nothing."""
    with store.transaction() as conn:
        held = one(conn, Q["hold_sources"])
        if not (held and held["held"]):
            return
        now = clock.now()
        rows = {row["name"]: row for row in all_rows(conn, Q["watched_sources"])}
        states = {row["name"]: row for row in all_rows(conn, Q["counts_of_sources"])}
        for name, source in settings.sources.items():
            row = rows.pop(name, None) or _new(name, now, states.get(name))
            after = _looked_at(conn, source, row, states.get(name), now)
            conn.execute(Q["keep_watched_source"], {**after, "gaps": Jsonb(after["gaps"])})
        for row in rows.values():
            conn.execute(Q["forget_watched_source"], {"name": row["name"]})
            for what in ("silent", "refusing"):
                if row[what]:
                    _tell(conn, row["name"], what, now, f"{row['name']} is watched no more", "", None, over=True)


def usual(source: SourceSettings, gaps: Sequence[float]) -> Usual | None:
    """What the settings say, or what the last gaps teach; None when nothing is normal; pure."""
    if source.silent_after is not None:
        return Usual(source.silent_after, "as sources.NAME.silent_after says") if source.silent_after else None
    if source.format == "ping" or len(gaps) < ENOUGH:  # of pings each job has a rhythm of its own
        return None
    middle, longest = median(gaps), max(gaps)
    if longest > LONGEST_GAP * middle:
        return None
    told = f"its last {len(gaps)} deliveries came every {_seconds(middle)}, never more than {_seconds(longest)} apart"
    return Usual(max(PATIENCE * timedelta(seconds=longest), LEAST), told)


def _looked_at(
    conn: Connection, source: SourceSettings, row: DictRow, state: DictRow | None, now: datetime
) -> dict[str, Any]:
    """The row of a source after this look; what has changed is told."""
    watched_since = now if now - row["looked_at"] > AWAY else row["watched_since"]
    row = {**row, "watched_since": watched_since, "looked_at": now}
    last_at: datetime | None = state["last_at"] if state else None
    row = _heard(conn, source, row, last_at, now)
    return _counted(conn, source, row, state or {"accepted": 0, "refused": 0, "last_refusal": None}, now)


def _heard(conn: Connection, source: SourceSettings, row: DictRow, last_at: datetime | None, now: datetime) -> DictRow:
    """Whether it talks, and how it usually does."""
    gaps: list[float] = row["gaps"]
    if last_at is not None and (row["last_at"] is None or last_at > row["last_at"]):
        seamless = row["last_at"] is not None and row["last_at"] >= row["watched_since"] and not row["silent"]
        if seamless:  # a gap in which nobody looked, or that was a silence, teaches nothing
            gaps = [*gaps, (last_at - row["last_at"]).total_seconds()][-GAPS:]
        if row["silent"]:
            _tell(conn, row["name"], "silent", now, f"{row['name']} is heard again", "", source, over=True)
        row = {**row, "last_at": last_at, "gaps": gaps, "silent": False}
    normal = usual(source, gaps)
    since = max(row["last_at"] or row["watched_since"], row["watched_since"])
    if normal is None and row["silent"]:
        _tell(conn, row["name"], "silent", now, f"{row['name']} has no usual rhythm any more", "", source, over=True)
        return {**row, "silent": False}
    if normal is not None and not row["silent"] and now - since > normal.limit:
        last = f"Last heard at {last_at:%Y-%m-%d %H:%M:%S} UTC" if last_at else "It was never heard"
        why = normal.why.replace("NAME", row["name"])
        text = f"{last}, {span(now - since)} of silence. It counts as silent after {span(normal.limit)}: {why}."
        _tell(conn, row["name"], "silent", now, f"{row['name']} has fallen silent", text, source)
        return {**row, "silent": True}
    return row


def _counted(conn: Connection, source: SourceSettings, row: DictRow, state: DictRow, now: datetime) -> DictRow:
    """Whether what it sends is suddenly turned away: many refusals in a window, more than what is accepted."""
    refused, accepted = state["refused"] - row["refused"], state["accepted"] - row["accepted"]
    if not row["refusing"] and refused >= MANY and refused > accepted and row["accepted"] > 0:
        text = (
            f"{refused} deliveries were refused and {accepted} accepted since {row['window_at']:%H:%M:%S} UTC; before,"
            f" {row['accepted']} had been accepted. The last refusal: {state['last_refusal'] or 'not known'}."
        )
        _tell(conn, row["name"], "refusing", now, f"deliveries of {row['name']} are refused", text, source)
        row = {**row, "refusing": True}
    elif now - row["window_at"] < WINDOW:
        return row
    elif row["refusing"] and refused <= FEW * accepted:
        _tell(conn, row["name"], "refusing", now, f"deliveries of {row['name']} are taken again", "", source, over=True)
        row = {**row, "refusing": False}
    return {**row, "window_at": now, "refused": state["refused"], "accepted": state["accepted"]}


def _tell(
    conn: Connection,
    name: str,
    what: str,
    now: datetime,
    title: str,
    text: str,
    source: SourceSettings | None,
    *,
    over: bool = False,
) -> None:
    event = Event(
        key=key("source", name, what),
        key_reason="the source, and what is odd about it",
        title=title,
        status="resolved" if over else "firing",
        text=text,
        severity="error",
        target=source.target if source else None,
        labels={"source": name},
        once=f"{what} {now.isoformat()}",
    )
    own.tell(conn, SOURCE, event, now)


def _new(name: str, now: datetime, state: DictRow | None) -> DictRow:
    """A source that nobody has looked at yet: what it did before counts for nothing but that it was heard."""
    counts = {"accepted": state["accepted"] if state else 0, "refused": state["refused"] if state else 0}
    seen: dict[str, Any] = {"name": name, "last_at": state["last_at"] if state else None, "gaps": [], **counts}
    times = {"looked_at": now, "watched_since": now, "window_at": now}
    return {**seen, **times, "silent": False, "refusing": False}


def _seconds(number: float) -> str:
    return span(timedelta(seconds=number))

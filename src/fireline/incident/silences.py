"""Silences and maintenance windows: of alerts that fit nobody is told, until they end. Asked when sending, never when storing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import clock
from fireline.errors import FirelineError, NotFound, Refused, Usage
from fireline.incident import matching, windows
from fireline.incident.people import FIRELINE, Actor, need
from fireline.incident.row import Q, words
from fireline.incident.timeline import tell
from fireline.incident.view import alert_view
from fireline.settings.shapes import duration
from fireline.store.connect import Connection, all_rows, one
from fireline.store.wake import wake

MOST = 200  # in one list
AHEAD = timedelta(days=14)  # of windows in a list
KINDS = ("silence", "maintenance")


@dataclass(frozen=True)
class Held:
    """Why nobody is told of an incident now. faults: silences that could not be read, and so hold nothing."""

    until: datetime | None
    silences: tuple[DictRow, ...]
    faults: tuple[str, ...] = ()

    @property
    def named(self) -> str:
        """The silences in words."""
        return "; ".join(f"silence {one['id']} “{one['comment']}” by {one['created_by']}" for one in self.silences)


def held(conn: Connection, incident: int, now: datetime) -> Held:
    """Whether silences hold every alert of an incident that fires, and until when the first of them lets go.

    An incident that a person declared has no alert, or one that is not held, and is told of. A silence that can not
    be read lets its alerts through.
    """
    in_force = all_rows(conn, Q["silences_now"], now=now)
    if not in_force:
        return Held(None, ())
    alerts = all_rows(conn, Q["firing_alerts"], incident=incident)
    readable, faults = _readable(in_force, now)
    used: dict[int, tuple[DictRow, datetime]] = {}
    for alert in alerts:
        fields = matching.fields_of(alert)
        holding = [(row, until) for row, wanted, until in readable if matching.fits(wanted, fields)]
        if not holding:
            return Held(None, (), faults)
        longest = max(holding, key=lambda found: found[1])
        used[longest[0]["id"]] = longest
    if not used:
        return Held(None, (), faults)
    return Held(min(until for _, until in used.values()), tuple(row for row, _ in used.values()), faults)


def _readable(
    rows: Iterable[DictRow], now: datetime
) -> tuple[list[tuple[DictRow, tuple[matching.Matcher, ...], datetime]], tuple[str, ...]]:
    found, faults = [], []
    for row in rows:
        try:
            again = windows.recurrence_of(row["recurrence"])
            until = windows.held_until(row["starts_at"], row["ends_at"], again, now)
            wanted = matching.matchers(row["matchers"])
        except (FirelineError, KeyError, TypeError, AttributeError) as broken:
            said = broken.message if isinstance(broken, FirelineError) else f"{type(broken).__name__}"
            faults.append(f"silence {row['id']} can not be read and holds nothing: {said}")
            continue
        if until is not None:
            found.append((row, wanted, until))
    return found, tuple(faults)


def holding(conn: Connection, alert: Mapping[str, Any], now: datetime) -> tuple[list[str], list[str]]:
    """The silences that would hold an alert, in words, and what of them can not be read."""
    readable, faults = _readable(all_rows(conn, Q["silences_now"], now=now), now)
    fields = matching.fields_of(alert)
    found = [
        f"silence {row['id']} “{row['comment']}” by {row['created_by']}, until {until:%Y-%m-%d %H:%M} UTC"
        for row, wanted, until in readable
        if matching.fits(wanted, fields)
    ]
    return found, list(faults)


def why_late(conn: Connection, incident: DictRow) -> str:
    """Why people are told of an incident only now, in a sentence; empty when no silence held it."""
    if incident["silenced_until"] is None:
        return ""
    last = one(conn, Q["last_silenced"], incident=incident["id"])
    return f"Told only now: {last['silences'] if last else 'a silence'} held it, and holds it no longer."


def resume(conn: Connection, incident: DictRow, now: datetime) -> None:
    """People are told again: the timeline says why, and nobody is late for the time in which nobody was told."""
    tell(conn, incident["id"], "unsilenced", FIRELINE, reason=why_late(conn, incident))
    last = one(conn, Q["last_silenced"], incident=incident["id"])
    if last is not None:
        conn.execute(Q["postpone_response"], {"incident": incident["id"], "by": now - last["at"]})


def warn(conn: Connection, incident: int, faults: Iterable[str]) -> None:
    """Say once on the timeline that a silence could not be read and let alerts through."""
    for fault in faults:
        text = f"Let through with a warning: {fault}."
        if one(conn, Q["noted"], incident=incident, text=text) is None:
            tell(conn, incident, "note", FIRELINE, text=text)


def hold(conn: Connection, incident: int, until: datetime | None) -> None:
    """Keep until when nobody is told of an incident; None when people are told again."""
    conn.execute(Q["hold_incident"], {"incident": incident, "until": until})


def create_silence(
    conn: Connection,
    actor: Actor,
    *,
    matchers: list[str],
    comment: str,
    lasts: str = "2h",
    starts: str = "",
    kind: str = "silence",
    days: str = "",
    between: str = "",
    timezone: str = "UTC",
) -> dict[str, Any]:
    """Tell nobody of alerts that fit all matchers, for a time that always ends.

    `starts` is now, or a time such as 2026-03-01T22:00+01:00. With `days` (mon,thu or daily) and `between`
    (22:00-02:00) it holds only then, until `lasts` is over. The alerts come in and open incidents as ever.
    """
    need(actor, "responder")
    if kind not in KINDS:
        raise Usage(f"{kind[:40]!r} is not a kind of silence", hint=f"It can be {' or '.join(KINDS)}.")
    read = matching.matchers(matchers)
    now = clock.now()
    begins = _moment(starts, now)
    ends = begins + _length(lasts)
    again = windows.recurrence(days, between, timezone) if days or between else None
    if ends <= now:
        raise Usage("it would be over already", hint="Choose a later start or a longer time.")
    row = one(
        conn,
        Q["create_silence"],
        kind=kind,
        matchers=[str(found) for found in read],
        comment=words(comment, "the comment", limit=500, one_line=True),
        by=actor.name,
        now=now,
        starts=begins,
        ends=ends,
        recurrence=Jsonb(again.json()) if again else None,
    )
    assert row is not None
    return _view(row, now) | {
        "text": f"Silence {row['id']} until {ends:%Y-%m-%d %H:%M} UTC: {', '.join(row['matchers'])}"
    }


def _moment(text: str, now: datetime) -> datetime:
    if not text.strip():
        return now
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Usage(f"{text[:40]!r} is not a time with its zone", hint="Write it as 2026-03-01T22:00+01:00.")
    return at


def _length(text: str) -> timedelta:
    try:
        length = duration(text)
    except ValueError as wrong:
        raise Usage(str(wrong)) from None
    if not timedelta(minutes=1) <= length <= windows.LONGEST:
        raise Usage("a silence lasts from a minute to a year", hint="It always ends; make a new one then.")
    return length


def end_silence(conn: Connection, actor: Actor, *, silence: int) -> dict[str, Any]:
    """End a silence now: people are told at once of what still fires."""
    need(actor, "responder")
    now = clock.now()
    row = one(conn, Q["end_silence"], silence=silence, now=now, by=actor.name) if 0 <= silence < 2**63 else None
    if row is None:
        before = show_silence(conn, actor, silence=silence)
        raise Refused(f"silence {silence} ended {before['ends_at']:%Y-%m-%d %H:%M} UTC")
    for incident in all_rows(conn, Q["let_incidents_go"], now=now):
        wake(conn, "tell", incident["id"])
    return _view(row, now) | {"text": f"Silence {silence} has ended. What still fires is told of now."}


def list_silences(conn: Connection, actor: Actor, *, past: bool = False, limit: int = 50) -> list[dict[str, Any]]:
    """Silences and maintenance windows that hold or will; `past` adds those that are over, the newest first."""
    now = clock.now()
    rows = all_rows(conn, Q["silences"], now=now, past=past, limit=min(max(limit, 1), MOST))
    return [_view(row, now) for row in rows]


def show_silence(conn: Connection, actor: Actor, *, silence: int) -> dict[str, Any]:
    """One silence, with the alerts that fire now and that it fits."""
    row = one(conn, Q["silence"], silence=silence) if 0 <= silence < 2**63 else None
    if row is None:
        raise NotFound(f"there is no silence {silence}", hint="`fireline silence list` lists those there are.")
    now = clock.now()
    return _view(row, now) | {"alerts": _fitting(conn, matching.matchers(row["matchers"]))}


def preview_silence(conn: Connection, actor: Actor, *, matchers: list[str]) -> dict[str, Any]:
    """The alerts that fire now and that these matchers fit: what a silence would hold."""
    return {"alerts": _fitting(conn, matching.matchers(matchers))}


def _fitting(conn: Connection, wanted: tuple[matching.Matcher, ...]) -> list[dict[str, Any]]:
    rows = all_rows(conn, Q["all_firing_alerts"])
    return [alert_view(row) for row in rows if matching.fits(wanted, matching.fields_of(row))][:MOST]


def _view(row: DictRow, now: datetime) -> dict[str, Any]:
    same = ("kind", "matchers", "comment", "created_by", "created_at", "starts_at", "ends_at", "recurrence", "ended_by")
    try:
        again = windows.recurrence_of(row["recurrence"])
    except (FirelineError, KeyError, TypeError, AttributeError):
        again = None
    until = windows.held_until(row["starts_at"], row["ends_at"], again, now)
    coming = windows.windows(row["starts_at"], row["ends_at"], again, now, now + AHEAD)
    state = "over" if row["ends_at"] <= now else "holds" if until else "waits"
    return {
        "silence": row["id"],
        **{name: row[name] for name in same},
        "state": state,
        "held_until": until,
        "windows": [{"from": first, "to": last} for first, last in coming],
    }

"""Deadlines of an incident: rows that run until somebody stops them; told of once at risk and once breached.

A clock begins at the first signal. Wall time, unless its phrase says business. Nothing here waits: `check_clocks` is a
duty that looks at the rows, woken at the times they hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from psycopg.rows import DictRow

from fireline.incident import timeline
from fireline.incident.calendar import (
    BusinessCalendar,
    add_business_time,
    business_time_between,
    next_business_day_opening,
)
from fireline.incident.people import FIRELINE
from fireline.incident.row import Q, lock, name
from fireline.settings import Policy
from fireline.store.connect import Connection, all_rows, one
from fireline.store.wake import wake

AT_RISK = 0.75  # of the way from start to due


@dataclass(frozen=True)
class Response:
    """How soon somebody must respond. kind: immediate, duration (with `length`), business_day or none.

    business: `length` counts business hours only.
    """

    kind: str
    length: timedelta | None = None
    business: bool = False


class Deadline(NamedTuple):
    """A clock that is to be started: the runbook's own words, when it is at risk, when it is due."""

    phrase: str
    at_risk_at: datetime
    due_at: datetime


def due(
    start: datetime, response: Response, policy: Policy, calendar: BusinessCalendar
) -> tuple[datetime, datetime] | None:
    """When a clock that starts now is at risk (75 % of the time it counts) and when it is due; None without a time."""
    start = start.astimezone(UTC)
    if response.kind == "none":
        return None
    if response.kind == "business_day":
        opening = next_business_day_opening(start, calendar)
        end = add_business_time(opening, policy.next_business_day, calendar)
        counted = business_time_between(start, end, calendar)
        return (add_business_time(start, counted * AT_RISK, calendar) if counted else end), end
    length = policy.immediate if response.kind == "immediate" or not response.length else response.length
    if response.business:
        return add_business_time(start, length * AT_RISK, calendar), add_business_time(start, length, calendar)
    return start + length * AT_RISK, start + length


def start(conn: Connection, incident: int, kind: str, started_at: datetime, deadline: Deadline) -> None:
    """Start a clock, or start it anew; the queue is asked to look at it when it is at risk and when it is due."""
    conn.execute(Q["start_clock"], {"incident": incident, "kind": kind, "started_at": started_at, **deadline._asdict()})
    for moment in (deadline.at_risk_at, deadline.due_at):
        wake(conn, "clocks", "all", at=moment)


def cancel(conn: Connection, incident: int, kind: str) -> None:
    """Take a running clock away: there is no deadline any more. One that was stopped stays, as history."""
    conn.execute(Q["cancel_clock"], {"incident": incident, "kind": kind})


def stop(conn: Connection, incident: int, kind: str, now: datetime) -> DictRow | None:
    """Stop a clock, a breach nobody noticed yet told first; the clock, or None when none was running."""
    running = one(conn, Q["running_clock"], incident=incident, kind=kind)
    if running is None:
        return None
    if now > running["due_at"]:
        _tell_of(conn, running, now)
    return one(conn, Q["stop_clock"], clock=running["id"], now=now)


def of(conn: Connection, incident: int) -> list[DictRow]:
    """All clocks of an incident, the first started first."""
    return all_rows(conn, Q["clocks_of"], incident=incident)


def state(clock: DictRow, now: datetime) -> str:
    """running, at_risk, breached or met, whether or not the duty has seen it yet."""
    if clock["breached_at"]:
        return "breached"
    if clock["stopped_at"]:
        return "met" if clock["stopped_at"] <= clock["due_at"] else "breached"
    if now >= clock["due_at"]:
        return "breached"
    return "at_risk" if now >= clock["at_risk_at"] else "running"


def check_clocks(conn: Connection, now: datetime) -> list[dict[str, Any]]:
    """Mark each running clock that is at risk or breached, once, with an event; `tell` is woken for its incident.

    The incident's row is locked before the clock is read again, as every other writer does, so that a person who
    acknowledges at the same moment is either before this (and nothing is told) or after it.
    """
    found = []
    for late in all_rows(conn, Q["late_clocks"], now=now):
        lock(conn, late["incident_id"])
        running = one(conn, Q["running_clock"], incident=late["incident_id"], kind=late["kind"])
        event = _tell_of(conn, running, now) if running else None
        if running and event:
            wake(conn, "tell", late["incident_id"])
            found.append({"incident": name(late["incident_id"]), "clock": running["kind"], "event": event})
    return found


def _tell_of(conn: Connection, clock: DictRow, now: datetime) -> str | None:
    """Mark what has come to pass and put it on the timeline; one found already breached is not also called at risk."""
    if now >= clock["due_at"] and not clock["breached_at"]:
        event = "clock_breached"
    elif clock["at_risk_at"] <= now < clock["due_at"] and not clock["at_risk_told_at"]:
        event = "clock_at_risk"
    else:
        return None
    conn.execute(Q["mark_clock"], {"clock": clock["id"], "now": now, "breached": event == "clock_breached"})
    timeline.tell(conn, clock["incident_id"], event, FIRELINE, kind=clock["kind"], due_at=clock["due_at"])
    return event

"""What the server's log says since a while, by kind of message, before and since a moment; the logins that failed; a search."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

from fireline.assess.checks.log import Entry, Log
from fireline.assess.log_around import around, drawn
from fireline.assess.snapshot import Snapshot
from fireline.assess.view import MOST, Section, Shown, View


def show(snapshot: Snapshot) -> Shown:
    """The most serious first."""
    log = snapshot.last("log", Log)
    assert log is not None
    start, end = snapshot.asked.start, snapshot.taken_at
    begin = (log.counted_from or log.since) if start else end - snapshot.asked.since
    recent = [one for entry in (log.counted if start else log.entries) if (one := _within(entry, begin))]
    facts = [
        f"{log.source} since {begin:%Y-%m-%d %H:%M:%S} UTC{'' if log.whole else '; it was too long to be read whole'}"
    ]
    if not recent and log.entries:
        facts.append("Nothing was said since then; these are its last words")
        recent, begin = list(log.entries), min((one.first for one in log.entries if one.first), default=begin)
    if start:
        facts.append(_counted(log, start, end))
    entries = tuple(_row(one, start, begin, end) for one in recent[:MOST])
    sections = [Section("Messages", entries), Section("Logins that failed", _logins(log))]
    if snapshot.asked.search:
        sections.insert(0, _found(log, snapshot.asked.search))
    return Shown(tuple(facts), tuple(sections))


def _within(entry: Entry, begin: datetime) -> Entry | None:
    """The entry with what came since a moment; None when that is nothing. Without times it stays as it is."""
    if not entry.times or entry.times[0] >= begin:
        return entry
    times = tuple(at for at in entry.times if at >= begin)
    return replace(entry, count=len(times), first=times[0], last=times[-1], times=times) if times else None


def _counted(log: Log, start: datetime, end: datetime) -> str:
    """How many errors there are before and since, in words."""
    seen = around(log, start, end, ("PANIC", "FATAL", "ERROR"))
    since = sum(one.since for one in seen.kinds)
    if (log.counted_from or log.since) >= start:
        return f"{_errors(since)} since {start:%H:%M:%S} UTC; what was said before that was not read"
    before = sum(one.before or 0 for one in seen.kinds)
    return f"{_errors(before)} in the {seen.lead} before {start:%H:%M:%S} UTC, {since:,} since"


def _errors(count: int) -> str:
    return f"{count:,} error{'' if count == 1 else 's'}"


def _row(one: Entry, start: datetime | None, begin: datetime, end: datetime) -> dict[str, Any]:
    told = {"severity": one.severity, "count": one.count}
    if start:
        read = begin < start
        told |= {
            "before": sum(at < start for at in one.times) if read else None,
            "since": sum(at >= start for at in one.times),
        }
    return {
        **told,
        "over_time": drawn(one, begin, end),
        "first_at": one.first,
        "last_at": one.last,
        "code": one.code or None,
        "message": one.message,
        "detail": one.detail or None,
    }


def _logins(log: Log) -> tuple[dict[str, Any], ...]:
    failed = Counter((one.user, one.host or "-", one.failed) for one in log.logins if one.failed)
    return tuple(
        {"user": user, "from": host, "times": times, "because": because}
        for (user, host, because), times in failed.most_common(MOST)
    )


def _found(log: Log, pattern: str) -> Section:
    rows = tuple(
        {
            "said_at": one.at,
            "severity": one.severity,
            "code": one.code or None,
            "user": one.user or None,
            "database": one.database or None,
            "message": one.message,
            "detail": one.detail or None,
            "statement": one.statement or None,
        }
        for one in log.found
    )
    note = f"{log.found_times:,} in all; the newest {len(rows)}." if log.found_times > len(rows) else ""
    return Section(f"Lines that match {pattern}", rows, note)


view = View("log", "The server's log by kind of message; failed logins; a search", ("log",), show)

"""Who is connected: by state, by user and application, who left connections open, and how many slots are left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from fireline.assess.snapshot import Session, Snapshot
from fireline.assess.symptoms import slots_left
from fireline.assess.telling import age, shortened
from fireline.assess.view import MOST, Section, Shown, View

_UNSEEN = "not shown to our role"
_LEFT_OPEN_SECONDS, _LEFT_OPEN = 300, 3  # idle so long, so many of one application: perhaps never given back


def show(snapshot: Snapshot) -> Shown:
    """The newest sample."""
    reading = snapshot.locks[-1]
    clients = [one for one in reading.sessions.values() if one.kind == "client backend" or (one.hidden and one.user)]
    return Shown(
        _facts(snapshot, clients),
        (
            Section("By state", _by_state(reading.at, clients)),
            Section("By user and application", _by_user(reading.at, clients)),
            Section(
                "Perhaps left open",
                _left_open(reading.at, clients),
                "Idle for 5 minutes and more, three or more of one application: a pool that is too large, or a leak.",
            ),
            Section("Oldest transactions", _oldest(reading.at, clients)),
        ),
    )


def _facts(snapshot: Snapshot, clients: list[Session]) -> tuple[str, ...]:
    found = slots_left(snapshot)
    if found is None:
        return (f"{len(clients)} sessions of clients",)
    used, ordinary, reserved = found
    hidden = sum(one.hidden for one in clients)
    facts = [
        f"{used} of {ordinary} slots for ordinary roles used, {max(ordinary - used, 0)} left",
        f"{reserved} more are reserved",
    ]
    if hidden:
        facts.append(f"{hidden} sessions of others are not shown to our role")
    return tuple(facts)


def _by_state(at: datetime, clients: list[Session]) -> tuple[dict[str, Any], ...]:
    groups: dict[str, list[Session]] = defaultdict(list)
    for one in clients:
        groups[one.state or _UNSEEN].append(one)
    return tuple(
        {"state": state, "sessions": len(group), "longest_s": _longest(at, group)}
        for state, group in sorted(groups.items(), key=lambda pair: -len(pair[1]))
    )


def _longest(at: datetime, group: Iterable[Session]) -> float:
    return round(max(age(at, one.state_change) for one in group), 1)


def _by_user(at: datetime, clients: list[Session]) -> tuple[dict[str, Any], ...]:
    groups: dict[tuple[str, str, str, str], list[Session]] = defaultdict(list)
    for one in clients:
        groups[one.user or "?", one.application or "-", one.client or "local", one.database or "?"].append(one)
    rows = [
        {
            "user": user,
            "application": application,
            "client": client,
            "database": database,
            "sessions": len(group),
            "active": sum(one.state == "active" for one in group),
            "idle": sum(one.state == "idle" for one in group),
            "idle_in_tx": sum((one.state or "").startswith("idle in transaction") for one in group),
            "oldest_s": round(max(age(at, one.backend_start) for one in group), 1),
        }
        for (user, application, client, database), group in groups.items()
    ]
    return tuple(sorted(rows, key=lambda row: -int(row["sessions"]))[:MOST])  # type: ignore[call-overload]


def _left_open(at: datetime, clients: list[Session]) -> tuple[dict[str, Any], ...]:
    groups: dict[tuple[str, str], list[Session]] = defaultdict(list)
    for one in clients:
        if one.state == "idle" and age(at, one.state_change) >= _LEFT_OPEN_SECONDS:
            groups[one.user or "?", one.application or "-"].append(one)
    return tuple(
        {
            "user": user,
            "application": application,
            "sessions": len(group),
            "idle_s": round(min(age(at, one.state_change) for one in group), 1),
            "longest_s": _longest(at, group),
            "last_statement": shortened(group[0].query),
        }
        for (user, application), group in sorted(groups.items(), key=lambda pair: -len(pair[1]))
        if len(group) >= _LEFT_OPEN
    )


def _oldest(at: datetime, clients: list[Session]) -> tuple[dict[str, Any], ...]:
    begun = sorted((one for one in clients if one.xact_start), key=lambda one: age(at, one.xact_start), reverse=True)
    return tuple(
        {
            "pid": one.pid,
            "user": one.user,
            "application": one.application or "-",
            "state": one.state,
            "transaction_s": round(age(at, one.xact_start), 1),
            "waits_for": f"{one.wait_type}: {one.wait}" if one.wait_type else None,
            "statement": shortened(one.query),
        }
        for one in begun[:10]
    )


view = View("connections", "Sessions by state, user and application; slots left", ("locks", "settings"), show)

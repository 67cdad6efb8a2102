"""What the causes have in common that keep dead rows from being removed: the holder, the rows, the freeze limit. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fireline.assess.checks.databases import Database, Databases
from fireline.assess.checks.horizon import Holder, Horizon
from fireline.assess.checks.settings import Settings
from fireline.assess.checks.tables import Tables
from fireline.assess.held_up import moment
from fireline.assess.quoting import qualified
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import age, span
from fireline.assess.verdict import Evidence, Rejected, Severity

BLOAT = ("bloat",)
LABELS = {
    "session": "xmin_held_by_session",
    "prepared": "xmin_held_by_prepared",
    "slot": "xmin_held_by_slot",
    "standby": "xmin_held_by_standby",
}
WORDS = {"session": "session", "prepared": "prepared transaction", "slot": "replication slot", "standby": "standby"}
LEAST_DEAD, SHARE_DEAD = 1000, 0.2  # rows that are worth a word
A_MOMENT = 1.0  # seconds: younger transactions come and go
_FREEZE_MAX = 200_000_000.0
_SLACK = timedelta(seconds=1)  # of the two moments that are compared


@dataclass(frozen=True)
class Kept:
    """A table (its name as SQL has it) whose last vacuum had to leave dead rows behind."""

    name: str
    dead: int
    live: int
    vacuumed: datetime


def holders(snapshot: Snapshot, kind: str) -> list[Holder]:
    """Those of this kind that hold back rows of the database looked at, and not for a moment only; the oldest first."""
    horizon = snapshot.last("horizon", Horizon)
    if horizon is None:
        return []
    found = [one for one in horizon.holders if _kind(one) == kind and one.database in (None, horizon.current)]
    return [one for one in found if kind != "session" or _lasts(horizon, one)]


def of_dead_rows(snapshot: Snapshot) -> bool:
    """Whether somebody complains of dead rows; a log that grows, or a vacuum to prevent wraparound, is another matter."""
    said = snapshot.complaint
    return said.about(*BLOAT) and not said.about("wal") and not (said.about("wraparound") and pressed(snapshot))


def _kind(one: Holder) -> str:
    """A physical slot that is used carries what its standby holds back."""
    return "standby" if one.kind == "slot" and one.type == "physical" and one.state == "active" else one.kind


def _lasts(horizon: Horizon, one: Holder) -> bool:
    return age(horizon.at, one.since) >= A_MOMENT and not (one.type or "").startswith("autovacuum")


def kept(snapshot: Snapshot, since: datetime | None, *, catalogs: bool = False, rows: bool = True) -> list[Kept]:
    """Tables with many dead rows left by a vacuum later than `since`; the worst first."""
    horizon, tables = snapshot.last("horizon", Horizon), snapshot.last("tables", Tables)
    found: list[tuple[str, int, int, datetime | None]] = []
    if rows and tables:
        found += [
            (qualified(one.schema, one.name), one.dead, one.live, one.vacuumed)
            for one in tables.tables
            if one.kind != "p"
        ]
    if catalogs and horizon:
        found += [(one.name, one.dead, one.live, one.vacuumed) for one in horizon.catalogs]
    left = [
        Kept(name, dead, live, at)
        for name, dead, live, at in found
        if at and dead >= max(LEAST_DEAD, SHARE_DEAD * live) and (since is None or at > since - _SLACK)
    ]
    return sorted(left, key=lambda one: -one.dead)


def slot_keeps(snapshot: Snapshot, one: Holder) -> list[Kept]:
    """What vacuum had to leave because of a slot: of the catalogs, and of all tables when it has an xmin."""
    return kept(snapshot, one.since, catalogs=True, rows=one.age is not None)


def same(one: Holder) -> str:
    """A condition on pg_stat_activity that only this transaction of this session meets."""
    begun = f"xact_start = {moment(one.since)}" if one.since else "xact_start IS NULL"
    return f"pid = {one.pid} AND backend_start = {moment(one.backend_start)} AND {begun}"


def freeze_limit(snapshot: Snapshot) -> float:
    """How old tables may become before they are vacuumed whatever it costs."""
    settings = snapshot.last("settings", Settings)
    return settings.number("autovacuum_freeze_max_age", _FREEZE_MAX) if settings else _FREEZE_MAX


def oldest_database(snapshot: Snapshot) -> Database | None:
    """The database that was frozen longest ago."""
    databases = snapshot.last("databases", Databases)
    return max(databases.all.values(), key=lambda one: one.frozen_age, default=None) if databases else None


def pressed(snapshot: Snapshot) -> Holder | None:
    """Who keeps the oldest database from being frozen though its limit is reached; None when nobody does, or it is not.

    Asked about it, a database that comes near its limit is enough.
    """
    horizon, oldest = snapshot.last("horizon", Horizon), oldest_database(snapshot)
    if horizon is None or oldest is None or not horizon.holders:
        return None
    limit, asked = freeze_limit(snapshot), snapshot.complaint.about("wraparound")
    first = max(horizon.holders, key=lambda one: one.oldest)
    enough = 0.5 if asked else 1.0
    held = first.oldest >= (0.5 if asked else 0.8) * min(limit, oldest.frozen_age)
    return first if oldest.frozen_age >= enough * limit and held else None


def severity(left: Iterable[Kept]) -> Severity:
    """How bad: many dead rows slow every query on the table."""
    worst = max((one.dead / max(one.live, 1) for one in left), default=0.0)
    return "high" if worst >= 1 else "medium"


def facts(left: list[Kept]) -> tuple[Evidence, ...]:
    """What vacuum had to leave."""
    return tuple(
        Evidence(
            "pg_stat_all_tables",
            f"{one.name} has {one.dead} dead rows beside {one.live} live ones, left by its last vacuum",
        )
        for one in left[:3]
    )


def twins(snapshot: Snapshot, holder: Holder, kind: str) -> tuple[Rejected, ...]:
    """The other holders, each with the fact that it is not the oldest."""
    told = []
    horizon = snapshot.last("horizon", Horizon)
    for other, label in LABELS.items():
        if other == kind:
            continue
        there = [one for one in (horizon.holders if horizon else ()) if _kind(one) == other]
        oldest = max((one.oldest for one in there), default=None)
        if oldest is None:
            fact = f"no {WORDS[other]} holds back anything"
        elif oldest < holder.oldest:
            fact = f"the oldest {WORDS[other]} holds back {oldest} transactions, this one {holder.oldest}"
        else:
            fact = f"it is not alone: a {WORDS[other]} holds back {oldest} transactions too"
        told.append(Rejected(label, fact))
    return tuple(told)


def vacuumed_in_vain(left: list[Kept]) -> Rejected:
    """Why a table that is not vacuumed is not the matter."""
    if left:
        return Rejected("autovacuum_disabled_table", f"{left[0].name} was vacuumed, and the dead rows stayed")
    return Rejected(
        "autovacuum_disabled_table", "a vacuum could not remove what has died since, whether it runs or not"
    )


def held_for(at: datetime, holder: Holder) -> str:
    """How long it has held back, where that is known."""
    return f" for {span(age(at, holder.since))}" if holder.since else ""

"""Readings of what is kept too long, made up: old transactions, log, locks, standbys, unlogged tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fireline.assess.checks.horizon import Dead, Holder, Horizon, Old
from fireline.assess.checks.settings import Override, Setting, Settings
from fireline.assess.checks.standbys import Connected, Replay, Standbys
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.verdict import Verdict
from tests.assess.readings import AT, settings

_SESSION = Holder(
    "session", "41", 41, 5000, None, "app", "web", "report", None, "idle in transaction", AT - timedelta(hours=2),
    AT - timedelta(minutes=4), AT - timedelta(minutes=4), False, "client backend", "SELECT * FROM orders",
)  # fmt: skip
_PREPARED = Holder(
    "prepared", "tx-1", None, 5000, None, "app", "web", "", None, None, None, AT - timedelta(minutes=4), None, True, None, None,
)  # fmt: skip
_SLOT = Holder(
    "slot", "cdc", None, None, 5000, "app", None, "pgoutput", None, "inactive", None, None, None, False, "logical", None,
)  # fmt: skip
_STANDBY = Holder(
    "standby", "43", 43, 5000, None, None, "repl", "replica", "10.0.0.7", "active", AT - timedelta(days=1), None, None, False,
    "walsender", None,
)  # fmt: skip
KINDS = {"session": _SESSION, "prepared": _PREPARED, "slot": _SLOT, "standby": _STANDBY}


def ago(seconds: float) -> datetime:
    return AT - timedelta(seconds=seconds)


def holder(kind: str, **changed: Any) -> Holder:
    """Something of this kind that has held back 5,000 transactions, for four minutes where that is known."""
    return replace(KINDS[kind], **changed)


def horizon(*holders: Holder, catalogs: Sequence[Dead] = (), old: Sequence[Old] = ()) -> tuple[str, Horizon]:
    """The reading, the oldest first."""
    ordered = sorted(holders, key=lambda one: -one.oldest)
    return "horizon", Horizon(AT, "app", 0, tuple(ordered), tuple(old), tuple(catalogs))


def bloated(dead: int = 50_000, live: int = 10_000, vacuumed: float | None = 60) -> tuple[str, Tables]:
    """One table with dead rows, vacuumed so many seconds ago."""
    at = None if vacuumed is None else ago(vacuumed)
    return "tables", Tables((Table(1, "public", "Orders", live=live, dead=dead, last_vacuum=at),))


def given(*, role: str | None = None, database: str | None = None, **values: str) -> tuple[str, Settings]:
    """Settings that a role or a database is given; or the server's file, when neither is said."""
    known = settings()
    if role or database:
        overrides = tuple(Override(database, role, name, value) for name, value in values.items())
        return "settings", replace(known, overrides=overrides)
    file = "/data/postgresql.auto.conf"
    set_ = {
        name: Setting(name, value, None, "configuration file", None, None, file, 3, False)
        for name, value in values.items()
    }
    return "settings", replace(known, values=known.values | set_)


def standby(**changed: Any) -> Connected:
    """A standby that has everything."""
    made = Connected(
        51, "replica", "10.0.0.7", "streaming", AT, 10**9, 10**9, 10**9, 10**9, "0/3B9ACA00", "0/3B9ACA00", "0/3B9ACA00", 0.01,
        None, 10**9,
    )  # fmt: skip
    return replace(made, **changed)


def standbys(*connected: Connected, replay: Replay | None = None, seconds: float = 0.0) -> tuple[str, Standbys]:
    """One sample."""
    return "standbys", Standbys(AT + timedelta(seconds=seconds), connected, replay)


def replay(**changed: Any) -> Replay:
    """A standby that replays what it receives."""
    made = Replay(
        "running", 10**9, 10**9, "0/3B9ACA00", "0/3B9ACA00", ago(1), "RecoveryWalStream", "Activity", 7, "streaming", ago(1), "10.0.0.1",
    )  # fmt: skip
    return replace(made, **changed)


def the(found: tuple[Verdict, ...]) -> Verdict:
    """The only verdict."""
    (one,) = found
    return one


def facts(one: Verdict) -> str:
    """All that it is based on."""
    return "\n".join(evidence.fact for evidence in one.evidence)


def why_not(one: Verdict) -> dict[str, str]:
    """The twins that were rejected, with the reason."""
    return {each.cause: each.because for each in one.rejected}

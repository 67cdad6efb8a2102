"""One look at a target: one connection, no lock on anybody's table, nothing written, a limit on everything."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import psycopg

from fireline import clock, redact, shelf
from fireline.assess.snapshot import Check, Server, Snapshot
from fireline.postgres.connect import Connection, Target, connect

SAMPLES = 2
MOST_SAMPLES = 3
GAP_SECONDS = 0.25
_LOCK_LIMIT = timedelta(milliseconds=100)
_TIME_LIMIT = timedelta(seconds=2)

_SERVER = """
SELECT split_part(current_setting('server_version'), ' ', 1) AS version, current_setting('server_version_num')::int AS number,
    current_database() AS database, current_user AS role, pg_is_in_recovery() AS standby
"""


def checks() -> dict[str, Check]:
    """Every check on its shelf."""
    return shelf.read("fireline.assess.checks", "check")


def look(
    target: Target,
    wanted: Mapping[str, Check] | None = None,
    *,
    samples: int = SAMPLES,
    gap: float = GAP_SECONDS,
) -> Snapshot:
    """Read everything the checks know into a snapshot; what fails is unknown, with the reason, and the rest goes on.

    Each reading is a transaction of its own, as pg_stat_activity does not change within one.
    Raises TargetUnavailable when there is no connection.
    """
    chosen = checks() if wanted is None else wanted
    taken_at, began = clock.now(), time.monotonic()
    readings: dict[str, list[Any]] = {name: [] for name in chosen}
    unknown: dict[str, str] = {}
    with connect(target, statement_timeout=_TIME_LIMIT, lock_timeout=_LOCK_LIMIT) as conn:
        conn.read_only = True
        server = _server(conn)
        for number in range(MOST_SAMPLES):
            again = [
                check
                for check in chosen.values()
                if number == 0 or _again(check, readings[check.name], number, samples)
            ]
            if not again:
                break
            if number:
                time.sleep(gap)
            for check in again:
                _sample(conn, check, readings, unknown)
    for name, seen in readings.items():
        partly = chosen[name].blind
        because = partly(seen[-1]) if partly and seen else None
        if because and server:
            unknown.setdefault(name, f"role {server.role} {because}")
    ms = round((time.monotonic() - began) * 1000)
    return Snapshot(target.name, taken_at, server, {name: tuple(seen) for name, seen in readings.items()}, unknown, ms)


def _again(check: Check, seen: list[Any], number: int, samples: int) -> bool:
    if not check.sampled or len(seen) < number:  # once it failed, it is not tried again
        return False
    return number < samples or bool(check.unsettled and check.unsettled(tuple(seen)))


def _sample(conn: Connection, check: Check, readings: dict[str, list[Any]], unknown: dict[str, str]) -> None:
    try:
        readings[check.name].append(check.read(conn))
    except psycopg.Error as fault:
        unknown[check.name] = redact.text(str(fault.diag.message_primary or fault).strip().splitlines()[0])
    finally:
        if not conn.closed:
            conn.rollback()


def _server(conn: Connection) -> Server | None:
    row = conn.execute(_SERVER).fetchone()
    conn.rollback()
    return Server(**row) if row else None

"""One look at a target: one connection, no lock on anybody's table, nothing written, a limit on everything."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg

from fireline import clock, redact, shelf
from fireline.assess.snapshot import Asked, Check, Server, Snapshot
from fireline.assess.ways import ways
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Connection, Target, connect

SAMPLES = 2
MOST_SAMPLES = 3
GAP_SECONDS = 0.25
_LOCK_LIMIT = timedelta(milliseconds=100)
_TIME_LIMIT = timedelta(seconds=2)
_DEEP_LIMIT = timedelta(seconds=60)
_LOST = re.compile(r"terminat|closed|lost|reset|shut")

_SERVER = """
SELECT split_part(current_setting('server_version'), ' ', 1) AS version, current_setting('server_version_num')::int AS number,
    current_database() AS database, current_user AS role, pg_is_in_recovery() AS standby
"""


def checks() -> dict[str, Check]:
    """Every check on its shelf, those that follow up behind the others."""
    return {**shelf.read("fireline.assess.checks", "check"), **shelf.read("fireline.assess.follow_ups", "check")}


def look(
    target: Target,
    wanted: Mapping[str, Check] | None = None,
    *,
    asked: Asked | None = None,
    samples: int = SAMPLES,
    gap: float = GAP_SECONDS,
) -> Snapshot:
    """Read everything the checks know into a snapshot; what fails is unknown, with the reason, and the rest goes on.

    Each reading is a transaction of its own, as pg_stat_activity does not change within one. Checks that follow up
    what was seen come last. A target that refuses is looked at by another way where there is one (another role of
    the target, another database), else this machine tells what it knows. Raises TargetUnavailable when nothing does.
    """
    chosen = checks() if wanted is None else wanted
    began = time.monotonic()
    reading = _Reading(Snapshot(target.name, clock.now(), None, asked=asked or Asked(), at=target))
    try:
        with _connected(target, reading.sofar) as conn:
            reading.all(conn, chosen, samples, gap)
    except TargetUnavailable as away:
        reading.refused(away)
        if reading.sofar.server is not None or not reading.another_way(target, chosen, samples, gap):
            reading.without(target, [check for check in chosen.values() if check.away])
        if not reading.sofar.readings:
            raise reading.saw_nothing(away) from None
    return replace(reading.sofar, ms=round((time.monotonic() - began) * 1000))


def _connected(target: Target, sofar: Snapshot) -> AbstractContextManager[Connection]:
    limit = _DEEP_LIMIT if sofar.asked.deep else _TIME_LIMIT
    return connect(target, statement_timeout=limit, lock_timeout=_LOCK_LIMIT, jit=False)


class _Reading:
    """A snapshot while it grows."""

    def __init__(self, sofar: Snapshot) -> None:
        self.sofar = sofar

    def all(self, conn: Connection, chosen: Mapping[str, Check], samples: int, gap: float) -> None:
        """Everything. Raises TargetUnavailable when the connection is lost on the way, with what was read before kept."""
        conn.read_only = True
        self.sofar = replace(self.sofar, server=_server(conn))
        first = [check for check in chosen.values() if check.read and check.wanted is None]
        self.sample(conn, first, samples, gap)
        self.follow(conn, [check for check in chosen.values() if check.wanted])
        if conn.closed:
            lost = next((because for because in self.sofar.unknown.values() if _LOST.search(because)), "it is closed")
            raise TargetUnavailable(f"the connection to target {self.sofar.target} was lost: {lost}", kind="lost")

    def refused(self, away: TargetUnavailable) -> None:
        """Keep why the target's own door is shut."""
        self.sofar = replace(self.sofar, away=away)

    def saw_nothing(self, away: TargetUnavailable) -> TargetUnavailable:
        """The refusal, with what was in the way of reading anything beside it."""
        tried = "; ".join(f"{name}: {because}" for name, because in self.sofar.unknown.items())
        return TargetUnavailable(f"{away.message} ({tried})", hint=away.hint, kind=away.kind) if tried else away

    def another_way(self, target: Target, chosen: Mapping[str, Check], samples: int, gap: float) -> bool:
        """Look by another way in; whether there was one. Every way tried is told."""
        assert self.sofar.away is not None
        for way in ways(target, self.sofar.away):
            try:
                with _connected(way.target, self.sofar) as conn:
                    self.sofar = replace(
                        self.sofar, through=way.words, tried=(*self.sofar.tried, f"{way.words}: let in")
                    )
                    self.all(conn, chosen, samples, gap)
                    return True
            except TargetUnavailable as refused:
                if self.sofar.server is not None:
                    return False
                because = refused.message.partition("does not answer: ")[2] or refused.message
                self.sofar = replace(self.sofar, through=None, tried=(*self.sofar.tried, f"{way.words}: {because}"))
        return False

    def sample(self, conn: Connection, first: list[Check], samples: int, gap: float) -> None:
        """Read what every look reads, some of it several times."""
        for number in range(MOST_SAMPLES):
            again = [check for check in first if number == 0 or self._again(check, number, samples)]
            if not again:
                break
            if number:
                time.sleep(gap)
            for check in again:
                self._read(conn, check)
        for check in first:
            self._blind(check)

    def _again(self, check: Check, number: int, samples: int) -> bool:
        seen = self.sofar.readings.get(check.name, ())
        if not check.sampled or len(seen) < number:  # once it failed, it is not tried again
            return False
        return number < samples or bool(check.unsettled and check.unsettled(seen))

    def follow(self, conn: Connection, later: list[Check]) -> None:
        """Read what is asked for by what was seen."""
        for check in later:
            if check.wanted and check.wanted(self.sofar):
                self._read(conn, check)
                self._blind(check)

    def without(self, target: Target, local: list[Check]) -> None:
        """Read what this machine knows of a target that does not answer."""
        for check in local:
            assert check.away is not None
            try:
                seen = check.away(target, self.sofar)
            except OSError as fault:
                self._unknown(check, str(fault))
            else:
                if seen is not None:
                    self._keep(check, seen)

    def _read(self, conn: Connection, check: Check) -> None:
        assert check.read is not None
        try:
            self._keep(check, check.read(conn, self.sofar))
        except (psycopg.Error, OSError) as fault:
            told = fault.diag.message_primary if isinstance(fault, psycopg.Error) else None
            self._unknown(check, str(told or fault).strip().splitlines()[0])
        finally:
            if not conn.closed:
                conn.rollback()

    def _keep(self, check: Check, seen: Any) -> None:
        before = self.sofar.readings.get(check.name, ())
        self.sofar = replace(self.sofar, readings={**self.sofar.readings, check.name: (*before, seen)})

    def _blind(self, check: Check) -> None:
        seen = self.sofar.readings.get(check.name)
        because = check.blind(seen[-1]) if check.blind and seen else None
        if because and self.sofar.server and check.name not in self.sofar.unknown:
            self._unknown(check, f"role {self.sofar.server.role} {because}")

    def _unknown(self, check: Check, because: str) -> None:
        self.sofar = replace(self.sofar, unknown={**self.sofar.unknown, check.name: redact.text(because)})


def _server(conn: Connection) -> Server | None:
    row = conn.execute(_SERVER).fetchone()
    conn.rollback()
    return Server(**row) if row else None

"""One look at a target at a time, shared by all incidents on it: a storm must not become a storm of looks, least of all
at a server that is down, where each would wait in vain. What is remembered here is only a saving, for seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from fireline.assess.look import look
from fireline.assess.snapshot import Asked, Snapshot
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target
from fireline.redact import Secret

FRESH_SECONDS = 2.0  # as long a snapshot serves other incidents
AWAY_SECONDS = 5.0  # as long a target that did not answer is not tried again

T = TypeVar("T")


class Busy(Exception):
    """somebody else in this process is at this target"""


@dataclass
class _Turn:
    """What this process knows of one target."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    snapshot: Snapshot | None = None
    seen_at: float = 0.0
    away: TargetUnavailable | None = None
    away_at: float = 0.0


_turns: dict[tuple[str, Secret], _Turn] = {}
_guard = threading.Lock()


@contextmanager
def _taken(target: Target) -> Iterator[_Turn]:
    """The turn at a target; Busy when somebody has it, TargetUnavailable when it did not answer a moment ago."""
    with _guard:
        turn = _turns.setdefault((target.name, target.dsn), _Turn())
    if not turn.lock.acquire(blocking=False):
        raise Busy
    try:
        if turn.away is not None and time.monotonic() - turn.away_at < AWAY_SECONDS:
            raise turn.away
        try:
            yield turn
        except TargetUnavailable as away:
            turn.away, turn.away_at = away, time.monotonic()
            raise
        turn.away = None
    finally:
        turn.lock.release()


def shared_look(target: Target, asked: Asked | None = None, *, fresh: bool = False) -> Snapshot:
    """A snapshot of the target, taken now or a moment ago for the same kind of complaint; `fresh` takes it now.

    Raises Busy, TargetUnavailable.
    """
    question = asked or Asked()
    with _taken(target) as turn:
        old = turn.snapshot is None or time.monotonic() - turn.seen_at > FRESH_SECONDS
        if fresh or old or turn.snapshot is None or turn.snapshot.asked != question:
            turn.snapshot = look(target, asked=question)
            turn.seen_at = time.monotonic()
        return turn.snapshot


def in_turn(target: Target, ask: Callable[[], T]) -> T:
    """Ask the target something when nobody else does. Raises Busy, TargetUnavailable."""
    with _taken(target):
        return ask()

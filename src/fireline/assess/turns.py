"""One look at a target at a time, shared by all incidents on it: a storm must not become a storm of looks, least of all
at a server that is down, where each would wait in vain. What is remembered here is only a saving, for seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
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

    @property
    def shut(self) -> TargetUnavailable | None:
        """Why the target did not answer, if that was a moment ago."""
        return self.away if time.monotonic() - self.away_at < AWAY_SECONDS else None


_turns: dict[tuple[str, Secret], _Turn] = {}
_guard = threading.Lock()


@contextmanager
def _taken(target: Target) -> Iterator[_Turn]:
    """The turn at a target; Busy when somebody has it."""
    with _guard:
        turn = _turns.setdefault((target.name, target.dsn), _Turn())
    if not turn.lock.acquire(blocking=False):
        raise Busy
    try:
        yield turn
    except TargetUnavailable as away:
        if away is not turn.away:  # raised again it is no newer
            turn.away, turn.away_at = away, time.monotonic()
        raise
    finally:
        turn.lock.release()


def shared_look(target: Target, asked: Asked | None = None, *, fresh: bool = False) -> Snapshot:
    """A snapshot of the target, taken now or a moment ago for the same kind of complaint; `fresh` takes it now.

    Of one that did not answer a moment ago it is what was seen then, whatever is asked. Raises Busy, TargetUnavailable.
    """
    question = asked or Asked()
    with _taken(target) as turn:
        if turn.shut:
            if turn.snapshot is not None and turn.snapshot.away is turn.away:
                return replace(turn.snapshot, asked=question)
            raise turn.shut
        old = turn.snapshot is None or time.monotonic() - turn.seen_at > FRESH_SECONDS
        if fresh or old or turn.snapshot is None or turn.snapshot.asked != question:
            turn.snapshot = look(target, asked=question)
            turn.seen_at = turn.away_at = time.monotonic()
            turn.away = turn.snapshot.away if turn.snapshot.through is None else None
        same = turn.snapshot.asked.start == question.start  # the same question may be of another incident
        return turn.snapshot if same else replace(turn.snapshot, asked=question)


def in_turn(target: Target, ask: Callable[[], T]) -> T:
    """Ask the target something when nobody else does. Raises Busy, TargetUnavailable."""
    with _taken(target) as turn:
        if turn.shut:
            raise turn.shut
        answer = ask()
        turn.away = None
        return answer

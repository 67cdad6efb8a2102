"""The rows of fences: who may work on one, and every step stored before it is acted on."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.errors import Refused
from fireline.store.connect import Connection, Store, one, queries

Q = queries("fireline.recovery.fence")

Level = Literal["read-only", "no-new", "drained", "closed"]
RANK = {"read-only": 0, "no-new": 1, "drained": 2, "closed": 3}
_ROOM = 0xFE2CE  # the class of our advisory locks
_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Step:
    """One thing that is done to keep traffic away, with all that putting it back needs. All of it is JSON.

    way: the file in `ways/`. about: what it is done to, such as a role. captured: `before` and `ours`, and what more
    the way needs. state: planned, acting (perhaps done), acted, undone, or stuck (not put back; `said` tells why).
    """

    way: str
    about: str
    title: str
    why: str
    stops_not: str
    captured: dict[str, Any]
    act: list[str]
    inverse: list[str]
    state: Literal["planned", "acting", "acted", "undone", "stuck"] = "planned"
    said: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same step in another level."""
        return self.way, self.about

    @property
    def stands(self) -> bool:
        """Whether it may have changed the server and is not put back."""
        return self.state in ("acting", "acted", "stuck")


@dataclass(frozen=True)
class Fence:
    """A fence as its row has it."""

    id: int
    target: str
    database: str
    level: Level
    state: Literal["raising", "up", "lifting", "lifted", "stuck"]
    steps: tuple[Step, ...]
    proof: dict[str, Any] | None
    reason: str
    raised_at: datetime
    expires_at: datetime
    by: str
    passing: bool
    error: str | None = None
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    tried_at: datetime | None = None
    told_at: datetime | None = None
    token: str = field(default="", repr=False)

    def step(self, changed: Step) -> Fence:
        """The same fence with one step as it is now."""
        return replace(self, steps=tuple(changed if one.key == changed.key else one for one in self.steps))


def of(row: dict[str, Any]) -> Fence:
    """A row as a fence."""
    return Fence(**{**row, "steps": tuple(Step(**step) for step in row["steps"])})


def _steps(fence: Fence) -> Jsonb:
    return Jsonb([asdict(step) for step in fence.steps])


@contextmanager
def held(store: Store, target: str, *, patience: float = 5.0) -> Iterator[None]:
    """Nobody else raises, lifts or closes this target meanwhile; a process that dies lets go by that.

    Raises Refused when somebody is at it for longer than the patience.
    """
    end, done = time.monotonic() + patience, False
    while True:
        try:
            with store.transaction() as guard:
                got = one(guard, Q["lock_fence"], room=_ROOM, target=target)
                if got and got["got"]:
                    yield
                    done = True
                    return
        except psycopg.OperationalError:
            if done:  # the guard was lost after all was done
                return
            raise
        if time.monotonic() >= end:
            raise Refused(
                f"somebody else is at the fence of {target} at this moment",
                hint=f"See `fireline fence status --target {target}`, and try again.",
            )
        time.sleep(_LOOK_SECONDS)


def break_lock(store: Store, target: str) -> None:
    """Let go of a lock whose holder is past its deadline and may be frozen; what it does next in the store fails."""
    with suppress(psycopg.OperationalError), store.transaction() as conn:
        conn.execute(Q["break_lock"], {"room": _ROOM, "target": target})


def standing(conn: Connection, target: str, *, passing: bool = False) -> Fence | None:
    """The fence that keeps a target's traffic away now, or half does; None when there is none."""
    row = one(conn, Q["standing_fence"], target=target, passing=passing)
    return of(row) if row else None


def begin(
    conn: Connection,
    *,
    target: str,
    database: str,
    level: Level,
    steps: list[Step],
    reason: str,
    expires_at: datetime,
    by: str,
    passing: bool = False,
) -> Fence:
    """The row of a new fence, before anything is done."""
    row = one(
        conn,
        Q["raise_fence"],
        token=secrets.token_hex(8),
        target=target,
        database=database,
        level=level,
        steps=Jsonb([asdict(step) for step in steps]),
        reason=redact.text(reason),
        at=clock.now(),
        expires_at=expires_at,
        by=by,
        passing=passing,
    )
    assert row is not None
    return of(row)


def change(
    conn: Connection, fence: Fence, *, level: Level, steps: list[Step], reason: str, expires_at: datetime, by: str
) -> Fence:
    """One that stands goes to another level, or is renewed, before anything is done."""
    row = one(
        conn, Q["change_fence"], id=fence.id, level=level, steps=Jsonb([asdict(step) for step in steps]),
        reason=redact.text(reason), expires_at=expires_at, by=by, at=clock.now(),
    )  # fmt: skip
    if row is None:
        raise Refused(f"the fence of {fence.target} was lifted meanwhile", hint="Raise it again.")
    return of(row)


def as_before(conn: Connection, fence: Fence) -> None:
    """Level, deadline and reason as they were before a change that came to nothing."""
    told = {
        "id": fence.id,
        "level": fence.level,
        "reason": fence.reason,
        "expires_at": fence.expires_at,
        "by": fence.by,
    }
    conn.execute(Q["as_before"], told)


def stuck(fence: Fence) -> Fence:
    """The same, waiting for somebody."""
    return replace(fence, state="stuck")


def proved(store: Store, fence: Fence, proof: dict[str, Any]) -> Fence:
    """Write down what was seen of who is left."""
    clean = redact.tree(proof)
    with store.transaction() as conn:
        conn.execute(Q["prove_fence"], {"id": fence.id, "proof": Jsonb(clean)})
    return replace(fence, proof=clean)


def by_id(conn: Connection, number: int) -> Fence | None:
    """One of them."""
    row = one(conn, Q["fence_row"], id=number)
    return of(row) if row else None


def last(conn: Connection, target: str) -> Fence | None:
    """The newest of a target that was raised by a person, also when it is lifted."""
    row = one(conn, Q["last_fence"], target=target)
    return of(row) if row else None


def mark(store: Store, fence: Fence, *, error: str | None = None) -> Fence:
    """Write down how far it is, in a transaction of its own. Raises Refused when it was lifted meanwhile."""
    said = redact.text(error) if error else None
    with store.transaction() as conn:
        known = one(
            conn, Q["mark_fence"], id=fence.id, state=fence.state, steps=_steps(fence), error=said, at=clock.now()
        )
    if known is None:
        raise Refused(f"the fence of {fence.target} was lifted meanwhile, so nothing more was done to it")
    return replace(fence, error=said)


def lifted(conn: Connection, fence: Fence, by: str, *, error: str | None = None) -> Fence:
    """Everything is as it was."""
    said = redact.text(error) if error else None
    conn.execute(Q["mark_lifted"], {"id": fence.id, "steps": _steps(fence), "at": clock.now(), "by": by, "error": said})
    return replace(fence, state="lifted", lifted_by=by, error=said)


def due_now(store: Store, fence: Fence) -> None:
    """Let it fall at the next sweep instead of at its deadline."""
    with store.transaction() as conn:
        conn.execute(Q["due_now"], {"id": fence.id, "at": clock.now()})

"""The statements that somebody feels: those that read far more than they give, those that run long right now. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from fireline.assess.changed import Changes, changes
from fireline.assess.checks.statements import Statement, Statements, recent
from fireline.assess.kept import known
from fireline.assess.predicates import Shape, fingerprint, shape
from fireline.assess.snapshot import Session, Snapshot
from fireline.assess.telling import age

KINDS = ("slow", "slow_writes", "timeout", "hang", "stalls")
# What counts as much: with a complaint, and without one.
_BLOCKS, _BLOCKS_UNASKED = 30, 100  # a call
_BLOCKS_A_ROW, _BLOCKS_A_ROW_UNASKED = 5, 20
_FELT_MS, _FELT_SHARE = 1.0, 0.05  # what is quicker, and no more of all, nobody feels
_CALLS_UNASKED, _SHARE_UNASKED, _TOTAL_MS_UNASKED = 3, 0.02, 100.0
_RUNNING, _RUNNING_UNASKED = 0.5, 10.0  # seconds
_FINISHED_MS = 5.0
_LONGEST_SEEN = 399  # characters of a session's statement; what is longer was cut off


@dataclass(frozen=True)
class Slow:
    """One statement: as pg_stat_statements sums it up, else as a session runs it now.

    blocks, rows: of one call; None while it still runs. share: of the time that all statements took.
    """

    text: str
    user: str | None
    calls: int = 0
    mean_ms: float = 0.0
    blocks: float | None = None
    rows: float | None = None
    share: float = 0.0
    statement: Statement | None = None
    session: Session | None = None

    @cached_property
    def shape(self) -> Shape:
        """As the grammar reads it."""
        return shape(self.text)

    @property
    def source(self) -> str:
        """Where it was seen."""
        return "pg_stat_statements" if self.statement else "pg_stat_activity"


def felt(snapshot: Snapshot) -> bool:
    """Whether somebody complains of what a slow statement would explain; then nothing need be large."""
    said = snapshot.complaint
    return said.about(*KINDS) or (bool(said) and not said.kinds)


def wasteful(snapshot: Snapshot) -> tuple[Slow, ...]:
    """Statements that read many blocks for each row they give, and those that run now; what weighs most comes first."""
    return tuple(one for one in every(snapshot) if one.session or _wastes(one, asked=felt(snapshot)))


def _wastes(one: Slow, *, asked: bool) -> bool:
    blocks, rows = one.blocks or 0.0, max(one.rows or 0.0, 1.0)
    if asked:
        felt = one.mean_ms >= _FELT_MS or one.share >= _FELT_SHARE
        return felt and blocks >= _BLOCKS and blocks / rows >= _BLOCKS_A_ROW
    often = one.calls >= _CALLS_UNASKED and (
        one.share >= _SHARE_UNASKED or one.calls * one.mean_ms >= _TOTAL_MS_UNASKED
    )
    return often and blocks >= _BLOCKS_UNASKED and blocks / rows >= _BLOCKS_A_ROW_UNASKED


def every(snapshot: Snapshot) -> tuple[Slow, ...]:
    """Every statement of the database looked at, what weighs most first; those that run now come with their session.

    What a statement did during the look, or since an earlier one, counts more than what it ever did: its cause may be
    gone by now, or have come.
    """
    seen = snapshot.all("statements", Statements)
    here = snapshot.server.database if snapshot.server else None
    found: list[Slow] = []
    if seen:
        lately, window = {one.key: one for one in recent(seen)}, changes(snapshot)
        for total in seen[-1].statements:
            if total.database == here and not _of_constraint(total):
                one = lately.get(total.key) or _since(total, window)
                share = seen[-1].share(total)
                found.append(Slow(one.text, one.user, total.calls, one.mean_ms, one.blocks_per_call, one.rows_per_call, share, total))  # fmt: skip
    if not seen and felt(snapshot):
        found += _finished(snapshot)
    return (*found, *_running(snapshot, found))


def _since(total: Statement, window: Changes | None) -> Statement:
    """The statement with what it did since the newest look that was kept; as it is, when that is not known."""
    did = window.latest.did.get(known(total).name) if window else None
    if did is None or not did.calls:
        return total
    mean = did.total_ms / did.calls
    return replace(total, calls=did.calls, rows=did.rows, shared_hit=did.hit, shared_read=did.read, mean_ms=mean)


def _of_constraint(one: Statement) -> bool:
    """Whether a foreign key asks it, inside a statement that is seen by itself."""
    return one.toplevel is False and "OPERATOR(pg_catalog." in one.text and " ONLY " in one.text


def _running(snapshot: Snapshot, known: list[Slow]) -> Iterator[Slow]:
    """What sessions have been busy with, through all samples, without waiting for anybody."""
    if not snapshot.locks:
        return
    last = snapshot.locks[-1]
    least = _RUNNING if felt(snapshot) else _RUNNING_UNASKED
    finished = {fingerprint(one.text) for one in known if (one.blocks or 0) >= _BLOCKS}
    for session in last.sessions.values():
        busy = (
            session.state == "active"
            and session.pid not in last.blocked
            and session.wait_type not in ("Lock", "Extension")
        )
        seconds = age(last.at, session.query_start)
        if (
            not busy
            or session.hidden
            or seconds < least
            or len(session.query) > _LONGEST_SEEN
            or not _lasts(snapshot, session)
        ):
            continue
        if (
            snapshot.server
            and session.database == snapshot.server.database
            and fingerprint(session.query) not in finished
        ):
            yield Slow(session.query, session.user, 1, seconds * 1000, None, None, 0.0, None, session)


def _finished(snapshot: Snapshot) -> Iterator[Slow]:
    """The last statements of sessions that are idle, where no extension sums statements up."""
    told: set[str | None] = set()
    for session in snapshot.locks[-1].sessions.values() if snapshot.locks else ():
        here = snapshot.server is not None and session.database == snapshot.server.database
        if not here or session.hidden or not (session.state or "").startswith("idle") or not session.state_change:
            continue
        ms = age(session.state_change, session.query_start) * 1000
        mark = fingerprint(session.query)
        if ms >= _FINISHED_MS and len(session.query) <= _LONGEST_SEEN and mark not in told:
            told.add(mark)
            yield Slow(session.query, session.user, 1, ms, None, None, 0.0, None, session)


def _lasts(snapshot: Snapshot, session: Session) -> bool:
    before = [reading.sessions.get(session.pid) for reading in snapshot.locks]
    return all(one is not None and one.query_start == session.query_start for one in before)

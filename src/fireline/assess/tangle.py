"""Who waits for whom, followed to the end: tangles of waiting sessions and the roots that nobody holds up. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from fireline.assess.snapshot import Lock, LockReading, Prepared, Session, Snapshot

STRONG = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")  # shut out writers, or everyone
ORDINARY = ("AccessShareLock", "RowShareLock", "RowExclusiveLock")  # what queries take


@dataclass(frozen=True)
class Waiter:
    """A session that waits: for which lock, behind whom."""

    session: Session
    lock: Lock | None
    depth: int  # 1: directly behind a root
    parent: int
    behind: tuple[int, ...]  # everybody it waits for

    @property
    def wants(self) -> str:
        """The kind of thing it waits for: relation, transactionid, tuple, advisory …"""
        return self.lock.kind if self.lock else ""

    @property
    def rows(self) -> bool:
        """Whether it waits for a row that another transaction holds."""
        return self.wants in ("transactionid", "tuple")


@dataclass(frozen=True)
class Root:
    """What holds others up and waits for nobody: a session, or a prepared transaction that no session has."""

    node: int  # the pid; of a prepared transaction minus its number
    session: Session | None
    prepared: Prepared | None
    held: tuple[Lock, ...]  # granted
    direct: tuple[Waiter, ...]  # who waits for it itself

    @property
    def key(self) -> object:
        """The same root in another sample has the same key."""
        return self.session.key if self.session else (self.node, self.prepared)

    @property
    def state(self) -> str:
        """What its session does, as pg_stat_activity says; empty when there is none or it is hidden."""
        return (self.session.state or "") if self.session else ""

    @property
    def idle_in_transaction(self) -> bool:
        """Whether it holds what it holds without doing anything."""
        return self.state.startswith("idle in transaction")

    def holds(self, waiter: Waiter) -> tuple[str, ...]:
        """The modes in which it holds what a waiter wants."""
        wanted = waiter.lock.thing if waiter.lock else None
        return tuple(lock.mode for lock in self.held if lock.thing == wanted)


@dataclass(frozen=True)
class Tangle:
    """Sessions that hang together: the roots, and all that wait for them, directly or behind another."""

    at: datetime
    roots: tuple[Root, ...]
    waiters: tuple[Waiter, ...]


def tangles(reading: LockReading) -> list[Tangle]:
    """Every tangle of one sample. A ring of waiters without a root is a deadlock, which PostgreSQL itself dissolves."""
    edges = {pid: _nodes(reading, pid, by) for pid, by in reading.blocked.items() if pid in reading.sessions}
    behind: dict[int, set[int]] = {}
    for pid, nodes in edges.items():
        for node in nodes:
            behind.setdefault(node, set()).add(pid)
    found = []
    unseen = {node for node in behind if node not in edges}
    while unseen:
        roots, members = _component(min(unseen), edges, behind)
        unseen -= roots
        found.append(_tangle(reading, sorted(roots), members, edges))
    return found


def _nodes(reading: LockReading, pid: int, by: tuple[int, ...]) -> tuple[int, ...]:
    """Who blocks a session; the 0 that stands for prepared transactions becomes their numbers."""
    nodes = [blocker for blocker in by if blocker]
    if 0 in by:
        wanted = {lock.thing for lock in reading.locks if lock.pid == pid and not lock.granted}
        virtual = {lock.virtual for lock in reading.locks if lock.pid is None and lock.granted and lock.thing in wanted}
        owners = {
            lock.transaction
            for lock in reading.locks
            if lock.pid is None and lock.virtual in virtual and lock.kind == "transactionid" and lock.transaction
        }
        nodes += [-int(owner) for owner in sorted(owners)] or [0]
    return tuple(nodes)


def _component(
    start: int, edges: dict[int, tuple[int, ...]], behind: dict[int, set[int]]
) -> tuple[set[int], dict[int, tuple[int, int]]]:
    """The roots that share waiters with `start`, and each waiter's depth and parent, nearest to a root first."""
    linked, waiting = {start}, [start]
    while waiting:
        node = waiting.pop()
        for other in (*behind.get(node, ()), *edges.get(node, ())):
            if other not in linked:
                linked.add(other)
                waiting.append(other)
    roots = {node for node in linked if node not in edges}
    members: dict[int, tuple[int, int]] = {}
    queue = deque((root, 0) for root in sorted(roots))
    while queue:
        node, depth = queue.popleft()
        for pid in sorted(behind.get(node, ())):
            if pid not in members:
                members[pid] = depth + 1, node
                queue.append((pid, depth + 1))
    return roots, members


def _tangle(
    reading: LockReading, roots: list[int], members: dict[int, tuple[int, int]], edges: dict[int, tuple[int, ...]]
) -> Tangle:
    wanted = {lock.pid: lock for lock in reading.locks if not lock.granted}
    waiters = [
        Waiter(reading.sessions[pid], wanted.get(pid), depth, parent, edges[pid])
        for pid, (depth, parent) in members.items()
    ]
    return Tangle(reading.at, tuple(_root(reading, node, waiters) for node in roots), tuple(waiters))


def _root(reading: LockReading, node: int, waiters: list[Waiter]) -> Root:
    prepared = reading.prepared.get(str(-node)) if node < 0 else None
    owned = {
        lock.virtual
        for lock in reading.locks
        if lock.pid is None and prepared and lock.transaction == prepared.transaction
    }
    held = tuple(
        lock
        for lock in reading.locks
        if lock.granted and (lock.pid == node if node > 0 else lock.pid is None and lock.virtual in owned)
    )
    direct = tuple(waiter for waiter in waiters if node in waiter.behind)
    return Root(node, reading.sessions.get(node) if node > 0 else None, prepared, held, direct)


def lasting(snapshot: Snapshot) -> list[Tangle]:
    """The tangles of the newest sample in which somebody waited a sample earlier already: the others pass by."""
    readings = snapshot.locks
    if not readings:
        return []
    newest = tangles(readings[-1])
    if len(readings) == 1:
        return newest
    before = {
        (pid, readings[-2].sessions[pid].query_start) for pid in readings[-2].blocked if pid in readings[-2].sessions
    }
    held_up = {root.key for tangle in tangles(readings[-2]) for root in tangle.roots}
    return [
        tangle
        for tangle in newest
        if any((w.session.pid, w.session.query_start) in before for w in tangle.waiters)
        or any(root.key in held_up for root in tangle.roots)
    ]


def steady(snapshot: Snapshot, root: Root) -> bool:
    """Whether a root held others up in every sample, one and the same transaction doing nothing or one and the same thing."""
    for reading in snapshot.locks:
        same = [found for tangle in tangles(reading) for found in tangle.roots if found.key == root.key]
        if not same:
            return False
        seen = same[0].session
        if seen and root.session and (seen.state, seen.state_change) != (root.session.state, root.session.state_change):
            return False
    return True


_A_MOMENT = timedelta(milliseconds=150)
_LONG = timedelta(seconds=3)  # what stands still that long is no line that moves


def overtaken(tangle: Tangle, root: Root) -> bool:
    """Whether a row is handed from one short transaction to the next: who waits for this one waited for another before."""
    session = root.session
    since = session.state_change if session else None
    if session is None or since is None or tangle.at - since > _LONG:
        return False
    return any(_waited_before(waiter, session.xact_start, since) for waiter in root.direct if waiter.rows)


def _waited_before(waiter: Waiter, begun: datetime | None, since: datetime) -> bool:
    """It has waited longer than for this holder: its wait was set anew when the row changed hands (from version 14 on)."""
    asked, anew = waiter.session.query_start, waiter.lock.since if waiter.lock else None
    if asked is None:
        return False
    if begun is not None and asked < begun - _A_MOMENT:
        return True
    return anew is not None and anew - asked > _A_MOMENT and anew <= since + _A_MOMENT

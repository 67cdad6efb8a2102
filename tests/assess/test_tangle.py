"""Who waits for whom, followed to the end; on data made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fireline.assess.snapshot import Lock, LockReading, Prepared, Session, Snapshot
from fireline.assess.tangle import lasting, overtaken, steady, tangles

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def session(pid: int, state: str = "active", *, began: float = 60, changed: float = 60) -> Session:
    """A session whose transaction and state are that many seconds old."""
    start, change = NOW - timedelta(seconds=began), NOW - timedelta(seconds=changed)
    return Session(pid, NOW - timedelta(hours=1), "client backend", "app", "db", f"app{pid}", None, state, None, None,
                   start, change, change, None, "UPDATE orders")  # fmt: skip


def wait(pid: int, kind: str = "transactionid", thing: str = "77", *, seconds: float = 1) -> Lock:
    return Lock(
        pid, kind, (kind, thing), None, False, "ShareLock", False, NOW - timedelta(seconds=seconds), f"1/{pid}", None
    )


def reading(
    *sessions: Session, blocked: dict[int, tuple[int, ...]], locks: tuple[Lock, ...] = (), **more: object
) -> LockReading:
    found = LockReading(NOW, {one.pid: one for one in sessions}, blocked, locks or tuple(wait(pid) for pid in blocked))
    return replace(found, **more)  # type: ignore[arg-type]


def snapshot(*readings: LockReading) -> Snapshot:
    return Snapshot("main", NOW, None, {"locks": readings})


def test_the_root_is_who_waits_for_nobody() -> None:
    (found,) = tangles(reading(session(1), session(2), session(3), session(4), blocked={2: (1,), 3: (2,), 4: (2, 3)}))
    assert [root.node for root in found.roots] == [1]
    assert {waiter.session.pid: (waiter.depth, waiter.parent) for waiter in found.waiters} == {
        2: (1, 1),
        3: (2, 2),
        4: (2, 2),
    }
    assert [waiter.session.pid for waiter in found.roots[0].direct] == [2]


def test_what_has_nothing_to_do_with_each_other_is_kept_apart() -> None:
    found = tangles(reading(*map(session, range(1, 7)), blocked={2: (1,), 4: (3,), 5: (3,)}))
    assert [[root.node for root in one.roots] for one in found] == [[1], [3]]
    assert [len(one.waiters) for one in found] == [1, 2]


def test_several_roots_of_one_waiter_belong_together() -> None:
    (found,) = tangles(reading(*map(session, range(1, 5)), blocked={3: (1, 2), 4: (3,)}))
    assert [root.node for root in found.roots] == [1, 2]


def test_a_ring_is_a_deadlock_and_no_tangle() -> None:
    assert tangles(reading(session(1), session(2), blocked={1: (2,), 2: (1,)})) == []


def test_a_waiter_that_vanished_between_the_two_questions_is_left_out() -> None:
    assert tangles(reading(session(1), blocked={2: (1,)})) == []


def test_pid_0_becomes_the_prepared_transaction_that_holds_what_is_waited_for() -> None:
    held = Lock(None, "transactionid", ("transactionid", "77"), None, False, "ExclusiveLock", True, None, "9/9", "77")
    other = Lock(None, "transactionid", ("transactionid", "78"), None, False, "ExclusiveLock", True, None, "9/8", "78")
    prepared = {number: Prepared(number, f"gid{number}", NOW, "app", "db") for number in ("77", "78")}
    (found,) = tangles(reading(session(2), blocked={2: (0,)}, locks=(wait(2), held, other), prepared=prepared))
    root = found.roots[0]
    assert (root.prepared, root.session) == (prepared["77"], None)
    assert root.held == (held,)


def test_waits_that_pass_by_are_not_a_tangle_that_lasts() -> None:
    before = reading(session(1), session(2), blocked={2: (1,)})
    after = reading(session(3, began=0.1), replace(session(4), query_start=NOW), blocked={4: (3,)})
    assert len(lasting(snapshot(before, before))) == 1
    assert lasting(snapshot(before, after)) == []
    assert lasting(snapshot()) == []


def test_a_root_is_steady_when_it_does_the_same_in_every_sample() -> None:
    idle = reading(session(1, "idle in transaction"), session(2), blocked={2: (1,)})
    moved = reading(session(1, "idle in transaction", changed=1), session(2), blocked={2: (1,)})
    another = reading(session(1, "idle in transaction", began=1), session(2), blocked={2: (1,)})
    root = tangles(idle)[0].roots[0]
    assert steady(snapshot(idle, idle), root)
    assert not steady(snapshot(moved, idle), root)
    assert not steady(snapshot(another, idle), root)
    assert not steady(snapshot(reading(session(2), blocked={}), idle), root)


def test_a_row_that_changes_hands_is_seen_by_those_who_waited_for_another_before() -> None:
    holder, waiter = session(1, began=0.5, changed=0.4), replace(session(2), query_start=NOW - timedelta(seconds=5))
    found = tangles(reading(holder, waiter, blocked={2: (1,)}))[0]
    assert overtaken(found, found.roots[0])
    patient = replace(waiter, query_start=NOW - timedelta(seconds=0.3))
    found = tangles(reading(holder, patient, blocked={2: (1,)}, locks=(wait(2, seconds=0.3),)))[0]
    assert not overtaken(found, found.roots[0])
    still = tangles(reading(session(1, changed=9), waiter, blocked={2: (1,)}))[0]
    assert not overtaken(still, still.roots[0])

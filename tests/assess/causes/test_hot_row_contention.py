"""One row that everybody wants."""

from __future__ import annotations

from fireline.assess.causes.hot_row_contention import judge
from fireline.assess.snapshot import LockReading
from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.judging import only, the_root
from tests.assess.test_tangle import reading, session, snapshot


def test_hot_row_contention(target: Target, faults: Faults) -> None:
    for number in range(8):
        faults.repeating(f"web{number}", "UPDATE orders SET n = n + 1 WHERE id = 7", "SELECT pg_sleep(0.02)")
    faults.until("SELECT FROM pg_locks WHERE NOT granted GROUP BY () HAVING count(*) > 4")
    root = the_root(target)
    assert root.cause == "hot_row_contention"
    assert (root.remedy.command, root.remedy.sql) == (None, ())
    assert "Kill nobody" in root.remedy.text
    assert only(target) == root.cause


def line(head: int, *behind: int, stuck: int | None = None) -> LockReading:
    """Who waits in line for a row that the first one holds; `stuck` keeps one of them for ever."""
    people = [session(pid, changed=0.1) for pid in (head, *behind)]
    blocked: dict[int, tuple[int, ...]] = dict.fromkeys(behind, (head,))
    if stuck:
        people.append(session(stuck, "idle in transaction"))
        blocked[head] = (stuck,)
    return reading(*people, blocked=blocked)


def test_a_row_that_changes_hands_is_named_beside_a_line_that_does_not_move() -> None:
    moving = snapshot(line(1, 2, 3), line(2, 3, 1))
    (found,) = judge(moving)
    assert "2 different transactions held the row in 2 samples" in found.evidence[0].fact
    still = reading(*map(session, range(10, 18)), blocked=dict.fromkeys(range(11, 18), (10,)))
    both = [
        reading(*one.sessions.values(), *still.sessions.values(), blocked={**one.blocked, **still.blocked})
        for one in moving.locks
    ]
    (found,) = judge(snapshot(*both))
    assert {branch.pid for branch in found.tree} == {1, 2, 3}


def test_those_who_hold_up_others_while_one_that_stays_holds_them_up_are_no_hot_row() -> None:
    assert judge(snapshot(line(1, 2, 3, stuck=9), line(2, 3, 1, stuck=9))) == ()

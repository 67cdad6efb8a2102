"""Which of several verdicts is the root: what the complaint is about, what stops people, who absorbs whom. Without a database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fireline.assess.checks.roles import Role
from fireline.assess.diagnose import judge
from fireline.assess.snapshot import Snapshot
from tests.assess.given import base, settings
from tests.assess.refusals import database, databases, locks, log, roles, said, session, snap, waiting

FULL = {
    "roles": roles(Role("web", limit=2, sessions=2)),
    "log": log(said("FATAL", 'too many connections for role "web"')),
}
TINY = {
    "settings": settings(shared_buffers=base("shared_buffers", "256", "8kB", "configuration file", file="/etc/a.conf")),
    "databases": databases(database(blocks_hit=50_000, blocks_read=10_000)),
}


def labels(snapshot: Snapshot) -> list[str]:
    return [one.cause for one in judge(snapshot)]


def look(symptom: str, **more: Any) -> Snapshot:
    return snap(symptom, **{"locks": locks(session(1), session(2)), **FULL, **TINY, **more})


def test_what_stops_people_goes_first_when_the_complaint_may_be_about_anything() -> None:
    for vague in ("everything is slow", "requests time out", "the app hangs", "it is broken"):
        assert labels(look(vague)) == ["role_connection_limit", "shared_buffers_tiny"], vague


def test_a_complaint_about_one_of_them_puts_that_first() -> None:
    assert labels(look("the disk reads all the time"))[0] == "shared_buffers_tiny"
    assert labels(look("FATAL: too many connections"))[0] == "role_connection_limit"


def test_who_holds_others_up_goes_before_what_figures_tell() -> None:
    held = locks(session(1, state="idle in transaction", xact_start=session(1).state_change), *map(waiting, range(2, 6)), behind=1)  # fmt: skip
    assert labels(snap("everything is slow", locks=held, **TINY)) == ["idle_in_tx_row_lock", "shared_buffers_tiny"]


def test_a_root_absorbs_what_hangs_in_its_own_tree_and_leaves_another_tree_alone() -> None:
    first, second = _idle(1), _idle(50)
    both = tuple(
        replace(
            one,
            sessions={**one.sessions, **two.sessions},
            blocked={**one.blocked, **two.blocked},
            locks=(
                *one.locks,
                *(replace(lock, thing=("transactionid", "778"), transaction="778") for lock in two.locks),
            ),
        )
        for one, two in zip(
            locks(first, *map(waiting, range(2, 36)), behind=1), locks(second, waiting(51), behind=50), strict=True
        )
    )
    few = {"roles": roles(slots=40, taken=37)}
    assert labels(snap("too many clients already", locks=both, **few)) == [
        "lock_pileup_exhausts_slots",
        "idle_in_tx_row_lock",
    ]
    alone = locks(first, *map(waiting, range(2, 37)), behind=1)
    assert labels(snap("too many clients already", locks=alone, **few)) == ["lock_pileup_exhausts_slots"]


def _idle(pid: int) -> Any:
    return session(pid, state="idle in transaction", xact_start=session(pid).state_change)

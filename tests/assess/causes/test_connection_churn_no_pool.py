"""A connection for each bit of work."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fireline.assess.causes.connection_churn_no_pool import judge
from fireline.assess.checks.databases import Databases
from tests.assess.refusals import AT, database, databases, facts, locks, session, snap, the, waiting


def counted(sessions: int | None, commits: int, seconds: float = 0.5) -> tuple[Databases, Databases]:
    """Two samples between which so many sessions and transactions were counted."""
    first = database(sessions=None if sessions is None else 1000, commits=5000)
    last = database(sessions=None if sessions is None else 1000 + sessions, commits=5000 + commits)
    return databases(first, at=AT - timedelta(seconds=seconds)), databases(last)


def test_as_many_sessions_as_transactions_are_named_with_the_rate() -> None:
    found = the(judge(snap(databases=counted(25, 26), locks=locks(session(1)))))
    assert "50 new sessions a second, with 1.0 transactions each" in facts(found)
    assert found.remedy.sql == ()
    assert "sessions - 1025" in found.probe.sql


def test_a_pool_that_works_and_a_quiet_server_are_silent() -> None:
    for sessions, commits in ((0, 4000), (1, 900), (2, 2), (30, 4000)):
        assert judge(snap(databases=counted(sessions, commits), locks=locks())) == ()
    assert judge(snap(databases=counted(None, 40))) == ()
    assert judge(snap(databases=counted(25, 26)[1])) == ()


def test_a_complaint_makes_a_smaller_rate_a_cause() -> None:
    few = counted(5, 6)
    assert judge(snap(databases=few)) == ()
    assert the(judge(snap("latency is up and no query is slow", databases=few))).severity == "high"


def test_clients_that_come_again_because_a_lock_lets_them_wait_are_a_consequence() -> None:
    stuck = locks(session(1, state="idle in transaction"), waiting(2), waiting(3), behind=1)
    assert judge(snap("queries time out", databases=counted(25, 26), locks=stuck)) == ()


def test_clients_that_do_their_work_and_go_are_named_beside_a_lock_that_others_wait_for() -> None:
    stuck = locks(session(1, state="idle in transaction"), waiting(2), waiting(3), behind=1)
    assert the(judge(snap("everything is slow", databases=counted(60, 130), locks=stuck))).severity == "high"


def test_clients_that_come_again_because_they_fail_are_a_consequence() -> None:
    first, last = counted(40, 45)
    failed = replace(last, all={name: replace(one, rollbacks=one.rollbacks + 38) for name, one in last.all.items()})
    assert judge(snap("requests time out", databases=(first, failed))) == ()


def test_a_pool_that_opens_its_connections_and_keeps_them_is_none() -> None:
    first, last = counted(40, 80)
    kept = replace(last, all={name: replace(one, backends=one.backends + 39) for name, one in last.all.items()})
    assert judge(snap("everything is slow", databases=(first, kept))) == ()

"""An advisory lock that an idle session kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fireline.assess.causes.advisory_lock_leak import cause
from fireline.assess.diagnose import diagnose
from fireline.assess.snapshot import Lock
from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.judging import asking, complaining, only, remedied, the_root
from tests.assess.test_tangle import NOW, reading, session, snapshot


@pytest.mark.parametrize("call", ["pg_advisory_lock(42)", "pg_advisory_lock(7, 9)", "pg_advisory_lock(-1)"])
def test_advisory_lock_leak(target: Target, faults: Faults, call: str) -> None:
    holder = faults.open("cron", autocommit=True)
    holder.execute(f"SELECT {call}")
    faults.waiting("job", f"SELECT {call}")
    root = the_root(target)
    assert root.cause == "advisory_lock_leak"
    if "-1" not in call:
        assert call in root.title
    assert "nothing is lost" in root.remedy.text
    assert only(target) == root.cause
    remedied(target, root)


def test_an_advisory_lock_at_work_is_no_leak(target: Target, faults: Faults) -> None:
    faults.running("cron", "SELECT pg_advisory_lock(42), pg_sleep(60)")
    faults.until("SELECT FROM pg_locks WHERE locktype = 'advisory'")
    faults.waiting("job", "SELECT pg_advisory_lock(42)")
    assert "advisory_lock_leak" not in [
        verdict.cause for verdict in diagnose(target, asking("the job never starts")).causes
    ]


def test_a_complaint_about_jobs_makes_an_old_idle_holder_a_suspect_though_nobody_waits() -> None:
    holder = replace(session(7, "idle", changed=400), xact_start=None, query="SELECT pg_try_advisory_lock(42)")
    thing = ("advisory", "5", None, None, None, None, None, "0", "42", "1")
    lock = Lock(7, "advisory", thing, None, False, "ExclusiveLock", True, None, "7/7", None)
    seen = snapshot(reading(holder, blocked={}, locks=(lock,)))
    (found,) = cause.judge(complaining(seen, "the nightly job never starts"))
    assert (
        found.title
        == "An idle session keeps the advisory lock pg_advisory_lock(42); a job that tries for it would not start."
    )
    assert (found.confidence, found.tree[0].pid) == (0.4, 7)
    assert "classid = 0 AND objid = 42 AND objsubid = 1" in found.probe.sql
    assert cause.judge(complaining(seen, "the page is slow")) == ()
    young = snapshot(reading(replace(holder, state_change=NOW), blocked={}, locks=(lock,)))
    assert cause.judge(complaining(young, "the nightly job never starts")) == ()

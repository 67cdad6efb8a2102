"""An advisory lock that an idle session kept."""

from __future__ import annotations

import pytest

from fireline.assess.diagnose import diagnose
from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.judging import only, remedied, the_root


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
    assert "advisory_lock_leak" not in [verdict.cause for verdict in diagnose(target, "the job never starts").causes]

"""What a snapshot gives to the causes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from fireline.assess.snapshot import LockReading, Progress, Snapshot
from tests.assess.test_tangle import NOW, session


def test_a_check_that_failed_has_no_readings() -> None:
    empty = Snapshot("main", NOW, None, unknown={"locks": "statement timeout"})
    assert (empty.locks, empty.progress) == ((), {})


def test_samples_come_in_order_and_progress_by_process() -> None:
    first, second = LockReading(NOW), LockReading(NOW, hidden=1)
    done = Progress(7, "VACUUM FULL", "seq scanning heap", 1, 2)
    found = Snapshot("main", NOW, None, {"locks": (first, second), "progress": ((done,),)})
    assert (found.locks, found.progress) == ((first, second), {7: done})


def test_a_transaction_is_known_by_process_session_and_its_own_beginning() -> None:
    one = session(1)
    assert one.key == session(1).key
    assert one.key != replace(one, backend_start=NOW).key
    assert one.key != replace(one, xact_start=NOW).key
    with pytest.raises(FrozenInstanceError):
        one.pid = 2  # type: ignore[misc]

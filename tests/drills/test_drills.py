"""The short form of the drills: one of each group of twins. `scripts/drills` runs them all, with many seeds, and writes the table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fireline.assess.diagnose import causes
from tests.drills import healthy
from tests.drills.drill import Fault, faults, run
from tests.drills.place import forget, versions

SEED = 1
SHORT = (
    "connection_leak_idle", "role_password_expired", "idle_in_tx_row_lock", "missing_index", "xmin_held_by_prepared",
    "inactive_slot_retains_wal", "mass_delete", "sequence_behind_max", "fk_not_validated", "rls_disabled_exposed",
    "temp_file_limit", "startup_bad_preload_library", "page_corruption", "partition_missing",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _templates() -> Iterator[None]:
    yield
    forget()


def test_every_drill_is_for_a_cause_that_is_known() -> None:
    assert set(faults()) <= {cause.label for cause in causes().values()}


@pytest.mark.parametrize("label", SHORT)
def test_a_fault_is_named_first_and_its_remedy_helps(label: str) -> None:
    fault: Fault = faults()[label]
    done = run(fault, max(versions()), SEED)
    assert done.found[:1] == [fault.label], done
    assert done.healed, done


@pytest.mark.parametrize("name", ["busy", "supabase_like"])
def test_on_a_healthy_server_nothing_is_named(name: str) -> None:
    assert healthy.run(name, max(versions()), SEED).found == []

"""The short form of the drills: one of each group of twins. `scripts/drills` runs them all, with many seeds, and writes the table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fireline.assess.diagnose import causes
from tests.drills import acute, healthy, pairs
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


def test_what_is_told_apart_among_faults_are_faults() -> None:
    told = {*pairs.ALONE, *pairs.BEFORE, *pairs.EARLY, *pairs.BEHIND, *pairs.BESIDES, *acute.ACUTE, *acute.CHRONIC}
    assert told.union(*pairs.AGAINST) <= set(faults())


@pytest.mark.parametrize(
    ("found", "fine"),
    [(["a", "b", "x"], True), (["b", "a"], True), (["b"], False), (["x", "a", "b"], False), (["a", "x", "b"], False)],
)
def test_two_faults_are_told_when_nothing_else_is_named_before_both(found: list[str], fine: bool) -> None:
    assert pairs.before_all_else(found, {"a", "b"}, {"a", "b"}) is fine


def test_of_two_faults_both_are_named() -> None:
    done = pairs.run(faults()["missing_index"], faults()["inactive_slot_retains_wal"], max(versions()), SEED)
    assert done, "they need nothing of the same name"
    assert done.healed, done


def test_an_acute_fault_is_the_root_on_a_server_with_a_chronic_one() -> None:
    done = acute.run(faults()["idle_in_tx_row_lock"], faults()["missing_index"], max(versions()), SEED)
    assert done, "they need nothing of the same name"
    assert done.healed, done


@pytest.mark.parametrize("label", SHORT)
def test_a_fault_is_named_first_and_its_remedy_helps(label: str) -> None:
    fault: Fault = faults()[label]
    done = run(fault, max(versions()), SEED)
    assert done.found[:1] == [fault.label], done
    assert done.healed, done


@pytest.mark.parametrize("name", ["busy", "supabase_like"])
def test_on_a_healthy_server_nothing_is_named(name: str) -> None:
    assert healthy.run(name, max(versions()), SEED).found == []

"""Drills on the versions between the usual ones: some of each family. `python -m tests.drills --versions 13,14,16,17` makes all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import servers
from tests.drills.drill import faults, run
from tests.drills.place import forget, versions

SEED = 1
# Those for which a version has columns, views or words of its own.
EACH = ("missing_index", "inactive_slot_retains_wal", "idle_in_tx_row_lock")
OF = {
    13: ("checkpoints_forced_max_wal", "page_corruption", "rls_policy_always_true"),
    14: ("collation_version_change", "xmin_held_by_standby"),
    16: ("role_password_expired", "sequence_exhausted_int4"),
    17: (
        "checkpoints_forced_max_wal",
        "session_timeout_too_low",
        "partition_missing",
        "fk_not_validated",
        "temp_file_limit",
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _templates() -> Iterator[None]:
    yield
    forget()


@pytest.mark.parametrize(
    ("major", "label"), [(major, label) for major in servers.FURTHER for label in (*EACH, *OF[major])]
)
def test_a_fault_is_named_first_and_its_remedy_helps(major: int, label: str) -> None:
    if major not in versions():
        pytest.skip(f"PostgreSQL {major} is not installed ({servers.HOW_TO_GET[major]})")
    done = run(faults()[label], major, SEED)
    assert done.found[:1] == [label], done
    assert done.healed, done

"""The short form of the drills: one of each family. `scripts/drills` runs them all, with many seeds, and writes the table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fireline.assess.diagnose import causes
from tests.drills.drill import Fault, faults, run
from tests.drills.place import forget, versions

SEED = 1
SHORT = ("role_connection_limit",)


@pytest.fixture(scope="module", autouse=True)
def _templates() -> Iterator[None]:
    yield
    forget()


def test_every_drill_is_for_a_cause_that_is_known() -> None:
    assert set(faults()) <= {cause.label for cause in causes().values()}


@pytest.mark.parametrize(
    "fault", [fault for label, fault in faults().items() if label in SHORT], ids=lambda one: one.label
)
def test_a_fault_is_named_first_and_its_remedy_helps(fault: Fault) -> None:
    major = max(versions())
    done = run(fault, major, SEED)
    assert done.found[:1] == [fault.label], done
    assert done.probe == "red", done
    assert done.healed, done

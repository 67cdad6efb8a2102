"""Both versions that are tested, and faults made on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.servers import PATIENTS


@pytest.fixture(params=PATIENTS)
def target(request: pytest.FixtureRequest) -> Target:
    """A fresh empty database on each version."""
    found: Target = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def faults(target: Target) -> Iterator[Faults]:
    """Sessions on it that are in the way."""
    with Faults(target) as made:
        yield made

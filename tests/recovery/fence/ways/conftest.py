"""What the tests of the ways share."""

from __future__ import annotations

import pytest

from fireline.postgres.connect import Target
from tests.servers import PATIENTS


@pytest.fixture(params=PATIENTS)
def target(request: pytest.FixtureRequest) -> Target:
    """A fresh database on each version."""
    found: Target = request.getfixturevalue(request.param)
    return found

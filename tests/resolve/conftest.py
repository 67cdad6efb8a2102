"""Faults made on each version that is tested."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fireline.postgres.connect import Target
from tests.assess.faults import Faults


@pytest.fixture
def faults(target: Target) -> Iterator[Faults]:
    """Sessions on it that are in the way."""
    with Faults(target) as made:
        yield made

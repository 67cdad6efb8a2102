"""A server of somebody else for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.systems import peer as peers
from tests.systems.peer import Peer


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A running server without pages."""
    with peers.running() as running:
        yield running

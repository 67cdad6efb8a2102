"""The stage on which real processes are killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fireline.postgres.connect import Target
from tests.chaos import stage as staging
from tests.chaos.stage import Stage


@pytest.fixture
def stage(tmp_path: Path, store_url: str, patient: Target) -> Iterator[Stage]:
    """A fresh store and a fresh patient; processes are started by the test and always stopped."""
    with staging.stage(tmp_path, store_url, patient) as made:
        yield made

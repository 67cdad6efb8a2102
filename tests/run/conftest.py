"""The stage that the engine's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from fireline.postgres.connect import Target
from fireline.store.connect import Store
from tests.run.scene import Scene


@pytest.fixture
def scene(store: Store, patient: Target, tmp_path: Path) -> Scene:
    """A world with a fresh store and a fresh patient."""
    return Scene(store, patient, tmp_path)

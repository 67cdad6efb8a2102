"""A running site, and one with a patient to act upon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fireline.postgres.connect import Target
from tests.web.site import Site


@pytest.fixture
def site(store_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site whose target does not answer."""
    with Site(store_url, tmp_path) as running:
        yield running


@pytest.fixture
def ward(store_url: str, patient: Target, tmp_path: Path) -> Iterator[Site]:
    """A site with a patient."""
    with Site(store_url, tmp_path, patient.dsn.reveal()) as running:
        yield running

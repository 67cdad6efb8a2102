"""The stage on which real processes are killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fireline.cluster import Cluster
from fireline.postgres.connect import Target
from fireline.store.migrate import migrate
from tests import servers
from tests.chaos import stage as staging
from tests.chaos.stage import Stage


@pytest.fixture
def stage(tmp_path: Path, store_url: str, patient: Target) -> Iterator[Stage]:
    """A fresh store and a fresh patient; processes are started by the test and always stopped."""
    with staging.stage(tmp_path, store_url, patient) as made:
        yield made


@pytest.fixture
def mortal() -> Iterator[Cluster]:
    """A store of its own that may be killed, and keeps what was committed."""
    with servers.private_folder() as folder:
        made = Cluster(folder / "pg", servers.embedded(), settings=servers.STORE)
        made.start()
        try:
            yield made
        finally:
            made.remove()


@pytest.fixture
def doomed(tmp_path: Path, mortal: Cluster, patient: Target) -> Iterator[Stage]:
    """A stage whose store may be killed."""
    url = mortal.create_database("store")
    migrate(url)
    with staging.stage(tmp_path, url, patient) as made:
        yield made

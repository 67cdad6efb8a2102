"""The same small dumps for all tests here, made once by each version's own pg_dump."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fireline.postgres.client_tools import ClientTools, find
from fireline.postgres.connect import Target
from fireline.redact import Secret
from tests import servers
from tests.recovery import dumps

Dumps = Callable[[int], dict[str, Path]]


@pytest.fixture(scope="session")
def dumped(patient_servers: Callable[[int], servers.Patient], tmp_path_factory: pytest.TempPathFactory) -> Dumps:
    """The dumps that a version's pg_dump makes of its own server."""
    made: dict[int, dict[str, Path]] = {}

    def of(major: int) -> dict[str, Path]:
        if major not in made:
            with servers.database(patient_servers(major)) as url:
                dumps.fill(url)
                made[major] = dumps.make(find(major), url, tmp_path_factory.mktemp(f"dumps{major}"))
        return made[major]

    return of


@pytest.fixture(scope="session")
def tools() -> ClientTools:
    """Those of PostgreSQL 18."""
    return find(18)


@pytest.fixture
def patient_two(patient_server: servers.Patient) -> Iterator[Target]:
    """A second database beside the patient."""
    with servers.database(patient_server) as url:
        yield Target("second", Secret(url))

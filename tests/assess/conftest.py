"""A patient of each version with a small schema, and the means to make it ill."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.servers import PATIENTS


@pytest.fixture(params=PATIENTS)
def target(request: pytest.FixtureRequest) -> Target:
    """Each test on each version."""
    found: Target = request.getfixturevalue(request.param)
    with psycopg.connect(found.dsn.reveal(), autocommit=True) as conn:
        conn.execute(
            "CREATE TABLE orders (id int PRIMARY KEY, n int DEFAULT 0);"
            "CREATE TABLE accounts (id int PRIMARY KEY, n int DEFAULT 0);"
            "INSERT INTO orders (id) SELECT generate_series(1, 100); INSERT INTO accounts SELECT * FROM orders"
        )
    return found


@pytest.fixture
def faults(target: Target) -> Iterator[Faults]:
    with Faults(target) as made:
        yield made

"""One school for all tests of the demo: making its rows takes seconds, and no test changes what another one reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fireline.demo.school import School
from fireline.demo.trouble import Trouble
from tests import servers


@pytest.fixture(scope="session")
def school() -> Iterator[School]:
    with servers.private_folder() as folder:
        made = School(folder / "pg")
        try:
            made.start()
            assert made.fill() == 200_000
            yield made
        finally:
            made.remove()


@pytest.fixture
def trouble(school: School) -> Iterator[Trouble]:
    """The trouble, not begun; afterwards the table is as it was before."""
    made = Trouble(school)
    yield made
    made.end()
    with school.connect("school_migrate", "test", autocommit=True) as conn:
        conn.execute("ALTER TABLE assignments DROP COLUMN IF EXISTS venue")

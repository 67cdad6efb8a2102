"""One place for the stories that do not care what happened there before; those that do make their own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.acceptance.place import Place, place


@pytest.fixture(scope="package")
def stage() -> Iterator[Place]:
    """Made once, and gone behind the last story, or its workers would work on at what the stories left.

    Its clock is taken away again at once, or it would be moved for whatever runs after them.
    """
    with place() as made:
        del os.environ["FIRELINE_CLOCK_FILE"]
        yield made


@pytest.fixture
def there(stage: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The place, and its clock for as long as the test lasts."""
    monkeypatch.setenv("FIRELINE_CLOCK_FILE", str(stage.moved))
    return stage

"""One place for the stories that do not care what happened there before; those that do make their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.place import Place, place


@pytest.fixture(scope="package")  # no longer: it moves the clock of whatever runs after it
def there() -> Iterator[Place]:
    with place() as made:
        yield made

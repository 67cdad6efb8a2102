"""Names that look alike; those of a server stand in test_patient."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.database.nearest import MOST, alike


@pytest.mark.parametrize(
    ("wanted", "names", "found"),
    [
        ("userz", ("orders", "users"), ("users",)),
        ("USERS", ("Users",), ("Users",)),
        ("user", ("users", "uses"), ("users", "uses")),
        ("created_at", ("createdat", "updated"), ("createdat",)),
        ("orders", ("order", "invoice"), ("order",)),
        ("pid", ("query", "state"), ()),
        ("a", (), ()),
    ],
)
def test_few_letters_differ_and_the_nearest_is_first(
    wanted: str, names: tuple[str, ...], found: tuple[str, ...]
) -> None:
    assert alike(wanted, names) == found


def test_no_more_are_told_than_somebody_reads() -> None:
    assert len(alike("column", [f"column{number}" for number in range(9)])) == MOST

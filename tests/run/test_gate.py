"""Levels: proved, known, or named by a person, and never lowered."""

from __future__ import annotations

from typing import Any

import pytest

from fireline.errors import Refused
from fireline.run import gate


def row(level: str | None, reason: str = "DROP removes objects") -> Any:
    return {"level": level, "level_reason": reason}


@pytest.mark.parametrize(
    ("known", "named", "settled"),
    [
        ("reversible", None, "reversible"),
        ("reversible", "destructive", "destructive"),
        (None, "reversible", "reversible"),
        (None, "destructive", "destructive"),
        ("destructive", "destructive", "destructive"),
    ],
)
def test_a_level_may_be_named_or_raised(known: str | None, named: str | None, settled: str) -> None:
    assert gate.level_for(row(known), named) == settled


@pytest.mark.parametrize(
    ("known", "named", "said"),
    [
        (None, None, "must name its level"),
        (None, "harmless", "is no level"),
        ("reversible", "read", "never declared"),
        ("destructive", "reversible", "can not be lowered to reversible: DROP removes objects"),
    ],
)
def test_anything_else_is_refused_in_words(known: str | None, named: str | None, said: str) -> None:
    with pytest.raises(Refused, match=said):
        gate.level_for(row(known), named)

"""The kind of an expression, and what can not be read as it."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.catalog.kinds import Expression, Kind, milliseconds, refused


@pytest.mark.parametrize(
    ("kind", "text", "wrong"),
    [("number", "100ms", True), ("number", " 1e6", False), ("number", "NaN", False), ("integer", "1.5", True), ("integer", "0x1F", False),
     ("truth", "maybe", True), ("truth", "yes", False), ("moment", "5 minutes", True), ("moment", "yesterday", False),
     ("span", "anything", False), ("text", "anything", False)],
)  # fmt: skip
def test_only_what_is_surely_wrong_is_refused(kind: Kind, text: str, wrong: bool) -> None:
    assert refused(Expression(kind, "x", kind), text) is wrong


@pytest.mark.parametrize(
    ("text", "number"),
    [("100ms", "100"), ("1 s", "1000"), ("2 min", "120000"), ("1 hour", "3600000"), ("3 milliseconds", "3"), ("1.5 seconds", "1500"),
     ("1 month", None), ("2 weeks", None), ("5 m", "300000"), ("1 day", "86400000"), ("fast", None)],
)  # fmt: skip
def test_a_length_of_time_in_milliseconds(text: str, number: str | None) -> None:
    assert milliseconds(text) == number

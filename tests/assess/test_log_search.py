"""Searching what a log says by a regular expression that anybody may have typed."""

from __future__ import annotations

import time

import pytest

from fireline.assess import log_search
from fireline.assess.log_search import checked, matching
from fireline.errors import Usage


def test_what_matches_is_found_whatever_the_case_and_the_line() -> None:
    texts = ["Deadlock detected", "no", "first\nDEADLOCK", "timeout ü", ""]
    assert matching("deadlock|timeout .$", texts) == [0, 2, 3]
    assert matching("(?-i:deadlock)", texts) == []
    assert matching("x", []) == []


def test_what_is_no_expression_is_said_so() -> None:
    for wrong in ("(", "a{2,1}", "[", "x" * 501):
        with pytest.raises(Usage):
            checked(wrong)


def test_one_that_explodes_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_search, "SECONDS", 0.5)
    began = time.monotonic()
    with pytest.raises(OSError, match="make it simpler"):
        matching("(a+)+$", ["a" * 60 + "b"])
    assert time.monotonic() - began < 5

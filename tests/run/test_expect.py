"""What a step is expected to show."""

from __future__ import annotations

from typing import Any

import pytest

from fireline.run import expect

TABLE = {"columns": ["name", "Score", "ok", "gone"], "rows": [["a", 71, True, None], ["b", "80.5", True, None]]}


@pytest.mark.parametrize(
    ("expression", "facts", "answer"),
    [
        ("rows = 0", {"rows": 0}, True),
        ("rows = 0", {"rows": 3}, False),
        ("rows = 0", {"rows": [], "columns": ["a"]}, True),
        ("rows = 0", {"rows": [], "columns": [], "total": 0}, True),
        ("rows = 600", {"rows": [[1]] * 500, "columns": ["a"], "total": 600, "truncated": True}, True),
        ("rows between 1 and 50", {"rows": 50}, True),
        ("rows between 1 and 50", {"rows": 51}, False),
        ("rows not between 1 and 50", {"rows": 51}, True),
        ("rows>0", {"rows": 1}, True),
        ("rows = 0", {}, None),
        ("Score >= 70", TABLE, True),
        ("score >= 75", TABLE, False),
        ('"Score" < 100', TABLE, True),
        ("score = 71", TABLE, False),
        ("name != c", TABLE, True),
        ("name = 'a'", TABLE, False),
        ("ok = true", TABLE, True),
        ("ok = false", TABLE, False),
        ("gone is null", TABLE, True),
        ("gone is not null", TABLE, False),
        ("gone < 5", TABLE, None),
        ("name < 5", TABLE, None),
        ("nothing = 1", TABLE, None),
        ("score >= 70", {"columns": ["score"], "rows": []}, None),
        ("score >= 70", {"columns": ["score"], "rows": [[90]], "truncated": True}, None),
        ("score >= 70", {"columns": ["score"], "rows": [[10]], "truncated": True}, False),
        ("exit = 0", {"exit": 0}, True),
        ("exit = 0", {"exit": 1}, False),
        ("exit != 0", {"exit": 1}, True),
        ("stdout ~ /ready|up/", {"stdout": "it is up\n"}, True),
        ("stdout ~ /^ready$/", {"stdout": "first\nready\nlast"}, True),
        ("stdout !~ /error/", {"stdout": "ERROR"}, True),
        ("stdout !~ /error/i", {"stdout": "ERROR"}, False),
        ("stdout ~* /error/", {"stdout": "ERROR"}, True),
        ("stdout ~ /a/b/", {"stdout": "xa/bx"}, True),
        ("stdout = ok", {"stdout": "ok\n"}, True),
        ("time < 2s", {"time": 1.5}, True),
        ("time < 2s", {"ms": 2500}, False),
        ("time < 500ms", {"ms": 400}, True),
        ("time between 1s and 2m", {"time": 61}, True),
        ("waiting < 3", {"waiting": 2}, True),
        ("waiting < 3", {"waiting": [2, 4]}, False),
        ("hit >= 99%", {"hit": 99.1}, True),
        ("version = '18'", {"version": 18}, True),
        ("code = 007", {"code": "7"}, True),
        ("code = '007'", {"code": "7"}, False),
        ("is this fine?", {"rows": 1}, None),
    ],
)
def test_an_expectation_holds_or_not_or_can_not_be_told(
    expression: str, facts: dict[str, Any], answer: bool | None
) -> None:
    assert expect.holds(expression, facts) is answer


@pytest.mark.parametrize("expression", ["", "rows", "rows = ", "rows between a and b", "stdout ~ /(/", "0 = rows"])
def test_what_can_not_be_read_says_why_and_never_holds(expression: str) -> None:
    assert expect.fault(expression)
    assert expect.holds(expression, {"rows": 0, "stdout": "x"}) is None


def test_what_can_be_read_has_no_fault() -> None:
    assert expect.fault("lag_s <= 300") is None

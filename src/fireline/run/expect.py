"""What a step or a probe is expected to show, as the runbook writes it: `rows = 0`, `score >= 70`, `stdout ~ /ready/`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_FACT = r"""(?P<fact>"[^"]+"|[A-Za-z_][\w.$]*)"""
_BETWEEN = re.compile(rf"{_FACT}\s+(?P<no>not\s+)?between\s+(?P<low>\S+)\s+and\s+(?P<high>\S+)", re.I)
_IS = re.compile(rf"{_FACT}\s+is\s+(?P<no>not\s+)?null", re.I)
_MATCHES = re.compile(rf"{_FACT}\s*(?P<operator>!?~\*?)\s*/(?P<pattern>.*)/(?P<flags>i?)", re.S)
_COMPARES = re.compile(rf"{_FACT}\s*(?P<operator><=|>=|<>|!=|==|=|<|>)\s*(?P<value>\S.*)", re.S)
_QUANTITY = re.compile(r"(?P<number>[+-]?\d+(?:\.\d+)?)\s*(?P<unit>ms|s|m|h|%)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

Test = Callable[[Any], bool | None]


@dataclass(frozen=True)
class Expectation:
    """One expression, read: which fact, and the test of it, which answers None when it can not tell."""

    fact: str
    test: Test
    of_null: bool = False  # the test is about null itself


def holds(expression: str, facts: Mapping[str, Any]) -> bool | None:
    """Whether the facts are as expected; None when they do not tell, or the expression can not be read.

    facts: `rows` (a count, or the rows themselves with `columns` and perhaps `total`), `exit`, `stdout`, `time` in
    seconds or `ms`, or any name with its value. A column must be as expected in every row there is.
    """
    expected = read(expression)
    if isinstance(expected, str):
        return None
    values, complete = _values(expected.fact, facts)
    answers = [expected.test(value) if value is not None or expected.of_null else None for value in values]
    if False in answers:
        return False
    return True if answers and complete and None not in answers else None


def fault(expression: str) -> str | None:
    """Why an expression can not be read; None when it can."""
    expected = read(expression)
    return expected if isinstance(expected, str) else None


def read(expression: str) -> Expectation | str:
    """The expression as data, or what is wrong with it."""
    text = expression.strip()
    if found := _BETWEEN.fullmatch(text):
        low, high = _quantity(found["low"]), _quantity(found["high"])
        if low is None or high is None:
            return f"{text!r}: between needs two numbers"
        return Expectation(_fact(found), _ranged(low, high, wanted=not found["no"]))
    if found := _IS.fullmatch(text):
        return Expectation(_fact(found), _null(wanted=not found["no"]), of_null=True)
    if found := _MATCHES.fullmatch(text):
        anycase = re.IGNORECASE if found["flags"] or found["operator"].endswith("*") else 0
        try:
            pattern = re.compile(found["pattern"], re.M | anycase)
        except re.error as wrong:
            return f"{text!r}: the pattern can not be read: {wrong}"
        return Expectation(_fact(found), _matching(pattern, wanted=not found["operator"].startswith("!")))
    if found := _COMPARES.fullmatch(text):
        return Expectation(_fact(found), _compared(found["operator"], found["value"].strip()))
    return f"{text!r} is not an expectation such as rows = 0, score >= 70, exit = 0, stdout ~ /ready/ or time < 2s"


def _fact(found: re.Match[str]) -> str:
    return found["fact"].strip('"')


def _values(fact: str, facts: Mapping[str, Any]) -> tuple[list[Any], bool]:
    """Every value of a fact, and whether these are all there are."""
    rows, columns = facts.get("rows"), facts.get("columns")
    if fact == "rows":
        count = facts.get("total", len(rows)) if isinstance(rows, list) else rows
        return ([] if count is None else [count]), True
    if fact == "time":
        seconds = facts["ms"] / 1000 if facts.get("ms") is not None else None
        return [facts.get("time", seconds)], True
    if isinstance(rows, list) and columns:
        place = _place(fact, list(columns))
        if place is not None:
            return [row[place] for row in rows], not facts.get("truncated")
    if fact in facts:
        value = facts[fact]
        return (list(value) if isinstance(value, list) else [value]), True
    return [], False


def _place(name: str, columns: list[str]) -> int | None:
    if name in columns:
        return columns.index(name)
    folded = [column.casefold() for column in columns]
    return folded.index(name.casefold()) if name.casefold() in folded else None


def _quantity(text: str) -> float | None:
    """A number; a duration in seconds."""
    found = _QUANTITY.fullmatch(text.strip())
    return float(found["number"]) * _SECONDS.get(found["unit"] or "", 1.0) if found else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    return _quantity(value) if isinstance(value, str) else None


def _ranged(low: float, high: float, *, wanted: bool) -> Test:
    def test(value: Any) -> bool | None:
        number = _number(value)
        return None if number is None else (low <= number <= high) is wanted

    return test


def _null(*, wanted: bool) -> Test:
    return lambda value: (value is None) is wanted


def _matching(pattern: re.Pattern[str], *, wanted: bool) -> Test:
    return lambda value: (pattern.search(str(value)) is not None) is wanted


def _compared(operator: str, text: str) -> Test:
    """A comparison of numbers, else of texts, which are only equal or not."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    word = text[1:-1] if quoted else text
    limit = None if quoted else _quantity(word)

    def test(value: Any) -> bool | None:
        number = _number(value)
        if limit is not None and number is not None:
            return _ordered(operator, number, limit)
        if operator in ("=", "==", "!=", "<>"):
            return _same(value, word, quoted=quoted) is (operator in ("=", "=="))
        return None

    return test


def _ordered(operator: str, one: float, other: float) -> bool:
    return {
        "<": one < other,
        "<=": one <= other,
        ">": one > other,
        ">=": one >= other,
        "!=": one != other,
        "<>": one != other,
    }.get(operator, one == other)


def _same(value: Any, word: str, *, quoted: bool) -> bool:
    if isinstance(value, bool) and not quoted:
        return word.casefold() in (("true", "t", "yes", "on") if value else ("false", "f", "no", "off"))
    return str(value).rstrip("\n") == word

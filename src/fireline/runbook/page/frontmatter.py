"""The optional YAML at the head of a runbook, as plain JSON data. What is broken in it is left out and noted."""

from __future__ import annotations

import datetime
import math
import re
from typing import Any

LONGEST = 20_000
MOST_BRACKETS = 300  # more of them cost the YAML scanner quadratic time
DEEPEST = 20
_HEAD = re.compile(r"---[ \t]*\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)


def split(text: str) -> tuple[dict[str, Any], str, list[str]]:
    """The front matter, the text with blank lines in its place, and notes."""
    if not text.startswith("---"):
        return {}, text, []
    head = _HEAD.match(text[: LONGEST + 10])
    if head is None:
        return {}, text, []
    body = "\n" * head[0].count("\n") + text[head.end() :]
    try:
        value = _load(head[1])
    except _Unfit as why:
        return {}, body, [f"the front matter is left out: {why}"]
    if value is None:
        return {}, body, []
    if not isinstance(value, dict):
        return {}, text, []  # a rule, some text, and another rule
    return value, body, []


class _Unfit(Exception):
    """YAML that can not be plain data."""


def _load(text: str) -> Any:
    import yaml

    if sum(text.count(sign) for sign in "[{") > MOST_BRACKETS:
        raise _Unfit("it holds too many brackets")
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise _Unfit("it holds an alias")  # a few of them can stand for gigabytes
        return _plain(yaml.safe_load(text), 0)
    except yaml.MarkedYAMLError as broken:
        line = broken.problem_mark.line + 2 if broken.problem_mark else 1
        raise _Unfit(f"line {line}: {broken.problem}") from broken
    except (
        yaml.YAMLError,
        ValueError,
        TypeError,
        OverflowError,
        AttributeError,
        LookupError,
        RecursionError,
    ) as broken:
        raise _Unfit("it is not YAML") from broken


def _plain(value: Any, depth: int) -> Any:
    """The value as JSON can hold it."""
    if depth > DEEPEST:
        raise _Unfit("it is nested too deep")
    if isinstance(value, dict):
        return {str(key): _plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(one, depth + 1) for one in value]
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return hex(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)

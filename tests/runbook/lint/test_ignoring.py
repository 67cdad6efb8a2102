"""An author's wish is read in each of its forms, and means no more than what it names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.runbook.lint.checking import judge
from fireline.runbook.lint.ignoring import ignored
from fireline.runbook.lint.world import World


def quiet(text: str, rule: str = "eval") -> list[int]:
    """The lines on which the rule does not count."""
    off = ignored(text)
    return [number for number in range(1, text.count("\n") + 2) if off.holds(rule, number)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("<!-- fireline: ignore eval -->\nabout\nmore", [1, 2]),
        ("<!-- fireline: ignore eval: it is our own script -->\n\n\nabout\nmore", [1, 4]),
        ("<!--fireline:ignore eval-->\nabout", [1, 2]),
        ("<!-- FIRELINE: Ignore EVAL -->\nabout", [1, 2]),
        ("about <!-- fireline: ignore eval -->\nmore", [1]),
        ('eval "$X"  # fireline: ignore eval\nmore', [1]),
        ("# fireline: ignore eval\neval $X\nmore", [1, 2]),
        ("  -- fireline: ignore eval\nSELECT 1", [1, 2]),
        ("// fireline: ignore eval\nabout", [1, 2]),
        ("<!-- fireline: ignore dead-link, eval , placeholder -->\nabout", [1, 2]),
        ("<!-- fireline: ignore eval:\n     for a reason of two lines -->\nabout\nmore", [1, 3]),
        ("<!-- fireline: ignore eval -->\n<!-- fireline: ignore dead-link -->\nabout\nmore", [1, 3]),
        ("<!-- fireline: ignore-file eval -->\nabout\nmore", [1, 2, 3]),
        ("about\nmore\n<!-- fireline: ignore-file eval -->", [1, 2, 3]),
        ("<!-- fireline: ignore eval -->", [1]),
        ("<!-- fireline: ignore evaluation -->\nabout", []),
        ("<!-- fireline: ignore dead-link -->\nabout", []),
        ("<!-- ignore eval -->\nabout", []),
        ("fireline: ignore eval\nabout", []),
    ],
)
def test_a_comment_counts_where_it_stands_and_for_what_follows_it(text: str, lines: list[int]) -> None:
    assert quiet(text) == lines


def test_above_a_fence_it_counts_for_all_of_it_and_not_for_what_is_behind() -> None:
    text = "<!-- fireline: ignore eval -->\n   ```bash\n   eval 1\n\n   eval 2\n   ```\nafter\n```bash\neval 3\n```"
    assert quiet(text) == [1, 2, 3, 4, 5, 6]
    assert quiet("<!-- fireline: ignore eval -->\n~~~~\n~~~\neval\n~~~~\nafter") == [1, 2, 3, 4, 5]
    assert quiet("<!-- fireline: ignore eval -->\n1. ```\n   eval\n   ```\nafter") == [1, 2, 3, 4]
    assert quiet("<!-- fireline: ignore eval -->\n```\nnever closed\n") == [1, 2, 3, 4]


@given(st.text("<!->#`~ \nfireline:ignore,eval", max_size=200))
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    for lines in ignored(text).lines:
        assert 0 < lines <= text.count("\n") + 2


BOOK = "# Outage\n\n1. **Look at the log:**\n   ```bash\n   {comment}\n   less /var/log/app.log\n   vim a\n   ```\n"


def test_what_is_ignored_is_counted_and_all_else_is_still_found() -> None:
    loud, hushed = (
        judge({Path("a.md"): BOOK.format(comment=comment)}, World(), only=["waits-for-terminal"])
        for comment in ("# a comment", "# fireline: ignore waits-for-terminal: the pager is off")
    )
    assert ([one.line for one in loud.findings], loud.ignored) == ([6, 7], 0)
    assert ([one.line for one in hushed.findings], hushed.ignored) == ([7], 1)

"""What docs/coverage.md says is shown by a test is shown by a test, and what it lists is what there is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from fireline.app.context import remedies

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if re.match(r"\| [A-Z]\d", line)
]
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_test_that_is_named_exists(file: str, name: str) -> None:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_that_is_there_names_a_test_and_one_that_is_partly_there_says_what_is_missing(row: list[str]) -> None:
    _, _, today, shown = row
    assert today in ("yes", "partly", "not yet")
    assert today == "not yet" or "::" in shown
    assert (today == "partly") == ("Missing" in shown)


def test_all_rows_are_there() -> None:
    groups = {"S": 9, "D": 11, "A": 6, "X": 6, "R": 2, "C": 4, "M": 2, "P": 1, "L": 1}
    assert [row[0] for row in ROWS] == [f"{group}{n}" for group, most in groups.items() for n in range(1, most + 1)]


def test_the_remedies_that_are_listed_are_those_there_are() -> None:
    listed = PAGE.partition("## Remedies")[2]
    assert set(re.findall(r"`([a-z-]+ [a-z-]+)`", listed)) == set(remedies())

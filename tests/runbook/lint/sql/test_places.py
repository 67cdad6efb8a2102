"""A line of a command is found in its file, indented or between lines of output."""

from __future__ import annotations

from fireline.runbook.document import Action
from fireline.runbook.lint.sql.places import Place, Places


def test_an_indented_fence_keeps_its_columns() -> None:
    lines = ["1. Do", "   ```sql", "   SELECT 1,", "     2;", "   ```"]
    places = Places(lines, Action("sql", "SELECT 1,\n  2;", 3))
    assert places.at(1, 8) == Place(3, 11)
    assert places.at(2, 3) == Place(4, 6)


def test_output_between_two_typed_lines_is_passed_over() -> None:
    places = Places(["```console", "$ one", "answer", "$ two", "```"], Action("bash", "one\ntwo", 2))
    assert places.at(2, 1) == Place(4, 3)


def test_a_line_that_is_not_there_leads_to_where_it_would_be() -> None:
    assert Places(["a"], Action("sql", "b", 1)).at(5, 3) == Place(5, 1)

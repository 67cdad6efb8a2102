"""The names of programs."""

from __future__ import annotations

from fireline.runbook.language.programs import ENGLISH, PROGRAMS
from fireline.runbook.lint.programs import tables


def test_what_has_a_table_is_known_by_its_name() -> None:
    assert tables.programs() - PROGRAMS <= {"http"}


def test_words_that_are_names_too_are_programs() -> None:
    assert {"find", "make", "test"} <= ENGLISH & PROGRAMS
    assert not {"kubectl", "psql", "systemctl"} & ENGLISH

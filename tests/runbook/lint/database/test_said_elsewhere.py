"""Of one fault one rule speaks: the one that can say more."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.database.said_elsewhere import said_elsewhere
from fireline.runbook.lint.sql.statements import Piece
from fireline.runbook.lint.subject import Subject
from fireline.runbook.lint.world import Kind, Problem
from tests.runbook.rules.saying import sql, subject_of


def piece(text: str) -> Piece:
    subject: Subject = subject_of(sql(text))
    return subject.scripts[0].pieces[0]


@pytest.mark.parametrize(
    ("text", "kind", "name", "major", "known"),
    [
        ("SELECT procpid FROM pg_stat_activity", "column", "procpid", 18, True),
        ("SELECT procpid FROM jobs", "column", "procpid", 18, False),
        ("SELECT pidd FROM pg_stat_activity", "column", "pidd", 18, False),
        ("SELECT pg_start_backup('x')", "function", "pg_start_backup", 15, True),
        ("SELECT pg_start_backup('x')", "function", "pg_start_backup", 14, False),
        ("SELECT 1 FROM pg_stat_activity WHERE pid = 'four'", "mismatch", None, 18, True),
        ("SELECT 1 FROM jobs WHERE pid = 'four'", "mismatch", None, 18, False),
        ("SELECT 1 FROM userz", "table", "userz", 18, False),
    ],
)
def test_a_renamed_name_and_a_constant_of_another_kind_are_known_without_a_database(
    text: str, kind: Kind, name: str | None, major: int, known: bool
) -> None:
    assert said_elsewhere(Problem(kind, "it is wrong", "42703", 7, name), piece(text), major) is known

"""Migrations that did not apply, told where they stand."""

from __future__ import annotations

from fireline.runbook.lint.checking import of_text
from fireline.runbook.lint.world import Unapplied, World
from fireline.runbook.rules.migration_fails import rule

TEXT = "# A\n\n1. **Look:**\n   ```sql\n   SELECT 1;\n   ```\n"


def test_it_stands_at_the_file_and_line_of_the_migration() -> None:
    bad = Unapplied("db/2.sql", 7, 'relation "a" does not exist', "42P01", "ALTER TABLE a")
    excused = Unapplied("db/3.sql", 1, "permission denied", "42501", "ALTER SYSTEM", "its owner is no superuser")
    found = list(of_text(TEXT, world=World(migrations=(bad, excused)), only=[rule.id]))
    assert [(one.file, one.line) for one in found] == [("db/2.sql", 7)]


def test_without_migrations_nothing_is_said() -> None:
    assert list(of_text(TEXT, only=[rule.id])) == []

"""A file under lint knows its commands and where they stand."""

from __future__ import annotations

from tests.runbook.rules.saying import subject_of

TEXT = """# Disk full

1. **Look:**
   ```sql
   SELECT 1;
   SELECT 2;
   ```
   Verify:
   ```bash
   df -h | grep data
   ```
2. **Clean:**
   ```bash
   $ rm -rf /srv/old
   removed 12 files
   $ df -h
   ```
"""


def test_every_fence_is_a_command_in_the_order_of_the_file() -> None:
    commands = subject_of(TEXT).commands
    assert [one.language for one in commands] == ["sql", "bash", "bash"]
    assert [[call.name for call in one.calls] for one in commands] == [[], ["df", "grep"], ["rm", "df"]]
    assert [[statement.sql for statement in one.statements] for one in commands] == [["SELECT 1", "SELECT 2"], [], []]


def test_a_line_of_a_fence_is_one_of_the_file_also_between_answers() -> None:
    *_, session = subject_of(TEXT).commands
    assert [session.line(call.line) for call in session.calls] == [14, 16]


def test_a_place_is_told_as_the_file_has_it() -> None:
    subject = subject_of(TEXT)
    look, verify, session = subject.commands
    assert subject.at(look, 2, 8) == (6, 11)
    grep = verify.calls[1]
    assert subject.at(verify, grep.line, grep.column) == (10, 12)
    assert subject.at(session, session.calls[1].line, session.calls[1].column) == (16, 6)
    assert subject.column(5, "nothing of it") == 1
    assert subject.column(500, "SELECT") == 1

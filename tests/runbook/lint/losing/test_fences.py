"""Which commands lose data, and which put a backup over what is there; both narrower than what is asked about at run time."""

from __future__ import annotations

from pathlib import Path

import pytest

from fireline.runbook.lint.losing import fences
from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.lint.subject import Command, Subject
from fireline.runbook.parse import parse_text
from tests.runbook.rules.saying import REFERENCE

NOWHERE = Subject(REFERENCE, "# X\n\n1. Do it\n", parse_text("# X\n\n1. Do it\n"))


def commands(text: str) -> tuple[Command, ...]:
    return Subject(REFERENCE, text, parse_text(text)).commands


def losses(command: Command) -> list[tuple[int, str]]:
    return fences.losses(NOWHERE, command)


def restorings(command: Command) -> list[tuple[int, str]]:
    return fences.restorings(NOWHERE, command)


def bash(*lines: str) -> str:
    return "# X\n\n1. **Do it:**\n   ```bash\n" + "".join(f"   {line}\n" for line in lines) + "   ```\n"


@pytest.mark.parametrize(
    ("command", "restoring"),
    [
        ("./scripts/backup-manager.sh restore x", True),
        ("gunzip -c x.sql.gz | psql shop", True),
        ("psql shop < backup.sql", True),
        ("pg_restore --clean -d shop x.dump", True),
        ("pg_restore --list x.dump", False),
        ("psql -f report.sql", False),
        ("git restore .", False),
        ("dotnet restore", False),
        ("pg_dump shop | gzip > x.gz", False),
        ("fireline resolve restore", False),
        ("make restore-db", True),
    ],
)
def test_restores_are_known(command: str, restoring: bool) -> None:
    assert any(fences.restores(call) for call in calls(command)) is restoring


def test_a_restore_into_a_database_that_was_made_for_it_loses_nothing() -> None:
    beside = commands(bash("createdb fresh", "pg_restore -d fresh x.dump", "pg_restore --dbname=shop_restored x.dump"))
    over = commands(bash("uptime", "pg_restore -d shop x.dump"))
    assert losses(beside[0]) == []
    assert [line for line, _ in losses(over[0])] == [6]
    assert losses(over[0]) == [(6, "`pg_restore` writes a backup into a database")]
    assert restorings(over[0]) == losses(over[0])


def test_a_database_that_was_made_for_a_trial_may_go() -> None:
    assert losses(commands(bash("createdb other", "dropdb other", "dropdb shop_restored"))[0]) == []
    assert [line for line, _ in losses(commands(bash("createdb other", "dropdb shop"))[0])] == [6]
    assert [line for line, _ in losses(commands(bash("dropdb shop", "createdb shop"))[0])] == [5]
    sql = "# X\n\n1. **Do it:**\n   ```sql\n   DROP DATABASE shop_drill;\n   DROP DATABASE shop;\n   ```\n"
    assert [line for line, _ in losses(commands(sql)[0])] == [6]


def test_each_statement_is_told_at_its_line() -> None:
    text = "# X\n\n1. **Do it:**\n   ```sql\n   SELECT 1;\n   DELETE FROM a;\n   DELETE FROM b;\n   ```\n"
    assert [line for line, _ in losses(commands(text)[0])] == [6, 7]


def test_what_another_shell_is_handed_counts() -> None:
    text = bash("kubectl exec pg-0 -- bash -c 'rm -rf /var/lib/postgresql/data/pg_wal/*'", 'ssh mx "sudo dropdb shop"')
    assert [line for line, _ in losses(commands(text)[0])] == [5, 6]


def test_the_reference_runbook_restores_twice() -> None:
    found = [line for one in commands(REFERENCE.read_text()) for line, _ in losses(one)]
    assert found == [151, 262]


def test_a_script_that_speaks_to_fireline_restores_beside_and_loses_nothing(tmp_path: Path) -> None:
    text = bash("./restore.sh restore x.sql.gz")
    subject = Subject(tmp_path / "x.md", text, parse_text(text, str(tmp_path / "x.md")))
    script = tmp_path / "restore.sh"
    script.write_text('gunzip -c "$2" | psql shop\n')
    assert [line for line, _ in fences.losses(subject, subject.commands[0])] == [5]
    script.write_text('exec fireline resolve restore "$2"\n')
    subject = Subject(tmp_path / "x.md", text, parse_text(text, str(tmp_path / "x.md")))
    assert fences.losses(subject, subject.commands[0]) == []
    assert fences.restorings(subject, subject.commands[0]) == []

from __future__ import annotations

import textwrap

import pytest

from fireline.runbook.rules.destroys_without_backup import rule
from tests.runbook.rules.saying import faults, lines
from tests.runbook.rules.shelling import finds, of, page


def sql(text: str, undo: str = "") -> str:
    return f"# Disk full\n\n1. **Make room:**\n   ```sql\n{textwrap.indent(text, '   ')}\n   ```\n{undo}"


@pytest.mark.parametrize(
    "text", ["TRUNCATE audit_log;", "DROP TABLE audit_log;", "DELETE FROM audit_log;", "UPDATE a SET b = 1;"]
)
def test_what_loses_rows_is_found(text: str) -> None:
    assert lines(rule, sql(text)) == [(5, "warning")]


@pytest.mark.parametrize(
    "text",
    ["DELETE FROM audit_log WHERE at < now() - interval '1 year';", "UPDATE a SET b = 1 WHERE c = 2;", "SELECT 1;", "VACUUM audit_log;",
     "BEGIN;\nTRUNCATE audit_log;\nROLLBACK;"],
)  # fmt: skip
def test_chosen_rows_and_looks_are_not(text: str) -> None:
    assert lines(rule, sql(text)) == []


@pytest.mark.parametrize(
    "command",
    [
        "dropdb shop",
        "supabase db reset --linked",
        "redis-cli flushall",
        "rm -rf /var/lib/postgresql/16/main",
        "pg_restore -c -d shop f.dump",
    ],
)
def test_commands_that_destroy_are_found(command: str) -> None:
    assert finds(rule, command)


@pytest.mark.parametrize(
    "commands",
    [
        ("pg_dump -Fc -f before.dump shop", "dropdb shop"),
        ("fireline backup create", "dropdb shop"),
        ("pg_dump -Fc -f before.dump shop\ndropdb shop",),
        ("pg_dump -Fc -f before.dump shop && dropdb shop",),
        ("createdb probe_1", "dropdb probe_1"),
        ("dropdb shop_rehearsal",),
        ("rm -rf /tmp/x",),
        ("supabase db reset",),
        ("psql -f globals.sql postgres",),
    ],
)
def test_a_copy_before_it_or_a_database_beside_is_enough(commands: tuple[str, ...]) -> None:
    assert not of(rule, *commands)


def test_a_backup_behind_it_is_too_late() -> None:
    assert of(rule, "dropdb shop", "pg_dump -Fc -f after.dump shop")


def test_a_step_of_words_that_takes_a_backup_is_enough() -> None:
    text = page("ls", "dropdb shop").replace("Step number 1:", "Take a backup of the current state:")
    assert not faults(rule, text)


@pytest.mark.parametrize(
    "undo", ["load it from the archive.", "none; the backup of last night has it.", "from `before.csv`."]
)
def test_an_undo_that_says_where_it_comes_from_is_enough(undo: str) -> None:
    assert lines(rule, sql("TRUNCATE audit_log;", f"   **Undo:** {undo}\n")) == []


@pytest.mark.parametrize("undo", ["none.", "none, it is gone for good."])
def test_an_undo_that_only_says_none_is_not(undo: str) -> None:
    assert lines(rule, sql("TRUNCATE audit_log;", f"   **Undo:** {undo}\n")) == [(5, "warning")]


def test_the_suggestion_is_about_what_is_lost() -> None:
    assert "fireline backup create" in of(rule, "dropdb shop")[0].suggestion
    assert "fireline" not in of(rule, "redis-cli flushall")[0].suggestion


@pytest.mark.parametrize(
    "command",
    ["find /sicherung -name '*.dump' -mtime +7 -delete", "ssh db-1 \"find /srv/x -name 'backup-*' -mtime +7 -delete\""],
)
def test_old_backups_are_removed_without_a_backup_of_them(command: str) -> None:
    assert not of(rule, command)


def test_all_backups_or_other_old_files_are_not() -> None:
    assert of(rule, "find /sicherung -name '*.dump' -delete")
    assert of(rule, "find /srv/images -type f -mtime +7 -delete")


def test_a_dump_made_over_ssh_is_a_backup() -> None:
    assert not of(rule, 'ssh db-1 "pg_dump -t sessions app > /var/tmp/sessions.sql"', "redis-cli flushall")


def test_rows_that_a_client_is_told_to_choose_are_none() -> None:
    assert not finds(rule, 'psql shop -c "DELETE FROM orders WHERE id = 4"')
    assert not finds(rule, 'mysql mail -e "DELETE FROM log WHERE at < NOW() - INTERVAL 30 DAY"')
    assert not finds(rule, 'heroku pg:psql -c "DELETE FROM orders WHERE id = 4"')
    assert finds(rule, 'psql shop -c "DELETE FROM orders WHERE id = 4; TRUNCATE audit_log"')
    assert finds(rule, 'psql shop -c "DELETE FROM orders"')
    assert finds(rule, 'heroku pg:psql -c "TRUNCATE orders"')


def test_a_folder_that_a_variable_calls_temporary_is_none() -> None:
    assert not finds(rule, 'rm -rf "$TMP_DIR"/work*')
    assert not finds(rule, "rm -rf ${TMPDIR}/x")
    assert finds(rule, "rm -rf /srv/templates")

"""What loses data says how to get back, or that there is no way back."""

from __future__ import annotations

import pytest

from fireline.runbook.rules.destructive_without_undo import rule
from tests.runbook.rules.saying import faults, lines, mended


def page(command: str, language: str = "bash", more: str = "") -> str:
    return f"# Outage\n\n1. **Do it:**\n   ```{language}\n   {command}\n   ```\n{more}"


@pytest.mark.parametrize(
    "command", ["dropdb shop", "redis-cli FLUSHALL", "zcat x.sql.gz | psql shop", "kubectl delete pvc data-0"]
)
def test_a_loss_is_a_warning(command: str) -> None:
    assert lines(rule, page(command)) == [(5, "warning")]


def test_chosen_rows_are_for_information_in_a_plain_file() -> None:
    assert lines(rule, page("DELETE FROM sessions WHERE expired;", "sql")) == [(5, "info")]
    assert lines(rule, "---\nfireline: 1\n---\n\n" + page("DELETE FROM sessions WHERE expired;", "sql")) == [
        (9, "warning")
    ]


@pytest.mark.parametrize("more", ["   **Undo:** restore it\n", "   **Undo:** none.\n", "   There is no way back.\n", "   **Rückgängig:** nicht möglich\n"])  # fmt: skip
def test_both_answers_are_one(more: str) -> None:
    assert lines(rule, page("dropdb shop", more=more)) == []


def test_what_a_procedure_is_named_for_is_for_information() -> None:
    assert lines(rule, page("kafka-topics --delete --topic x").replace("Outage", "Topic deletion")) == [(5, "info")]


def test_what_can_be_made_again_is_no_loss() -> None:
    for command in (
        "kubectl delete pod x",
        "rm -rf /tmp/x",
        "rm -rf ./node_modules",
        "psql -c 'DROP INDEX CONCURRENTLY i'",
    ):
        assert lines(rule, page(command)) == []


def test_the_backup_that_was_taken_before_is_offered_as_undo() -> None:
    text = "# Outage\n\n1. **Take a backup**\n2. **Empty it:**\n   ```sql\n   TRUNCATE audit;\n   ```\n"
    after = mended(text, faults(rule, text)[0])
    assert "   **Undo:** restore what “Take a backup” saved." in after
    assert lines(rule, after) == []
    assert faults(rule, page("dropdb shop"))[0].edits == ()


def test_a_restore_into_a_folder_of_its_own_takes_nothing() -> None:
    assert lines(rule, page("pgbackrest --stanza=main --pg1-path=/srv/probe restore")) == []
    assert lines(rule, page("pgbackrest --stanza=main restore")) == [(5, "warning")]


def test_rows_that_a_client_is_told_to_choose_are_for_information() -> None:
    assert lines(rule, page('psql -c "DELETE FROM orders WHERE id = 4"')) == [(5, "info")]

"""What an author left open is told; what is asked at run time, declared, or filled in at the incident is not."""

from __future__ import annotations

import pytest

from fireline.runbook.rules.placeholder import rule
from tests.runbook.rules.saying import faults, lines, mended


def bash(command: str) -> str:
    return f"# Outage\n\n1. **Do it:**\n   ```bash\n   {command}\n   ```\n"


@pytest.mark.parametrize(
    "command",
    [
        "./restore.sh /path/to/backup.sql.gz",
        "eas build:view BUILD_ID",
        "psql -h your-db-host -c 'select 1'",
        "aws ec2 describe-instances --instance-ids i-xxxxxxxx",
        "curl -H 'Authorization: Bearer YOUR_TOKEN' https://example.com",
        "kubectl logs <your pod>",
        "pg_restore -d shop /chemin/vers/sauvegarde.dump",
        "redis-cli -a changeme ping",
        "aws rds modify-db-instance --vpc-security-group-ids YOUR_GROUP_ID",
    ],
)
def test_what_nobody_filled_in_is_an_error(command: str) -> None:
    assert lines(rule, bash(command)) == [(5, "error")]


@pytest.mark.parametrize(
    "command", ["kubectl logs <pod>", "helm rollback {{ release }}", "aws s3 cp a b --storage-class STANDARD_IA"]
)
def test_what_only_the_incident_tells_is_for_information(command: str) -> None:
    assert {severity for _, severity in lines(rule, bash(command))} <= {"info"}


@pytest.mark.parametrize(
    "command",
    [
        'kubectl logs "$POD"',
        "heroku config:unset API_KEY",
        "gh secret set DEPLOY_TOKEN",
        "heroku pg:reset DATABASE_URL --app shop",
        'cp x "$(mktemp /tmp/x.XXXXXX)"',
        "export BACKUP_PATH=/srv/backup",
        "kill -s SIGTERM 1",
        "LOG_LEVEL=debug ./start",
        'psql -c "select a <b and c> d"',
    ],
)
def test_what_means_something_as_it_stands_is_clean(command: str) -> None:
    assert lines(rule, bash(command)) == []


def test_what_the_front_matter_declares_is_asked_for() -> None:
    text = '---\nfireline: 1\nparams:\n  BUILD_ID: {ask: "Which build?"}\n---\n\n' + bash("eas build:view BUILD_ID")
    assert lines(rule, text) == []


def test_what_is_open_in_a_sentence_is_a_warning_and_in_a_form_for_information() -> None:
    text = (
        "# Outage of [service name]\n\n1. **Call** [name] TODO\n2. `grep TODO x`, then - [ ] tick\n\n"
        "## Message templates\n\nDear users, [your text] of [date].\n\n> since [time]\n"
    )
    assert lines(rule, text) == [(1, "warning"), (3, "warning"), (3, "warning"), (8, "info"), (8, "info"), (10, "info")]


def test_a_heading_that_says_todo_is_told() -> None:
    assert lines(rule, "# Outage\n\n1. **Look**\n\n## TODO\n\n- Redis\n") == [(5, "warning")]


def test_a_comment_that_says_todo_is_told() -> None:
    text = "# Outage\n\n1. **Do it:**\n   ```bash\n   # TODO: which host?\n   uptime\n   ```\n"
    assert lines(rule, text) == [(5, "warning")]


def test_the_place_and_a_variable_to_write_instead_are_named() -> None:
    found = faults(rule, bash("./restore.sh /path/to/backup.sql.gz"))[0]
    assert (found.line, found.column) == (5, 17)
    assert '"$BACKUP_SQL_GZ"' in found.suggestion


def test_a_variable_takes_its_place_quoted_as_the_place_needs() -> None:
    for command, after in (
        ("eas build:view BUILD_ID --json", 'eas build:view "$BUILD_ID" --json'),
        ("./restore.sh /path/to/backup.sql.gz", './restore.sh "$BACKUP_SQL_GZ"'),
        ('kubectl logs "<pod>"', 'kubectl logs "${POD}"'),
    ):
        text = bash(command)
        mend = mended(text, faults(rule, text)[0])
        assert f"   {after}\n" in mend
        assert lines(rule, mend) == []


def test_in_sql_and_in_quoted_programs_nothing_is_replaced() -> None:
    for text in (
        bash("psql -c 'select pg_cancel_backend(<pid>)'"),
        "# X\n\n1. **Do it:**\n   ```sql\n   SELECT pg_cancel_backend(<pid>);\n   ```\n",
    ):
        assert [one.edits for one in faults(rule, text)] == [()]


def test_a_line_of_options_is_no_comment_of_sql() -> None:
    assert lines(rule, bash("aws rds modify-db-instance \\\n       --vpc-security-group-ids YOUR_GROUP_ID")) == [
        (6, "error")
    ]
    assert lines(rule, bash("# for YOUR_GROUP_ID\n   ls")) == []


def test_a_mark_of_merged_letters_is_one() -> None:
    assert lines(rule, "# A\n\n1. Insert <<TICKET NUMBER>> into it.\n2. Write `cat <<A >>b`.\n") == [(3, "warning")]


def test_todo_comments_that_are_spoken_of_are_not_left_to_do() -> None:
    assert lines(rule, "# A\n\n1. Read the TODO comments.\n2. Go through the TODO list.\n3. TODO: write this.\n") == [
        (5, "warning")
    ]

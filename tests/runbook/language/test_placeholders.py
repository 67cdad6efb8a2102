"""What an author left open, in commands and in sentences."""

from __future__ import annotations

import pytest

from fireline.runbook.language.placeholders import in_command, in_prose, name_of, question_of, unfilled


def shown(text: str) -> list[str]:
    return [text[start:end] for start, end in in_command(text)]


COMMANDS = {
    "kill <pid> on <db host>": ["<pid>", "<db host>"],
    "restore /path/to/backup.sql.gz now": ["/path/to/backup.sql.gz"],
    "x YOUR_TOKEN KEY_HERE {{ name }} [your key]": ["YOUR_TOKEN", "KEY_HERE", "{{ name }}", "[your key]"],
    "a <b and c> d": [],
    "1 < 2 and 3 > 2": [],
    "[[ -f x ]] && ls [A-Z]*": [],
    "/my/path/to/x": [],
}


@pytest.mark.parametrize(("text", "found"), COMMANDS.items())
def test_placeholders_of_commands(text: str, found: list[str]) -> None:
    assert shown(text) == found


def test_placeholders_of_sentences() -> None:
    assert in_prose("Call [Contact Info] or [Name], see [X](y), [1], [WARNING]") == ["[Contact Info]", "[Name]"]
    assert in_prose("[contact us](mailto:x)") == []


def test_names_fit_the_environment() -> None:
    tokens = ["BUILD_ID", "/path/to/backup.sql.gz", "<pid>", "{{ db name }}", "<path>", "<1st>", "/path/to/"]
    assert [name_of(one) for one in tokens] == [
        "BUILD_ID", "BACKUP_SQL_GZ", "PID", "DB_NAME", "PATH_VALUE", "VALUE_1ST", "VALUE"
    ]  # fmt: skip
    assert question_of("/path/to/x") == "Which path stands for /path/to/x?"


def test_what_counts_as_not_filled_in() -> None:
    assert all(unfilled(one) for one in ("", "TBD", "t.b.d.", "???", "-", "n/a", "[Contact Info]", "<phone>", "TODO"))
    assert not any(unfilled(one) for one in ("Ada", "+49 30 123", "a@example.org", "Nonesuch Ltd"))

"""What the table says of a command."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.lint.terminal.questions import asked


@pytest.mark.parametrize(
    ("command", "asks"),
    [
        ("eas update:rollback", "asks which update to roll back to"),
        ("eas update:rollback 5b2c", None),
        ("terraform -chdir=infra apply -var a=b", "asks whether to apply the plan"),
        ("terraform apply p", None),
        ("gh run watch", "asks which run"),
        ("gh run watch 12", None),
        ('gh run watch "$RUN"', None),
        ("heroku run rails console", "opens a console"),
        ("vim f", "opens an editor"),
        ("made-up login", None),
    ],
)
def test_a_command_asks_what_it_was_not_told(command: str, asks: str | None) -> None:
    found = asked(calls(command)[0])
    assert (found.asks if found else None) == asks


def test_what_only_asks_can_be_answered_by_a_pipe_and_what_opens_something_can_not() -> None:
    assert asked(calls("yes | docker system prune")[1]) is None
    assert asked(calls("yes | kubectl edit deploy/api")[1]) is not None

from __future__ import annotations

import pytest

from fireline.runbook.rules.eval import rule
from tests.runbook.rules.shelling import finds, of


@pytest.mark.parametrize(
    "command",
    [
        'eval "$COMMAND"',
        "eval $(cat x)",
        'eval "redis-cli del $KEYS"',
        'bash -c "$COMMAND"',
        "sh -c $X",
        'ssh a "eval $X"',
    ],
)
def test_a_value_that_becomes_a_command_is_found(command: str) -> None:
    assert finds(rule, command)


@pytest.mark.parametrize(
    "command",
    [
        'eval "$(ssh-agent -s)"',
        'eval "$(direnv hook bash)"',
        "eval $(minikube docker-env)",
        'bash -c \'ls "$1"\' x "$NAME"',
        "bash -c 'echo $HOME'",
        "jq -r eval f",
        "redis-cli eval 'return 1' 0",
        'bash x.sh "$NAME"',
    ],
)
def test_what_is_written_there_is_not(command: str) -> None:
    assert not finds(rule, command)


def test_a_value_within_a_text_for_a_shell_is_mentioned_for_information() -> None:
    assert [one.severity for one in of(rule, 'bash -c "rm $NAME"')] == ["info"]
    assert [one.severity for one in of(rule, "eval 'ls -l'")] == ["info"]

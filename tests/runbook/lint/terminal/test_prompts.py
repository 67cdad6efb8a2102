"""Programs that ask by some of their options."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.lint.terminal.prompts import PROMPTS


@pytest.mark.parametrize(
    ("command", "asks"),
    [
        ("git rebase -i HEAD~3", "opens an editor"),
        ("GIT_EDITOR=true git rebase -i HEAD~3", None),
        ("git commit -am x", None),
        ("git commit", "opens an editor"),
        ("git add -p", "asks for every change"),
        ("rm -i a", "asks at a terminal (-i)"),
        ("yes | rm -i a", None),
        ("rm -rf a", None),
        ("read -r answer", "waits for somebody to type"),
        ('read -r a <<< "$B"', None),
        ("gcloud sql instances delete shop", "asks whether it may delete"),
        ("gcloud sql instances delete shop --quiet", None),
        ("az group delete --name shop --yes", None),
        ("ssh-keygen -t ed25519", "asks for the file and the passphrase"),
        ("ssh-keygen -t ed25519 -f k -N ''", None),
        ("ansible-playbook site.yml -K", "asks for a password (-K)"),
    ],
)
def test_it_asks_with_these_options_and_not_without(command: str, asks: str | None) -> None:
    call = calls(command)[-1]
    found = PROMPTS[call.name](call)
    assert (found.asks if found else None) == asks

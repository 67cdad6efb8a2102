"""Whether a text without a language is a command."""

from __future__ import annotations

import pytest

from fireline.runbook.language.commands import is_shell, seems_shell

COMMANDS = [
    "docker restart renderer",
    "sudo systemctl restart cups",
    "ssh -o BatchMode=yes idp-a systemctl is-active idp",
    "df -h | head",
    "kill <pid>",
    "for i in 1 2; do curl -s x.example.com; done",
    "docker compose up -d && docker compose logs",
    "service nginx restart",
    "find /var/log -name '*.gz'",
    "./restart.sh",
    "cd /srv/app\ngit pull",
]
WORDS = [
    "",
    "ls",
    "psql",
    "table_name",
    "config/flags.yml",
    "/etc/nginx/nginx.conf",
    "SELECT 1",
    "state = 'paid'",
    "GET /health",
    "DATABASE_URL",
    "find the culprit",
    "make sure that it works",
    "git is a tool",
    "kubectl get pods shows the state",
    "host unreachable",
    "node 3 down",
    "curl: (7) Failed to connect",
    "kubectl get pods\nNAME READY STATUS",
    "memberID:8630161756594109333 alarm:NOSPACE",
    "ERROR something bad",
]


@pytest.mark.parametrize("text", COMMANDS)
def test_known_programs_with_what_they_are_given_are_a_command(text: str) -> None:
    assert is_shell(text)


@pytest.mark.parametrize("text", WORDS)
def test_names_words_and_what_was_answered_are_none(text: str) -> None:
    assert not is_shell(text)


def test_a_program_that_nobody_knows_has_the_look_of_a_command_with_options_or_paths() -> None:
    assert seems_shell("# first\nbillctl queue --env prod\n./own/tool --all")
    assert not seems_shell("ERROR: no space left")
    assert not seems_shell("billctl queue")
    assert not seems_shell("")


def test_a_long_text_is_looked_at_no_further() -> None:
    assert not is_shell("echo a b\n" * 1000)
    assert not seems_shell("tool " + "a " * 200_000 + "!")

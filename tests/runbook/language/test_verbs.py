"""Verbs that destroy, wherever in a command they stand."""

from __future__ import annotations

import pytest

from fireline.runbook.shell import destructive_words

DESTROYS = {
    "./scripts/backup-manager.sh restore x": ["restore"],
    "./restore.sh prod": ["restore"],
    "sudo rm -rf /x": ["rm"],
    "git push -f origin main": ["git push --force"],
    "git reset --hard": ["reset"],
    "kubectl delete pod x": ["delete"],
    "psql -c 'DROP TABLE x'": ["DROP TABLE"],
    "psql <<EOF\nDELETE FROM x;\nEOF": ["DELETE FROM"],
    "gunzip -c a.gz | psql db": ["| psql"],
    "ssh host 'rm -rf /x'": ["rm"],
    "find . -name x -delete": ["delete"],
    "eas update:delete": ["delete"],
    "heroku pg:reset": ["reset"],
    "aws ec2 terminate-instances": ["terminate"],
    "aws s3 rb s3://x": ["rb"],
    "pg_restore -d x y": ["pg_restore"],
    "dropdb x && createdb x": ["dropdb"],
    "dd if=/dev/zero of=/dev/sda": ["dd of="],
    "docker compose down -v": ["down --volumes"],
    "supabase stop --no-backup": ["--no-backup"],
    "for f in *; do shred $f; done": ["shred"],
    "echo $(dropdb x)": ["dropdb"],
    "rm 'unclosed": ["rm"],
}
HARMLESS = [
    "supabase stop && supabase start",
    "eas update:rollback",
    "docker run --rm image",
    "grep delete app.log | wc -l",
    "cat restore.log",
    "git commit -m 'update the form'",
    "psql -c 'SELECT 1'",
    "docker inspect --format x",
    "systemctl restart app",
]


@pytest.mark.parametrize(("command", "words"), DESTROYS.items())
def test_known_destructive_words_are_found(command: str, words: list[str]) -> None:
    assert destructive_words(command) == words


@pytest.mark.parametrize("command", HARMLESS)
def test_reading_and_restarting_is_not_called_destructive(command: str) -> None:
    assert destructive_words(command) == []


def test_what_is_too_long_counts_as_destructive() -> None:
    assert destructive_words("ls;" * 20_000) == ["more than can be looked into"]

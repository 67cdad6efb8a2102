"""A program that runs another one is seen through."""

from __future__ import annotations

import pytest

from tests.runbook.lint.shell.calling import one, texts


@pytest.mark.parametrize(
    ("command", "name", "words", "through"),
    [
        ("sudo -u postgres psql -l", "psql", ["-l"], ["sudo"]),
        ("sudo -iu postgres psql", "psql", [], ["sudo"]),
        ("sudo -H -- rm -rf x", "rm", ["-rf", "x"], ["sudo"]),
        ("sudo -i", "sudo", ["-i"], []),
        ("sudo -l", "sudo", ["-l"], []),
        ("sudo -v", "sudo", ["-v"], []),
        ("env -i A=1 B=2 psql", "psql", [], ["env"]),
        ("env", "env", [], []),
        ("time pg_dump a", "pg_dump", ["a"], ["time"]),
        ("nice -n 10 ionice -c2 -n7 pg_dump a", "pg_dump", ["a"], ["nice", "ionice"]),
        ("timeout -k 5 30s psql -c x", "psql", ["-c", "x"], ["timeout"]),
        ('timeout "$LIMIT" psql', "psql", [], ["timeout"]),
        ("command -v psql", "command", ["-v", "psql"], []),
        ("command psql", "psql", [], ["command"]),
        ("npx -y eas-cli@latest update", "eas", ["update"], ["npx"]),
        ("npx @sentry/cli@2.1.0 info", "sentry-cli", ["info"], ["npx"]),
        ("npx prisma migrate deploy", "prisma", ["migrate", "deploy"], ["npx"]),
        ("pnpm dlx vercel rollback", "vercel", ["rollback"], ["pnpm"]),
        ("pnpm install", "pnpm", ["install"], []),
        ("npm exec -- supabase start", "supabase", ["start"], ["npm"]),
        ("bundle exec rails console", "rails", ["console"], ["bundle"]),
        ("aws-vault exec prod -- aws s3 ls", "aws", ["s3", "ls"], ["aws-vault"]),
        ("nohup setsid ./run.sh a", "run.sh", ["a"], ["nohup", "setsid"]),
        ("uv run --with psycopg python x.py", "python", ["x.py"], ["uv"]),
        ("gosu postgres pg_ctl stop", "pg_ctl", ["stop"], ["gosu"]),
    ],
)
def test_runners_are_unwrapped(command: str, name: str, words: list[str], through: list[str]) -> None:
    call = one(command)
    assert (call.name, texts(call), list(call.through)) == (name, words, through)

"""Which calls lose data for good."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.losing.calls import begins, given_to, loses
from fireline.runbook.lint.shell.calls import calls


@pytest.mark.parametrize(
    "command",
    [
        "dropdb shop",
        "rm -rf /var/lib/postgresql/16/main",
        'rm -rf "$PGDATA"/*',
        "find /srv/backups -mtime +7 -delete",
        "psql -c 'DROP TABLE users'",
        "psql <<'SQL'\nTRUNCATE users;\nSQL",
        "terraform destroy -auto-approve",
        "npx prisma migrate reset --force",
        "aws s3 rm s3://bucket/x --recursive",
        "kubectl delete namespace shop",
        "docker compose down -v",
        "redis-cli -h cache flushall",
        "git push --force origin main",
        'eval "redis-cli del $KEYS"',
        "curl -X DELETE https://search/index",
    ],
)
def test_a_loss_is_told(command: str) -> None:
    assert any(loses(call) for call in calls(command))


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf /tmp/build",
        "rm -f app.pid",
        "find /var/log -name '*.gz' -delete",
        "kubectl delete pod x",
        "docker system prune -f",
        "psql -c 'SELECT 1'",
        "psql -c 'DROP INDEX CONCURRENTLY i'",
        "aws s3 rm s3://bucket/x --recursive --dryrun",
        "redis-cli del lock:checkout",
        "git reset --hard origin/main",
        "terraform plan",
        "echo dropdb",
        "systemctl restart postgresql",
    ],
)
def test_what_comes_back_or_is_only_tried_is_no_loss(command: str) -> None:
    assert [why for call in calls(command) if (why := loses(call))] == []


def test_words_and_values_of_options_are_read() -> None:
    call = calls("aws s3 rm x -d shop --dbname=other")[0]
    assert begins(("s3", "rm"), call.plain)
    assert not begins(("rm",), call.plain)
    assert given_to(call, "-d", "--dbname") == ["shop"]

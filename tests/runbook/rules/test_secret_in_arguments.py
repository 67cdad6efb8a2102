from __future__ import annotations

import pytest

from fireline.runbook.rules.secret_in_arguments import rule
from tests.runbook.rules.shelling import finds, of


@pytest.mark.parametrize(
    "command",
    [
        "psql postgres://app:Tr0ub4dor@db.internal/shop -c 'select 1'",
        "psql 'postgresql://app:Tr0ub4dor@db.internal:5432/shop'",
        "PGPASSWORD=Tr0ub4dor psql -c 'select 1'",
        "export PGPASSWORD=Tr0ub4dor",
        "AWS_SECRET_ACCESS_KEY='abcDEF123' aws s3 ls",
        "sudo PGPASSWORD=Tr0ub4dor psql -c 'select 1'",
        "mysql -u root -pTr0ub4dor -e 'select 1'",
        "mysqldump --password=Tr0ub4dor shop",
        "redis-cli -a Tr0ub4dor info",
        "sshpass -p Tr0ub4dor ssh host",
        "curl -u admin:Tr0ub4dor https://example.com",
        'curl -H "Authorization: Bearer abc123def456" https://example.com',
        'curl -H "X-API-Key: abc123def456" https://example.com',
        "curl -H 'PRIVATE-TOKEN: abc123def456' https://example.com",
        "docker login -u ci -p Tr0ub4dor registry.example.com",
        "vercel deploy --token abc123def456",
        "supabase secrets set STRIPE_API_KEY=abc123def456",
        "curl -u sk_live_9f2Jx81KqLm0aZ: https://example.com",
        'ssh host "PGPASSWORD=Tr0ub4dor psql -c x"',
        "kubectl exec db-0 -- redis-cli -a Tr0ub4dor info",
        "echo ghp_abcdefghijklmnopqrstuvwx | gh auth login --with-token",
    ],
)
def test_a_literal_secret_is_an_error(command: str) -> None:
    assert [one.severity or rule.severity for one in of(rule, command)] == ["error"]


@pytest.mark.parametrize(
    "command",
    [
        'psql "$DATABASE_URL" -c "select 1"',
        'PGPASSWORD="$PASSWORD" psql -c "select 1"',
        "export TOKEN=$(vault kv get -field=token secret/x)",
        'curl -H "Authorization: Bearer $TOKEN" https://example.com',
        "curl -H 'Authorization: Bearer <token>' https://example.com",
        "curl -H 'Authorization: Bearer YOUR_TOKEN' https://example.com",
        "curl -H @headers.txt https://example.com",
        "curl -u admin https://example.com",
        "curl --netrc-file f https://example.com",
        "psql postgres://app:<password>@db.internal/shop -c x",
        "psql postgres://postgres:postgres@localhost:54322/postgres -c x",
        "psql postgres://app@db.internal/shop -c x",
        "git clone https://example.com/a.git",
        "ssh git@example.com:22 ls",
        "PGPASSWORD=*** psql -c x",
        "SECRET_NAME=prod-db aws secretsmanager get-secret-value",
        "mysql --password -e x",
        "redis-cli --user app info",
        "kubectl get secret db-password -o yaml",
        "docker run -p 5432:5432 postgres",
        "docker login --password-stdin -u ci registry.example.com",
        "ps -p 123",
        "openssl s_client -connect example.com:443",
        "grep --token x f",
        "export TOKEN=",
        "curl -fsS 'https://example.com/a?b=c:d@e'",
    ],
)
def test_what_is_none_or_comes_from_elsewhere_is_not(command: str) -> None:
    assert not finds(rule, command)


@pytest.mark.parametrize(
    "command",
    [
        'mysqldump --password="$PW" shop',
        'curl -u "admin:$PW" https://example.com',
        'redis-cli -a "$PW" info',
        'psql "postgres://a:$PW@h/d"',
    ],
)
def test_a_variable_that_the_list_of_processes_shows_is_mentioned_for_information(command: str) -> None:
    assert [one.severity for one in of(rule, command)] == ["info"]


def test_the_secret_itself_is_never_repeated() -> None:
    [fault] = of(rule, "PGPASSWORD=Tr0ub4dor psql -c 'select 1'")
    assert "Tr0ub4dor" not in f"{fault.message} {fault.suggestion} {fault.evidence}"
    assert "change it" in fault.suggestion


def test_a_secret_stands_at_its_word_and_is_told_once() -> None:
    [fault] = of(rule, "curl -u admin:sk_live_9f2Jx81KqLm0aZ https://example.com")
    assert (fault.line, fault.column) == (5, 12)

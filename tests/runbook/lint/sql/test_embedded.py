"""What bash hands to psql is read as psql gets it, as far as bash adds nothing to it."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.sql.embedded import embedded


@pytest.mark.parametrize(
    ("command", "sql"),
    [
        ("psql -c 'SELECT 1'", ["SELECT 1"]),
        ('psql -tAc "SELECT \\"a\\" FROM t"', ['SELECT "a" FROM t']),
        ("psql shop -c'SELECT 1' --command='SELECT 2'", ["SELECT 1", "SELECT 2"]),
        ("psql <<< 'SELECT 1'", ["SELECT 1"]),
        ("psql -d shop <<'SQL'\nSELECT $1;\nSQL", ["SELECT $1;\n"]),
        ("echo 'SELECT 1' | psql", ["SELECT 1"]),
        ("sudo -u postgres psql -c 'SELECT 1'", ["SELECT 1"]),
        ("docker exec -it db psql -U app -c 'SELECT 1'", ["SELECT 1"]),
        ("kubectl exec db-0 -- psql -c 'SELECT 1'", ["SELECT 1"]),
        ("heroku pg:psql --app shop -c 'SELECT 1'", ["SELECT 1"]),
        ("heroku run -c 'SELECT 1'", []),
        ("psql -f fix.sql", []),
        ("psql -v c='SELECT 1' -d shop", []),
        ("grep -c 'SELECT 1' log", []),
        ("cat dump.sql | psql", []),
    ],
)
def test_the_sql_is_found(command: str, sql: list[str]) -> None:
    assert [one.sql for one in embedded(command)] == sql


def test_what_bash_puts_in_is_masked_and_marked() -> None:
    [one] = embedded('psql -c "SELECT * FROM t WHERE id = $ID AND a = \\$1"')
    assert one.open
    assert one.sql == "SELECT * FROM t WHERE id = xxx AND a = $1"


def test_variables_that_psql_is_given_are_known() -> None:
    [one] = embedded("psql -v id=7 --set=name=x -c 'SELECT 1'")
    assert one.variables == ("id", "name")

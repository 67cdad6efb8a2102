"""Whether the database that is there is the one that a text is for."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.database.aim import as_somebody, outside
from fireline.runbook.lint.sql.statements import Script
from tests.runbook.lint.named import Named
from tests.runbook.rules.saying import sql, subject_of


def script(text: str, language: str = "bash") -> Script:
    return subject_of(sql(text, language)).scripts[0]


@pytest.mark.parametrize(
    "command",
    [
        "psql -c 'SELECT 1 FROM orders'",
        "psql -d shop -c 'SELECT 1 FROM orders'",
        "psql -U app -h db shop -c 'SELECT 1 FROM orders'",
        "psql --dbname=main -c 'SELECT 1 FROM orders'",
        "psql -d 'host=db dbname=shop' -c 'SELECT 1 FROM orders'",
        "psql postgresql://app@db:5432/shop?sslmode=require -c 'SELECT 1 FROM orders'",
        "psql \"$DATABASE_URL\" -c 'SELECT 1 FROM orders'",
        "psql postgres -c 'SELECT 1 FROM pg_stat_activity'",
    ],
)
def test_what_names_this_database_or_none_is_for_it(command: str) -> None:
    assert outside(script(command), Named("main"), {"main"}) is None


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("psql -d audit -c 'SELECT 1 FROM orders'", "psql connects to the database audit"),
        ("psql postgresql://app@db/audit -c 'SELECT 1 FROM orders'", "psql connects to the database audit"),
        ("psql -d 'host=db dbname=audit' -c 'SELECT 1 FROM orders'", "psql connects to the database audit"),
        ("psql postgres -c 'SELECT 1 FROM orders'", "psql connects to the database postgres"),
        ("psql pgbouncer -c 'SHOW pools'", "psql connects to the database pgbouncer"),
        ('psql -c "SELECT $1 FROM orders"', "what bash puts into it is known only when it is run"),
    ],
)
def test_what_is_for_another_or_is_not_known_has_a_reason(command: str, why: str) -> None:
    assert outside(script(command), Named("main"), {"main"}) == why


def test_a_fence_that_goes_on_elsewhere_is_not_judged() -> None:
    assert (
        outside(script("\\c audit\n   SELECT 1;", "sql"), Named("main"), {"main"}) == "\\c audit is a command of psql"
    )


def test_as_whom_psql_runs_is_known_by_its_words() -> None:
    assert as_somebody(script("sudo -u postgres psql -c 'SELECT 1'"))
    assert as_somebody(script("psql -Uapp -c 'SELECT 1'"))
    assert not as_somebody(script("psql -c 'SELECT 1'"))
    assert not as_somebody(script("SELECT 1", "sql"))

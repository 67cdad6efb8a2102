"""What a role may not do on a real server."""

from __future__ import annotations

from dataclasses import replace

import psycopg

from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.runbook.lint.checking import of_text
from fireline.runbook.lint.database.patient import open_
from fireline.runbook.lint.world import World
from fireline.runbook.rules.missing_privilege import rule


def _found(target: Target, text: str) -> list[tuple[int, str]]:
    with open_(target) as patient:
        return [(one.line, one.suggestion) for one in of_text(text, world=World(target=patient), only=[rule.id])]


def test_what_the_role_may_not_read_is_found_and_granted_by_name(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        name = f"oncall_{conn.info.dbname}"
        conn.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    dsn = psycopg.conninfo.make_conninfo(target.dsn.reveal(), user=name, password="x")
    try:
        found = _found(replace(target, read_dsn=Secret(dsn)), rule.bad)
        assert [line for line, _ in found] == [5]
        assert f"GRANT SELECT ON pg_catalog.pg_authid TO {name};" in found[0][1]
        assert _found(replace(target, read_dsn=Secret(dsn)), rule.good) == []
    finally:
        with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
            conn.execute(f"DROP ROLE {name}")


def test_who_may_do_it_is_told_nothing(target: Target) -> None:
    assert _found(target, rule.bad) == []


def test_a_read_among_changes_is_done_by_the_role_that_changes(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        name = f"reader_{conn.info.dbname}"
        conn.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    dsn = psycopg.conninfo.make_conninfo(target.dsn.reveal(), user=name, password="x")
    page = "# Archive\n\n1. **Set it:**\n   ```sql\n{}   SELECT pg_reload_conf();\n   ```\n"
    try:
        reads = replace(target, read_dsn=Secret(dsn))
        assert _found(reads, page.format("   ALTER SYSTEM SET archive_timeout = '1min';\n")) == []
        assert [line for line, _ in _found(reads, page.format(""))] == [5]
    finally:
        with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
            conn.execute(f"DROP ROLE {name}")

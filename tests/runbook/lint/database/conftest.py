"""A database that is asked as a lint asks it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from fireline.postgres.connect import Target, connect
from fireline.runbook.lint.database.inquiry import Inquiry

SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, email text); CREATE VIEW mails AS SELECT email FROM users;
CREATE SCHEMA ops; CREATE TABLE ops.jobs (id int, state text);
CREATE FUNCTION clean() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM users; END $$;
CREATE FUNCTION outer_one() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM clean(); END $$;
CREATE FUNCTION freshen(name text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'ANALYZE ' || name; END $$;
CREATE FUNCTION looks() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM users); END $$;
CREATE FUNCTION steady() RETURNS int STABLE LANGUAGE sql AS $$ SELECT 1 $$;
"""


@pytest.fixture
def catalog(target: Target) -> Iterator[Inquiry]:
    """Asked by the owner of everything."""
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(SCHEMA)
    with connect(target, acting=False, autocommit=True) as conn:
        yield Inquiry(conn)


@pytest.fixture
def reading(target: Target, catalog: Inquiry) -> Iterator[Inquiry]:
    """Asked by a role that may read one column of a table, and no function of the team's own."""
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as owner:
        name = f"reader_{catalog.database}"
        owner.execute(f"CREATE ROLE {name} LOGIN".encode())
        owner.execute(f"GRANT SELECT (id) ON users TO {name}; REVOKE ALL ON FUNCTION looks() FROM public".encode())
        owner.execute(f"GRANT {name} TO CURRENT_USER".encode())
        try:
            with connect(target, acting=False, autocommit=True) as conn:
                conn.execute(f"SET ROLE {name}".encode())
                yield Inquiry(conn)
        finally:
            owner.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())

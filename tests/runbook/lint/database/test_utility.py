"""Statements that are never run are looked up name by name."""

from __future__ import annotations

import pytest
from postgast import parse, unwrap_node

from fireline.runbook.lint.database.inquiry import Inquiry
from fireline.runbook.lint.database.utility import lookup
from fireline.runbook.lint.world import Judged


def said(catalog: Inquiry, sql: str) -> Judged:
    return lookup(catalog, unwrap_node(parse(sql).stmts[0].stmt), sql)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("ALTER TABLE userz ADD COLUMN x int", 'relation "userz" does not exist'),
        ("ALTER TABLE users DROP COLUMN x", 'column "x" of relation "users" does not exist'),
        ("ALTER TABLE users OWNER TO nobody_here", 'role "nobody_here" does not exist'),
        ("CREATE INDEX ON users (emial)", 'column "emial" of relation "users" does not exist'),
        ("VACUUM users (emial)", 'column "emial" of relation "users" does not exist'),
        ("TRUNCATE users, userz", 'relation "userz" does not exist'),
        ("LOCK userz", 'relation "userz" does not exist'),
        ("REINDEX TABLE userz", 'relation "userz" does not exist'),
        ("DROP VIEW mailz", 'relation "mailz" does not exist'),
        ("DROP FUNCTION nope()", "function nope does not exist"),
        ("ALTER TABLE users RENAME COLUMN emial TO mail", 'column "emial" of relation "users" does not exist'),
        ("COPY users (emial) FROM STDIN", 'column "emial" of relation "users" does not exist'),
        ("GRANT nobody_here TO CURRENT_USER", 'role "nobody_here" does not exist'),
        ("ALTER ROLE nobody_here SET work_mem = '1MB'", 'role "nobody_here" does not exist'),
        ("SET wrk_mem = '1MB'", 'unrecognized configuration parameter "wrk_mem"'),
    ],
)
def test_what_is_not_there_is_told_in_the_words_of_the_server(catalog: Inquiry, sql: str, message: str) -> None:
    problem = said(catalog, sql).problem
    assert problem is not None
    assert problem.message == message


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE users ADD COLUMN x int, ALTER COLUMN x SET NOT NULL",
        "ALTER TABLE IF EXISTS userz DROP COLUMN x",
        "DROP TABLE IF EXISTS userz",
        "CREATE INDEX ON users (lower(email))",
        "SET my.own = 'x'",
        "RESET ALL",
        "COMMIT",
        "CREATE VIEW others AS SELECT id FROM users",
        "COPY (SELECT email FROM users) TO STDOUT",
    ],
)
def test_what_is_there_or_need_not_be_is_no_problem(catalog: Inquiry, sql: str) -> None:
    assert said(catalog, sql) == Judged()


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        (
            "CREATE TRIGGER t BEFORE INSERT ON users EXECUTE FUNCTION f()",
            "CREATE TRIG can not be tried without running it",
        ),
        ("DROP TYPE nope", "what it drops was not looked up"),
        ("COPY users FROM PROGRAM 'cat x'", "COPY … PROGRAM runs a command on the server"),
        ("COPY (SELECT 1 FROM userz) TO STDOUT", 'the query in it was refused: relation "userz" does not exist'),
        ("CREATE VIEW v AS SELECT 1 FROM userz", 'the query in it was refused: relation "userz" does not exist'),
    ],
)
def test_what_can_not_be_looked_up_is_unknown_with_a_reason(catalog: Inquiry, sql: str, why: str) -> None:
    assert said(catalog, sql) == Judged(unknown=why)

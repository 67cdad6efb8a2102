"""Plans of slow reads, asked of real servers and never carried out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fireline.assess.checks.indexes import Indexes
from fireline.assess.checks.indexes import read as read_indexes
from fireline.assess.checks.statements import Statement, Statements
from fireline.assess.checks.tables import Tables
from fireline.assess.checks.tables import read as read_tables
from fireline.assess.follow_ups.plans import Plans, check, read
from fireline.assess.snapshot import Server, Snapshot
from fireline.postgres.connect import Connection, Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN, complaining


def asked(conn: Connection, *texts: str) -> Snapshot:
    """A look in which these statements were slow."""
    number, database = conn.info.server_version, conn.info.dbname
    statements = tuple(
        Statement(n, 10, 5, "web", database, True, text, 20, 4000, rows=20, shared_hit=20_000)
        for n, text in enumerate(texts)
    )
    seen = Statements(NOTHING_SEEN.taken_at, statements, 4000)
    tables, indexes = read_tables(conn, NOTHING_SEEN), read_indexes(conn, NOTHING_SEEN)
    readings = {"statements": (seen,), "tables": (tables,), "indexes": (indexes,)}
    return complaining(
        replace(NOTHING_SEEN, server=Server("x", number, database, "r", False), readings=readings), "it is slow"
    )


@pytest.fixture
def large(target: Target, faults: Faults) -> Target:
    faults.owner.execute(
        "INSERT INTO orders SELECT generate_series(101, 20000); ALTER TABLE orders ADD note text; ANALYZE orders"
    )
    return target


def test_the_plan_of_a_statement_with_parameters_is_had_without_carrying_it_out(large: Target) -> None:
    text = "SELECT * FROM orders WHERE n = $1 AND note = $2 LIMIT $3"
    with connect(large) as conn:
        sofar = asked(conn, text)
        assert check.wanted
        assert check.wanted(sofar)
        found = read(conn, sofar)
    plan = found.of(text)
    assert plan, found.refused
    assert [(one.kind, one.table) for one in plan.nodes] == [("Seq Scan", "orders")]
    assert "Seq Scan on orders" in found.facts(text)[0].fact
    assert plan.spared is None


def test_the_index_that_is_missing_is_tried_where_hypopg_is(large: Target, faults: Faults) -> None:
    known = faults.owner.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'hypopg'").fetchall()
    if not known:
        pytest.skip("this server does not have the extension hypopg")
    faults.owner.execute("CREATE SCHEMA odd; CREATE EXTENSION hypopg SCHEMA odd")
    text = "SELECT * FROM orders WHERE note = $1"
    with connect(large) as conn:
        conn.read_only = True
        plan = read(conn, asked(conn, text)).of(text)
    assert plan
    assert plan.spared is not None
    assert plan.spared < plan.cost / 10


def test_what_is_not_proved_to_only_read_is_not_asked(large: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE FUNCTION own(int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1'")
    with connect(large) as conn:
        found = read(conn, asked(conn, "SELECT own(id) FROM orders WHERE n = $1"))
    assert found.plans == ()
    assert "volatile" in found.refused[0][1]


def test_a_lock_on_the_table_is_waited_for_a_moment_only(large: Target, faults: Faults) -> None:
    with connect(large) as conn:
        sofar = asked(conn, "SELECT * FROM orders WHERE n = $1", "SELECT * FROM orders WHERE note = $1")
        conn.rollback()
        conn.execute("SET lock_timeout = '100ms'")
        conn.commit()
        faults.idle("migration", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        found = read(conn, sofar)
    assert found.plans == ()
    assert len(found.refused) == 2


def test_nothing_slow_nothing_asked() -> None:
    assert check.wanted
    readings = {"tables": (Tables(),), "indexes": (Indexes(),)}
    assert not check.wanted(replace(NOTHING_SEEN, readings=readings))
    assert Plans().facts("SELECT 1") == ()

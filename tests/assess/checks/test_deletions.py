"""Statements that deleted rows, and what is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fireline.assess.checks.deletions import Deletions, check, deletion, read
from fireline.assess.checks.tables import Tables
from fireline.assess.checks.tables import read as read_tables
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN, complaining
from tests.assess.poor_role import poor
from tests.servers import count_now


def seen(target: Target) -> tuple[Tables, Deletions]:
    with connect(target, lock_timeout=timedelta(milliseconds=50)) as conn:
        tables = read_tables(conn, NOTHING_SEEN)
        conn.rollback()
        return tables, read(conn, replace(NOTHING_SEEN, readings={"tables": (tables,)}))


def test_who_deleted_how_much_is_read_and_what_is_left_is_counted(target: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE EXTENSION pg_stat_statements")
    faults.owner.execute("DELETE FROM public.orders WHERE id > 40")
    faults.owner.execute("TRUNCATE accounts")
    tables, found = seen(target)
    first, emptied = found.statements[0], found.statements[-1]
    if first.rows is None:
        first, emptied = emptied, first
    assert (first.user, first.rows, first.calls, first.whole) == ("postgres", 60, 1, False)
    assert (first.tables, first.per_call) == ((("public", "orders"),), 60)
    assert (emptied.rows, emptied.whole, emptied.tables) == (None, True, ((None, "accounts"),))
    left = {name: found.rows(one) for name in ("orders", "accounts") if (one := tables.named(name))}
    assert left == {"orders": 40, "accounts": 0}


def test_without_the_extension_the_statements_are_unknown_and_not_none(target: Target, faults: Faults) -> None:
    faults.owner.execute("DELETE FROM orders WHERE id > 40")
    count_now(faults.owner)
    tables, found = seen(target)
    orders = tables.named("orders")
    assert orders
    assert (found.statements, found.counted, found.rows(orders)) == ((), False, 40)


def test_what_is_locked_or_not_allowed_is_not_counted(target: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE EXTENSION pg_stat_statements")
    faults.owner.execute("DELETE FROM orders WHERE id > 40")
    with poor(target, faults) as few:
        assert seen(few)[1].left == {}
    faults.idle("migration", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    _, found = seen(target)
    assert (len(found.statements), found.left) == (1, {})


def test_a_text_is_read_for_the_tables_it_empties() -> None:
    one = deletion("web", 'TRUNCATE TABLE ONLY "Odd ""one", app.b RESTART IDENTITY', 2, 0)
    assert one
    assert one.tables == ((None, 'Odd "one'), ("app", "b"))
    whole = deletion("web", "delete from Orders", 2, 10)
    assert whole
    assert (whole.tables, whole.whole, whole.per_call) == (((None, "orders"),), True, 5)
    assert deletion("web", "SELECT 'truncate'", 1, 1) is None
    assert check.wanted is not None
    assert not check.wanted(NOTHING_SEEN)
    assert check.wanted(complaining(NOTHING_SEEN, "all orders are gone"))

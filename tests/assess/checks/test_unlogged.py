"""Unlogged tables and when the server came up."""

from __future__ import annotations

from fireline.assess.checks.unlogged import UnloggedTables, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN
from tests.assess.poor_role import poor
from tests.servers import count_now

CARTS = "CREATE UNLOGGED TABLE carts (id int); INSERT INTO carts SELECT generate_series(1, 500); DELETE FROM carts WHERE id <= 50"


def seen(target: Target) -> UnloggedTables:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def test_an_unlogged_table_is_read_with_what_is_remembered_and_what_is_there(target: Target, faults: Faults) -> None:
    assert seen(target).tables == ()
    faults.owner.execute(CARTS)
    faults.owner.execute("VACUUM ANALYZE carts")
    count_now(faults.owner)
    found = seen(target)
    (carts,) = found.tables
    assert (carts.schema, carts.name, carts.remembered, carts.inserted, carts.deleted) == (
        "public",
        "carts",
        450,
        500,
        50,
    )
    assert carts.size == carts.pages * 8192 > 0
    assert found.started is not None
    assert found.came_up is not None
    assert found.started <= found.came_up <= found.at


def test_a_table_never_analysed_remembers_nothing(target: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE UNLOGGED TABLE anew (id int)")
    (anew,) = seen(target).tables
    assert anew.remembered in (-1, 0)  # the second until 13, which does not tell them apart
    assert anew.size == 0


def test_it_is_read_behind_a_lock_and_its_size_is_unknown_with_few_rights(target: Target, faults: Faults) -> None:
    faults.owner.execute(CARTS)
    faults.idle("migration", "LOCK TABLE carts IN ACCESS EXCLUSIVE MODE")
    (carts,) = seen(target).tables
    assert carts.size
    with poor(target, faults) as few:
        found = seen(few)
    assert [(one.name, one.size) for one in found.tables] == [("carts", None)]
    assert found.came_up is None

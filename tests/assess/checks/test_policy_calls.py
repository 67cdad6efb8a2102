"""Functions that policies call for each row."""

from __future__ import annotations

from datetime import timedelta

from fireline.assess.checks.policy_calls import PolicyCalls, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN


def seen(target: Target) -> dict[str, PolicyCalls]:
    with connect(target, lock_timeout=timedelta(milliseconds=100)) as conn:
        return {one.name: one for one in read(conn, NOTHING_SEEN)}


def prepared(faults: Faults) -> None:
    for statement in (
        "CREATE FUNCTION me() RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN 1; END $$",
        "CREATE FUNCTION mine(int) RETURNS bool LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN true; END $$",
        "CREATE FUNCTION told() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1'",
        "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY every_row ON orders USING (n = me() AND mine(id) AND id = told())",
        "CREATE POLICY once ON orders USING (n = (SELECT me()))",
    ):
        faults.owner.execute(statement.encode())


def test_calls_in_a_subselect_do_not_count_and_columns_are_told(target: Target, faults: Faults) -> None:
    prepared(faults)
    found = seen(target)
    assert set(found) == {"every_row"}
    calls = {one.name: (one.bare, one.inlined) for one in found["every_row"].calls}
    assert calls == {"me": (True, False), "mine": (False, False), "told": (True, True)}
    assert found["every_row"].expression == "((n = me()) AND mine(id) AND (id = told()))"


def test_a_locked_table_leaves_out_the_words_alone(target: Target, faults: Faults) -> None:
    prepared(faults)
    faults.idle("migrate", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    found = seen(target)["every_row"]
    assert (found.expression, len(found.calls)) == (None, 3)

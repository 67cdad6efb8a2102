"""Who may see which rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fireline.assess.checks.policies import PUBLIC, Policies, Relation, Role, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN
from tests.assess.poor_role import poor


@pytest.fixture
def secured(target: Target, faults: Faults) -> Iterator[Target]:
    """Orders with two policies, a view over them, and a function that acts for its owner."""
    owner = faults.owner
    owner.execute(
        "CREATE ROLE pol_group; CREATE ROLE pol_web LOGIN NOINHERIT IN ROLE pol_group; CREATE ROLE pol_free BYPASSRLS"
    )
    try:
        owner.execute(
            "ALTER TABLE orders ENABLE ROW LEVEL SECURITY; ALTER TABLE orders FORCE ROW LEVEL SECURITY;"
            "CREATE POLICY all_rows ON orders FOR SELECT TO pol_web USING (true);"
            "CREATE POLICY mine ON orders AS RESTRICTIVE FOR UPDATE USING (n IN (SELECT id FROM accounts)) WITH CHECK (n > 0);"
            "CREATE VIEW shown AS SELECT * FROM orders; GRANT SELECT ON shown TO PUBLIC; GRANT SELECT, UPDATE ON orders TO pol_web;"
            "CREATE FUNCTION act(a int) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT a';"
            "REVOKE EXECUTE ON FUNCTION act FROM PUBLIC; GRANT EXECUTE ON FUNCTION act TO pol_group"
        )
        yield target
    finally:
        owner.execute("DROP OWNED BY pol_web, pol_group, pol_free")
        owner.execute("DROP ROLE pol_web; DROP ROLE pol_free; DROP ROLE pol_group")


def seen(target: Target) -> Policies:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def named(found: Policies, name: str) -> Relation:
    (one,) = [one for one in found.relations if one.name == name]
    return one


def test_a_policy_has_its_command_roles_and_whether_it_always_holds(secured: Target) -> None:
    orders = named(seen(secured), "orders")
    assert (orders.secured, orders.forced, orders.owner) == (True, True, "postgres")
    assert {role: set(had) for role, had in orders.grants.items()} == {"pol_web": {"SELECT", "UPDATE"}}
    every, mine = orders.policies
    assert (every.name, every.command, every.permissive, every.roles) == ("all_rows", "r", True, ("pol_web",))
    assert (every.using_always, every.check, every.reads) == (True, False, ())
    assert (mine.name, mine.command, mine.permissive, mine.roles) == ("mine", "w", False, (PUBLIC,))
    assert (mine.using_always, mine.check, mine.check_always) == (False, True, False)
    assert len(mine.reads) >= 1


def test_roles_views_and_functions_that_act_for_their_owner_are_read(secured: Target) -> None:
    found = seen(secured)
    assert found.roles["pol_web"] == Role("pol_web", login=True, inherits=False, member_of=("pol_group",))
    assert found.roles["pol_free"].bypasses
    assert found.roles["pg_monitor"].predefined
    shown = named(found, "shown")
    assert (shown.kind, shown.grants, shown.invoker) == ("v", {PUBLIC: ("SELECT",)}, False)
    assert [found.by_oid[oid].name for oid in shown.reads] == ["orders"]
    (act,) = found.functions
    assert (act.name, act.arguments, act.search_path, act.callers) == ("act", "a integer", "pg_catalog", ("pol_group",))
    assert found.whole


def test_all_of_it_is_read_behind_a_lock_and_with_few_rights(secured: Target, faults: Faults) -> None:
    holder = faults.open("migration")
    try:
        holder.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        with poor(secured, faults) as few:
            found = seen(few)
    finally:
        holder.rollback()
    assert [one.name for one in named(found, "orders").policies] == ["all_rows", "mine"]

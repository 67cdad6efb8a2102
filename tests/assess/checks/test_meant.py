"""What the names of a complaint stand for."""

from __future__ import annotations

from fireline.assess.checks.meant import check, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN, complaining


def test_relations_sequences_and_functions_are_found_by_name(target: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE SCHEMA aside")
    faults.owner.execute("CREATE TABLE aside.orders (id serial)")
    faults.owner.execute("CREATE FUNCTION orders() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    faults.owner.execute("GRANT SELECT, INSERT ON orders TO PUBLIC")
    with connect(target) as conn:
        found = read(conn, complaining(NOTHING_SEEN, 'relation "orders" does not exist; sequence orders_id_seq'))
    assert {(one.schema, one.name, one.kind) for one in found.things} == {
        ("aside", "orders", "r"), ("public", "orders", "r"), ("public", "orders", "function"), ("aside", "orders_id_seq", "S"),
    }  # fmt: skip
    assert [one.schema for one in found.called("aside.orders")] == ["aside"]
    public = next(one for one in found.things if one.schema == "public" and one.kind == "r")
    assert public.grants == {"PUBLIC": frozenset({"SELECT", "INSERT"})}


def test_it_is_asked_only_for_names() -> None:
    assert check.wanted
    assert not check.wanted(complaining(NOTHING_SEEN, "all is slow"))

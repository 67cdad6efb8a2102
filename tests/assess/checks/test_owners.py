"""Who owns how many tables."""

from __future__ import annotations

from fireline.assess.checks.owners import Owners, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN
from tests.assess.poor_role import poor


def seen(target: Target) -> Owners:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def test_owners_are_counted_with_partitioned_tables_and_without_views(target: Target, faults: Faults) -> None:
    owner = faults.owner
    assert seen(target) == Owners({"postgres": 2})
    owner.execute('CREATE ROLE "Owning Role"')
    try:
        owner.execute("CREATE VIEW few AS SELECT 1; CREATE TABLE parts (id int) PARTITION BY HASH (id)")
        owner.execute('ALTER TABLE orders OWNER TO "Owning Role"; ALTER TABLE parts OWNER TO "Owning Role"')
        assert seen(target) == Owners({"Owning Role": 2, "postgres": 1})
    finally:
        owner.execute('DROP OWNED BY "Owning Role" CASCADE')
        owner.execute('DROP ROLE "Owning Role"')


def test_tables_that_live_as_long_as_a_session_do_not_count(target: Target, faults: Faults) -> None:
    faults.open("report", autocommit=True).execute("CREATE TEMP TABLE passing (id int)")
    assert seen(target) == Owners({"postgres": 2})


def test_neither_a_lock_nor_few_rights_hide_an_owner(target: Target, faults: Faults) -> None:
    faults.idle("migration", "LOCK TABLE orders, accounts IN ACCESS EXCLUSIVE MODE")
    with poor(target, faults) as few:
        assert seen(few) == Owners({"postgres": 2})

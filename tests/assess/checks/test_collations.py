"""Collations that have changed, and what was sorted by them."""

from __future__ import annotations

from fireline.assess.checks.collations import Collations, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN
from tests.assess.poor_role import poor

# Collations that carry a version: PostgreSQL's own, from version 17 on, and those of ICU.
OWN, ICU = "provider = builtin, locale = 'C.UTF-8'", "provider = icu, locale = 'en'"


def collation(faults: Faults, name: str, column: str, *, version: str = "") -> None:
    """One collation, and an index that is sorted by it."""
    kind = OWN if faults.owner.info.server_version >= 170_000 else ICU
    more = f", version = '{version}'" if version else ""
    faults.owner.execute(f"CREATE COLLATION {name} ({kind}{more}); ALTER TABLE orders ADD {column} text".encode())
    faults.owner.execute(f"CREATE UNIQUE INDEX by_{column} ON orders ({column} COLLATE {name})".encode())


def seen(target: Target) -> Collations:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def test_a_collation_of_another_version_is_read_with_the_indexes_sorted_by_it(target: Target, faults: Faults) -> None:
    collation(faults, "stale", "name", version="0.9")
    found = seen(target)
    (one,) = found.changed
    assert (one.schema, one.name, one.recorded) == ("public", "stale", "0.9")
    assert one.provider in ("b", "i")
    assert one.actual not in ("", "0.9")
    (index,) = found.indexes
    assert (index.schema, index.name, index.table, index.unique, index.collations) == (
        "public",
        "by_name",
        "orders",
        True,
        (one.oid,),
    )


def test_a_collation_that_is_as_it_was_or_that_no_index_uses_is_no_matter(target: Target, faults: Faults) -> None:
    collation(faults, "fresh", "name")
    collation(faults, "unused", "plain", version="0.9")
    assert [one.name for one in seen(target).changed] == ["unused"]
    faults.owner.execute("DROP INDEX by_plain")
    assert seen(target) == Collations()


def test_neither_a_lock_on_the_table_nor_few_rights_hide_it(target: Target, faults: Faults) -> None:
    collation(faults, "stale", "name", version="0.9")
    faults.idle("migration", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    with poor(target, faults) as few:
        assert [one.name for one in seen(few).indexes] == ["by_name"]

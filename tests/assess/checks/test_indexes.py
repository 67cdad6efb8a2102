"""Indexes, the invalid ones first; what else they have is tested with the tables."""

from __future__ import annotations

import psycopg
import pytest

from fireline.assess.checks.indexes import Index, Indexes, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN
from tests.assess.poor_role import poor
from tests.servers import count_now


def seen(target: Target) -> Indexes:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def named(found: Indexes, name: str) -> Index:
    (one,) = [one for one in found.indexes if one.name == name]
    return one


def test_an_index_whose_building_failed_comes_first_and_is_not_usable(target: Target, faults: Faults) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        faults.owner.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON accounts (n)")
    found = seen(target)
    broken = found.indexes[0]
    assert (broken.path, broken.table_name, broken.unique, broken.valid) == ("public.broken", "accounts", True, False)
    assert not broken.usable
    assert not broken.building
    assert {one.name for one in found.of(broken.table)} == {"broken", "accounts_pkey"}


def test_an_index_knows_what_it_stands_for_and_whose_part_it_is(target: Target, faults: Faults) -> None:
    faults.owner.execute(
        "CREATE TABLE events (id int, CONSTRAINT one_of_each UNIQUE (id) DEFERRABLE) PARTITION BY HASH (id);"
        "CREATE TABLE events_1 PARTITION OF events FOR VALUES WITH (MODULUS 1, REMAINDER 0);"
        "CREATE INDEX by_hash ON orders USING hash (n); ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_pkey"
    )
    found = seen(target)
    whole, part = named(found, "one_of_each"), named(found, "events_1_id_key")
    assert (whole.kind, whole.constraint, whole.immediate, whole.parent) == ("I", "one_of_each", False, None)
    assert (part.kind, part.parent) == ("i", whole.oid)
    assert named(found, "by_hash").method == "hash"
    assert named(found, "orders_pkey").identity
    assert not named(found, "accounts_pkey").identity


def test_use_is_counted_and_neither_a_lock_nor_few_rights_hide_it(target: Target, faults: Faults) -> None:
    faults.owner.execute("SET enable_seqscan = off; SELECT n FROM orders WHERE id = 3")
    count_now(faults.owner)
    faults.idle("migration", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    with poor(target, faults) as few:
        found = seen(few)
    assert named(found, "orders_pkey").scans == 1
    assert named(found, "accounts_pkey").scans == 0

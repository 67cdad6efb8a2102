"""Partitioned tables and the bounds of their partitions."""

from __future__ import annotations

from datetime import timedelta

from fireline.assess.checks.partitions import Partitions, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN
from tests.assess.poor_role import poor

EVENTS = (
    "CREATE TABLE events (at timestamptz, n int) PARTITION BY RANGE (at, n);"
    "CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE, MINVALUE) TO ('2026-01-01 02:00+02', 5);"
    "CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2026-01-01 00:00+00', 5) TO ('2026-02-01 00:00+00', MAXVALUE)"
)


def seen(target: Target) -> Partitions:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def test_bounds_of_ranges_are_read_in_utc_and_without_a_limit_as_none(target: Target, faults: Faults) -> None:
    faults.owner.execute(f"ALTER DATABASE {faults.owner.info.dbname} SET TimeZone = 'Asia/Tokyo'".encode())
    faults.owner.execute(EVENTS)
    found = seen(target)
    (events,) = found.tables
    assert (events.path, events.strategy, events.columns, events.owner) == (
        "public.events",
        "r",
        ("at", "n"),
        "postgres",
    )
    assert events.types == ("timestamp with time zone", "integer")
    assert (events.has_default, events.partition, events.whole) == (False, False, True)
    new, old = events.parts
    assert (old.name, old.since, old.until) == ("events_old", (None, None), ("2026-01-01 00:00:00+00", "5"))
    assert (new.path, new.since) == ("public.events_new", ("2026-01-01 00:00:00+00", "5"))
    assert new.until == ("2026-02-01 00:00:00+00", None)
    assert found.local - found.at.replace(tzinfo=None) - timedelta(hours=9) < timedelta(seconds=1)


def test_lists_hashes_defaults_and_partitions_of_partitions_are_told_apart(target: Target, faults: Faults) -> None:
    faults.owner.execute(
        "CREATE TABLE shops (name text, id int) PARTITION BY LIST (name);"
        "CREATE TABLE shops_few PARTITION OF shops FOR VALUES IN ('it''s, me', NULL) PARTITION BY HASH ((id + 1));"
        "CREATE TABLE shops_even PARTITION OF shops_few FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
        "CREATE TABLE shops_rest PARTITION OF shops DEFAULT; INSERT INTO shops VALUES ('x', 1); ANALYZE shops_rest"
    )
    found = {one.name: one for one in seen(target).tables}
    shops, few = found["shops"], found["shops_few"]
    parts = {one.name: one for one in shops.parts}
    assert (shops.strategy, shops.has_default, shops.partition) == ("l", True, False)
    assert set(parts) == {"shops_few", "shops_rest"}
    assert (parts["shops_few"].values, parts["shops_few"].kind) == (("it's, me", None), "p")
    assert (parts["shops_rest"].bound, parts["shops_rest"].values, parts["shops_rest"].rows) == ("DEFAULT", (), 1)
    assert (few.strategy, few.partition, few.columns, few.types) == ("h", True, (None,), (None,))
    assert [one.name for one in few.parts] == ["shops_even"]


def test_bounds_are_read_behind_a_lock_and_with_few_rights(target: Target, faults: Faults) -> None:
    faults.owner.execute(EVENTS)
    faults.idle("migration", "LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
    with poor(target, faults) as few:
        (events,) = seen(few).tables
    assert {one.name for one in events.parts} == {"events_old", "events_new"}

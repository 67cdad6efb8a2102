"""What a look counts, and when."""

from __future__ import annotations

import psycopg
import pytest

from fireline.assess.checks.foreign_keys import ForeignKey, ForeignKeys
from fireline.assess.follow_ups import orphans
from fireline.assess.follow_ups.orphans import Orphans, blind, check
from fireline.assess.look import checks, look
from fireline.assess.orphan_rows import Counted
from fireline.assess.snapshot import Asked, Snapshot
from fireline.postgres.connect import Target
from tests.assess.judging import NOTHING_SEEN, asking
from tests.assess.keyed import run

NAMES = ("foreign_keys", "orphans")


def seen(target: Target, asked: Asked | None = None) -> Snapshot:
    return look(target, {name: one for name, one in checks().items() if one.name in NAMES}, asked=asked)


@pytest.fixture
def lines(target: Target) -> Target:
    run(
        target,
        "CREATE TABLE lines (order_id int CONSTRAINT bound REFERENCES orders)",
        "CREATE TABLE loose (account_id int)",
        "INSERT INTO lines VALUES (1), (500)",
        "INSERT INTO loose SELECT i FROM generate_series(1, 100) i",
        "INSERT INTO loose VALUES (900)",
    )
    return target


def test_without_a_complaint_or_a_suspicion_no_table_is_read(lines: Target) -> None:
    with psycopg.connect(lines.dsn.reveal()) as holder:
        holder.execute("LOCK TABLE lines, orders")
        found = seen(lines)
    assert found.last("orphans", Orphans) is None
    assert found.unknown == {}


def test_a_complaint_has_all_keys_counted_and_undeclared_ones_looked_for(lines: Target) -> None:
    reading = seen(lines, asking("orphaned lines")).last("orphans", Orphans)
    assert reading is not None
    assert [(one.key.name, one.orphans) for one in reading.counted] == [("bound", 1)]
    [(proposal, counted)] = reading.undeclared
    assert (proposal.key.child, counted.orphans) == ("public.loose", 1)
    deep = seen(lines, Asked(deep=True)).last("orphans", Orphans)
    assert deep is not None
    assert [one.orphans for one in deep.counted] == [1]


def test_a_suspicion_has_the_suspect_counted_alone(lines: Target) -> None:
    run(
        lines,
        "CREATE TABLE late (order_id int)",
        "INSERT INTO late VALUES (700)",
        "ALTER TABLE late ADD CONSTRAINT unproved FOREIGN KEY (order_id) REFERENCES orders NOT VALID",
    )
    reading = seen(lines).last("orphans", Orphans)
    assert reading is not None
    assert [(one.key.name, one.orphans) for one in reading.counted] == [("unproved", 1)]
    assert reading.undeclared == ()


def test_what_could_not_be_counted_is_unknown(lines: Target) -> None:
    with psycopg.connect(lines.dsn.reveal()) as holder:
        holder.execute("LOCK TABLE lines")
        found = seen(lines, asking("orphans"))
    assert (
        "could not count 1 of 1 foreign keys, such as bound on public.lines: somebody has locked the table"
        in found.unknown["orphans"]
    )


def test_a_named_or_suspicious_key_comes_before_others() -> None:
    keys = tuple(
        ForeignKey(n, f"k{n}", f"public.t{n}", "public.p", ("a",), ("id",), validated=n != 3) for n in (1, 2, 3)
    )
    sofar = Snapshot(
        "main",
        NOTHING_SEEN.taken_at,
        None,
        {"foreign_keys": (ForeignKeys(keys, (), 3),)},
        asked=asking("orphans in t2"),
    )
    ranked = sorted(
        keys, key=lambda one: orphans._risk(sofar.complaint, one, {key.oid for key in orphans._suspects(sofar)})
    )
    assert [one.name for one in ranked] == ["k3", "k2", "k1"]
    assert check.wanted is not None
    assert check.wanted(sofar)


def test_when_there_is_no_time_left_that_is_said() -> None:
    key = ForeignKey(1, "k", "public.t", "public.p", ("a",), ("id",))
    assert blind(Orphans((Counted(key, 0),))) is None
    assert blind(Orphans((Counted(key, 0),), because="x")) == "could not look for undeclared keys: x"

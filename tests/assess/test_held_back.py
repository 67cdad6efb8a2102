"""What keeps dead rows from being removed."""

from __future__ import annotations

import pytest

from fireline.assess import held_back
from fireline.assess.checks.horizon import Dead
from tests.assess.judging import complaining
from tests.assess.kept import ago, bloated, holder, horizon
from tests.assess.readings import database, settings, snapshot

CATALOG = Dead("pg_attribute", 3000, 40_000, ago(10))


def test_holders_are_told_by_kind_and_those_of_other_databases_left_out() -> None:
    seen = snapshot(horizon(holder("session"), holder("slot"), holder("prepared", database="other")))
    assert [one.name for one in held_back.holders(seen, "session")] == ["41"]
    assert [one.name for one in held_back.holders(seen, "slot")] == ["cdc"]
    assert held_back.holders(seen, "prepared") == held_back.holders(snapshot(), "slot") == []


def test_a_physical_slot_in_use_is_its_standbys() -> None:
    seen = snapshot(horizon(holder("slot", type="physical", state="active", database=None)))
    assert (len(held_back.holders(seen, "standby")), held_back.holders(seen, "slot")) == (1, [])


def test_a_transaction_of_a_moment_and_autovacuum_hold_nothing_back() -> None:
    assert held_back.holders(snapshot(horizon(holder("session", since=ago(0.5)))), "session") == []
    assert held_back.holders(snapshot(horizon(holder("session", type="autovacuum worker"))), "session") == []


@pytest.mark.parametrize(
    ("dead", "live", "vacuumed", "there"),
    [
        (2000, 10_000, 60, True),
        (1999, 10_000, 60, False),
        (999, 10, 60, False),
        (5000, 10, None, False),
        (5000, 10, 300, False),
    ],
    ids=["a fifth", "less", "few", "never vacuumed", "vacuumed before it was held"],
)
def test_rows_are_kept_when_a_later_vacuum_left_many(dead: int, live: int, vacuumed: float | None, there: bool) -> None:
    seen = snapshot(bloated(dead, live, vacuumed))
    assert [one.name for one in held_back.kept(seen, ago(240))] == (['public."Orders"'] if there else [])


def test_a_logical_slot_keeps_rows_of_catalogs_alone_and_one_with_an_xmin_of_all() -> None:
    seen = snapshot(horizon(catalogs=[CATALOG]), bloated())
    assert [one.name for one in held_back.slot_keeps(seen, holder("slot"))] == ["pg_attribute"]
    both = held_back.slot_keeps(seen, holder("slot", age=5000))
    assert [one.name for one in both] == ['public."Orders"', "pg_attribute"]
    assert (held_back.severity(both), held_back.severity(held_back.kept(snapshot(), None))) == ("high", "medium")


def test_who_presses_the_freeze_limit_is_the_oldest_holder_once_it_is_reached_or_asked_about() -> None:
    limit = ("settings", settings(autovacuum_freeze_max_age=1_000_000))
    old = holder("session", age=900_000)
    at = snapshot(limit, horizon(old, holder("slot")), ("databases", database(frozen_age=1_000_000)))
    near = snapshot(limit, horizon(old), ("databases", database(frozen_age=600_000)))
    assert held_back.pressed(at) == old
    assert held_back.pressed(near) is None
    assert held_back.pressed(complaining(near, "transaction ID wraparound")) == old
    young = snapshot(limit, horizon(holder("session")), ("databases", database(frozen_age=1_000_000)))
    assert held_back.pressed(young) is None


def test_each_other_holder_is_ruled_out_by_its_age() -> None:
    mine = holder("session", age=5000)
    seen = snapshot(horizon(mine, holder("slot", catalog_age=10), holder("prepared", age=6000)))
    told = {one.cause: one.because for one in held_back.twins(seen, mine, "session")}
    assert told == {
        "xmin_held_by_prepared": "it is not alone: a prepared transaction holds back 6000 transactions too",
        "xmin_held_by_slot": "the oldest replication slot holds back 10 transactions, this one 5000",
        "xmin_held_by_standby": "no standby holds back anything",
    }


def test_a_vacuum_against_wraparound_is_no_complaint_of_dead_rows_while_a_holder_presses_the_limit_nor_is_a_log_that_grows() -> (
    None
):
    limit, old = ("settings", settings(autovacuum_freeze_max_age=1_000_000)), horizon(holder("session", age=900_000))
    pressed = snapshot(limit, old, ("databases", database(frozen_age=1_000_000)))
    said = "autovacuum (to prevent wraparound) runs again and again"
    assert not held_back.of_dead_rows(complaining(pressed, said))
    assert held_back.of_dead_rows(complaining(pressed, "the table grows though it is vacuumed"))
    assert held_back.of_dead_rows(complaining(snapshot(limit, old), said))
    assert not held_back.of_dead_rows(complaining(snapshot(), "pg_wal grows and grows"))

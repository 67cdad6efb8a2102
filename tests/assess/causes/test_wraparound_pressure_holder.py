"""Transaction ids run out because of one old holder."""

from __future__ import annotations

import pytest

from fireline.assess.causes.wraparound_pressure_holder import judge
from fireline.assess.checks.horizon import Holder, Old
from fireline.assess.snapshot import Snapshot
from tests.assess.judging import complaining
from tests.assess.kept import facts, holder, horizon, the, why_not
from tests.assess.readings import database, snapshot

OLD = Old(1, "orders", 210_000_000, 0, 500, temporary=False)
WARNING = 'WARNING:  database "app" must be vacuumed within 39985967 transactions'


def look(one: Holder, age: int = 210_000_000) -> Snapshot:
    return snapshot(horizon(one, old=[OLD]), ("databases", database(frozen_age=age)))


@pytest.mark.parametrize(
    ("kind", "sql", "level"),
    [
        ("session", "SELECT pg_terminate_backend(pid)", "reversible"),
        ("standby", "SELECT pg_terminate_backend(pid)", "reversible"),
        ("prepared", "ROLLBACK PREPARED 'tx-1'", "destructive"),
        ("slot", "SELECT pg_drop_replication_slot('cdc')", "destructive"),
    ],
)
def test_the_oldest_holder_is_named_whatever_it_is(kind: str, sql: str, level: str) -> None:
    field = "catalog_age" if kind == "slot" else "age"
    found = the(judge(look(holder(kind, **{field: 209_000_000}))))
    assert found.severity == "high"
    assert found.remedy.sql[0].startswith(sql)
    assert "VACUUM (FREEZE) orders" in found.remedy.sql
    assert found.remedy.level == level
    assert (found.remedy.command is not None) == (kind == "session")
    assert "autovacuum_freeze_max_age is 200000000" in facts(found)
    assert {
        "xmin_held_by_session",
        "xmin_held_by_prepared",
        "xmin_held_by_slot",
        "autovacuum_disabled_table",
    } <= why_not(found).keys()


def test_near_the_end_it_is_critical() -> None:
    assert the(judge(look(holder("session", age=1_900_000_000), 2_000_000_000))).severity == "critical"


def test_an_old_database_without_an_old_holder_and_an_old_holder_without_an_old_database_are_silent() -> None:
    assert judge(look(holder("session", age=5000))) == ()
    assert judge(look(holder("session", age=100_000_000), 110_000_000)) == ()
    assert judge(complaining(look(holder("session", age=5000)), WARNING)) == ()
    assert judge(snapshot(horizon(), ("databases", database(frozen_age=210_000_000)))) == ()


def test_asked_half_the_limit_is_enough() -> None:
    assert the(judge(complaining(look(holder("session", age=100_000_000), 110_000_000), WARNING))).severity == "medium"

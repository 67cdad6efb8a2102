"""Indexes that could go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fireline.assess.causes.redundant_indexes import judge
from fireline.assess.checks.foreign_keys import ForeignKeys
from fireline.assess.checks.indexes import Index, Indexes
from fireline.assess.checks.tables import Column, Table
from tests.assess.given import look, statement, statements, tables
from tests.assess.refusals import facts, the

COLUMNS = tuple(Column(number, name, "integer", 4) for number, name in enumerate(("id", "a", "b", "c", "d"), start=1))
TABLE = Table(7, "public", "orders", inserted=5000, columns=COLUMNS)
KEY = Index(
    20,
    7,
    "public",
    "orders_pkey",
    "orders",
    unique=True,
    primary=True,
    keys=(1,),
    directions=(0,),
    constraint="orders_pkey",
    scans=9,
)
INSERT = statement("INSERT INTO orders (a) VALUES ($1)", calls=5000, mean_ms=1, rows=5000, wal_records=45_000)


def spare(oid: int, *keys: int, scans: int = 0, **more: Any) -> Index:
    return Index(
        oid,
        7,
        "public",
        f"i{oid}",
        "orders",
        keys=keys,
        directions=(0,) * len(keys),
        classes=("int4_ops",) * len(keys),
        scans=scans,
        **more,
    )


def seen(symptom: str, *indexes: Index, table: Table = TABLE) -> Any:
    return look(
        symptom,
        tables=tables(table),
        indexes=Indexes((KEY, *indexes)),
        foreign_keys=ForeignKeys(()),
        statements=statements(INSERT),
    )


UNUSED = tuple(spare(30 + number, number) for number in (2, 3, 4, 5))


def test_many_unused_indexes_of_a_busy_table_are_named_with_the_way_back() -> None:
    found = the(judge(seen("inserts are slow", *UNUSED)))
    assert found.severity == "high"
    assert found.remedy.sql[0] == "DROP INDEX CONCURRENTLY public.i32"
    assert found.remedy.undo[0] == "CREATE INDEX CONCURRENTLY i32 ON public.orders USING btree (a int4_ops)"
    assert "9.0 records of log a row" in facts(found)
    assert "slow_trigger" in {one.cause for one in found.rejected}


def test_one_that_another_covers_could_go_though_it_is_read() -> None:
    covered = [
        spare(40, 2, scans=900),
        spare(41, 2, 3, scans=900),
        spare(42, 2, 3, 4, scans=900),
        spare(43, 2, 3, 4, 5, scans=900),
    ]
    found = the(judge(seen("inserts are slow", *covered)))
    assert found.objects == ("public.i40", "public.i41", "public.i42")


def test_of_two_alike_only_the_newer_goes_and_constraints_stay() -> None:
    alike = [
        spare(50, 2, scans=5),
        spare(51, 2, scans=5),
        spare(52, 3, scans=5),
        spare(53, 3, scans=5),
        spare(54, 4, scans=5),
        spare(55, 4, scans=5),
    ]
    assert the(judge(seen("inserts are slow", *alike))).objects == ("public.i51", "public.i53", "public.i55")
    kept = [replace(one, unique=True) for one in UNUSED]
    assert judge(seen("inserts are slow", *kept)) == ()


def test_an_unused_index_or_two_and_a_quiet_table_are_silent() -> None:
    assert judge(seen("inserts are slow", *UNUSED[:2])) == ()
    assert judge(seen("inserts are slow", *UNUSED, table=replace(TABLE, inserted=3))) == ()
    assert judge(seen("", *UNUSED)) == ()


def test_nobody_complaining_it_is_housekeeping() -> None:
    assert the(judge(seen("", *UNUSED, spare(60, 2, 5), spare(61, 5, 4)))).severity == "low"

"""Rows that no partition takes, on built snapshots."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from fireline.assess.causes.partition_missing import judge
from fireline.assess.checks.partitions import Part, Partitioned, Partitions
from fireline.assess.snapshot import Snapshot
from tests.assess.judging import complaining
from tests.assess.kept import facts, the, why_not
from tests.assess.readings import AT, snapshot

DATE = "date"


def part(name: str, since: str, until: str, **changed: Any) -> Part:
    return replace(Part(1, "public", name, "", 500, 500, since=(since,), until=(until,)), **changed)


JANUARY = part("events_2026_01", "2026-01-01", "2026-02-01")
FEBRUARY = part("events_2026_02", "2026-02-01", "2026-03-01")
MARCH = part("events_2026_03", "2026-03-01", "2026-04-01")
EVENTS = Partitioned(9, "public", "events", "r", ("day",), (DATE,), "owner", parts=(FEBRUARY, JANUARY))
TODAY = 'no partition of relation "events" found for row\nDETAIL:  Partition key of the failing row contains (day) = (2026-03-01).'


def seen(*tables: Partitioned) -> Snapshot:
    return snapshot(("partitions", Partitions(AT, AT.replace(tzinfo=None), tables)))


def test_a_table_whose_last_partition_has_ended_is_named_with_the_one_to_make() -> None:
    found = the(judge(seen(EVENTS)))
    assert found.title == "Table public.events has no partition for the rows that come now."
    assert (found.severity, found.objects) == ("critical", ("public.events",))
    assert "takes day = '2026-03-01'; the last before it, events_2026_02, ends at 2026-03-01" in facts(found)
    create, owner, attach = found.remedy.sql
    assert create.startswith("CREATE TABLE public.events_2026_03 (LIKE public.events INCLUDING DEFAULTS")
    assert owner == "ALTER TABLE public.events_2026_03 OWNER TO owner"
    assert attach.endswith("ATTACH PARTITION public.events_2026_03 FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')")
    assert found.remedy.undo == ("ALTER TABLE public.events DETACH PARTITION public.events_2026_03",)
    assert found.probe.expect == "rows >= 1"
    assert {"sequence_exhausted_int4", "mass_delete"} == why_not(found).keys()


def test_the_error_says_which_value_is_missing_also_of_the_past_and_of_a_list() -> None:
    past = complaining(seen(replace(EVENTS, parts=(MARCH, FEBRUARY))), TODAY.replace("2026-03-01", "2025-12-31"))
    assert "none of its 2 partitions comes before it" in facts(the(judge(past)))
    assert the(judge(past)).remedy.sql == (), "how wide it should be can not be known"
    shops = Partitioned(
        8,
        "public",
        "Sales",
        "l",
        ("shop",),
        ("text",),
        "owner",
        parts=(Part(2, "public", "sales_a", "", values=("a",)),),
    )
    said = 'no partition of relation "Sales" found for row\nDETAIL: Partition key of the failing row contains (shop) = (b).'
    found = the(judge(complaining(seen(shops, EVENTS), said)))
    assert found.objects == ("public.Sales",), "the error names the table"
    assert found.remedy.sql[2].endswith("ATTACH PARTITION public.\"Sales_b\" FOR VALUES IN ('b')")


def test_a_value_that_a_partition_takes_by_now_is_silent() -> None:
    whole = replace(EVENTS, parts=(MARCH, FEBRUARY, JANUARY))
    assert judge(complaining(seen(whole), TODAY)) == judge(seen(whole)) == ()
    assert judge(complaining(seen(replace(EVENTS, has_default=True)), TODAY)) == ()
    assert judge(complaining(seen(replace(EVENTS, whole=False)), TODAY)) == (), (
        "a partition that was not read may take it"
    )


def test_a_table_that_nobody_fills_any_more_is_named_only_when_somebody_asks() -> None:
    left = replace(EVENTS, parts=(part("events_2024_02", "2024-02-01", "2024-03-01"),))
    assert judge(seen(left)) == ()
    assert the(judge(complaining(seen(left), "partition missing for events")))
    unused = replace(EVENTS, parts=(replace(FEBRUARY, rows=0, inserted=0),))
    assert judge(seen(unused)) == ()


def test_a_hole_between_partitions_is_named() -> None:
    april = part("events_2026_04", "2026-04-01", "2026-05-01", rows=0, inserted=0)
    holed = replace(EVENTS, parts=(april, part("events_2025_12", "2025-12-01", "2026-01-01")))
    assert the(judge(seen(holed))).remedy.sql[2].endswith("FROM ('2026-03-01') TO ('2026-04-01')")


def test_numbers_lists_hashes_and_partitions_of_partitions_say_nothing_by_themselves() -> None:
    numbers = replace(EVENTS, types=("integer",), parts=(part("e_1", "0", "1000"),))
    assert judge(seen(numbers)) == ()
    said = 'no partition of relation "events" found for row\nDETAIL: Partition key of the failing row contains (day) = (2500).'
    assert "FROM (2000) TO (3000)" in the(judge(complaining(seen(numbers), said))).remedy.sql[2]
    assert judge(seen(replace(EVENTS, partition=True))) == ()
    assert judge(seen(replace(EVENTS, strategy="h"))) == ()


def test_a_moment_is_compared_in_the_zone_of_the_column() -> None:
    until = AT + timedelta(hours=1)
    zoned = replace(
        EVENTS, types=("timestamp with time zone",), parts=(part("e", "2026-02-01 00:00:00+00", until.isoformat()),)
    )
    assert judge(seen(zoned)) == ()
    ended = replace(zoned, parts=(part("e", "2026-02-01 00:00:00+00", (AT - timedelta(hours=1)).isoformat()),))
    assert the(judge(seen(ended)))

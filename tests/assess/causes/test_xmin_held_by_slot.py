"""A slot that keeps dead rows of the catalogs alive."""

from __future__ import annotations

from fireline.assess.causes.inactive_slot_retains_wal import judge as keeps_log
from fireline.assess.causes.xmin_held_by_slot import judge
from fireline.assess.checks.horizon import Dead
from tests.assess.judging import complaining
from tests.assess.kept import ago, bloated, facts, holder, horizon, the, why_not
from tests.assess.readings import snapshot, wal

CATALOG = Dead("pg_attribute", 3000, 40_000, ago(10))
LOG = ("wal", wal(name="cdc", kind="logical", retained=300 * 2**20, catalog_xmin_age=5000))


def test_a_bloated_catalog_names_the_slot_and_not_the_log_it_keeps() -> None:
    seen = snapshot(horizon(holder("slot"), catalogs=[CATALOG]), LOG)
    found = the(judge(seen))
    assert found.remedy.sql == ("SELECT pg_drop_replication_slot('cdc')", "VACUUM (ANALYZE) pg_attribute")
    assert "cdc (pgoutput) is inactive and holds back 5000 transactions of the catalogs" in facts(found)
    assert "it also keeps 300 MB of the log" in facts(found)
    assert {"autovacuum_disabled_table", "archiver_failing", "xmin_held_by_session"} <= why_not(found).keys()
    assert keeps_log(seen) == ()
    assert keeps_log(complaining(seen, "pg_wal grows"))


def test_a_logical_slot_is_not_to_blame_for_dead_rows_of_tables() -> None:
    assert judge(snapshot(horizon(holder("slot")), bloated())) == ()
    assert judge(snapshot(horizon(holder("slot", age=5000)), bloated()))


def test_an_unused_slot_alone_is_silent_until_somebody_asks_or_it_is_far_behind() -> None:
    alone = snapshot(horizon(holder("slot")))
    assert judge(alone) == ()
    assert judge(complaining(alone, "pg_attribute is bloated"))
    assert judge(snapshot(horizon(holder("slot", catalog_age=3_000_000))))


def test_a_slot_in_use_is_silent() -> None:
    used = snapshot(horizon(holder("slot", state="active"), catalogs=[CATALOG]))
    assert judge(complaining(used, "pg_attribute is bloated")) == ()

"""Damaged pages, on built snapshots."""

from __future__ import annotations

from typing import Any

from fireline.assess.causes.page_corruption import judge
from fireline.assess.checks.damage import Damage, Page
from fireline.assess.snapshot import Snapshot
from tests.assess.kept import ago, facts, the, why_not
from tests.assess.readings import database, snapshot

INVALID = 'invalid page in block 3 of relation "base/5/700"'


def page(**changed: Any) -> Page:
    known = {"oid": 700, "schema": "public", "name": "Orders", "kind": "r", "error": INVALID, "tried": True, "seen": "server log"}  # fmt: skip
    return Page("base/5/700", 3, **{**known, **changed})


def seen(*pages: Page, failures: int | None = None, **damage: Any) -> Snapshot:
    counted = database(checksum_failures=failures, checksum_failed_at=ago(60) if failures else None)
    return snapshot(("damage", Damage(pages, **damage)), ("databases", counted))


def test_a_table_whose_page_can_not_be_read_is_named_and_nothing_is_thrown_away() -> None:
    found = the(judge(seen(page())))
    assert found.title == "Pages of public.Orders are damaged on disk."
    assert (found.severity, found.confidence, found.objects) == ("critical", 0.98, ("public.Orders",))
    assert f"block 3 of table public.Orders, file base/5/700; reading it now: {INVALID}" in facts(found)
    assert (found.remedy.sql, found.remedy.level) == ((), "destructive")
    assert "Stop writing" in found.remedy.text
    assert found.probe.expect == "rows_there >= 0"
    assert """FROM public."Orders" WHERE ctid = ANY (ARRAY['(3,1)'::tid])""" in found.probe.sql
    assert {"index_missing_entries", "disk_full_tablespace"} == why_not(found).keys()


def test_an_index_alone_is_built_anew() -> None:
    found = the(judge(seen(page(name="orders_pkey", kind="i", of="orders", tried=False))))
    assert found.severity == "high"
    assert "block 3 of index public.orders_pkey of orders" in facts(found)
    assert found.remedy.sql == ("REINDEX INDEX CONCURRENTLY public.orders_pkey",)
    assert found.probe.sql.endswith("IN ((700, '700'))"), "a new index has another file"
    both = the(judge(seen(page(name="orders_pkey", kind="i"), page())))
    assert (both.severity, both.remedy.sql) == ("critical", ())


def test_a_page_that_can_be_read_again_is_silent() -> None:
    assert judge(seen(page(error=None))) == ()
    assert judge(seen(page(error=None), failures=2)) == (), "that page explains what was counted"


def test_a_page_that_could_not_be_tried_is_believed_unless_checksums_count_no_failure() -> None:
    untried = page(error=None, tried=False)
    assert the(judge(seen(untried))).confidence == 0.85
    assert "not read again" in facts(the(judge(seen(untried))))
    assert judge(seen(untried, failures=0)) == ()
    assert the(judge(seen(untried, failures=1)))
    assert judge(seen(page(error=None, tried=False, oid=None))) == (), "no relation has that file any more"


def test_failures_that_were_counted_are_told_when_no_page_is_known_and_not_when_a_search_met_none() -> None:
    found = the(judge(seen(failures=4)))
    assert (found.confidence, found.objects) == (0.75, ("a table or index of app",))
    assert "4 checksum failures were counted, the last at 2026-03-01 02:59:00 UTC" in facts(found)
    assert "checksum_failures > 0" in found.probe.sql
    assert judge(seen(failures=4, searched=9, whole=True)) == ()


def test_a_healthy_server_is_silent_also_when_somebody_fears_for_it() -> None:
    assert judge(seen(failures=0)) == judge(seen()) == judge(snapshot()) == ()

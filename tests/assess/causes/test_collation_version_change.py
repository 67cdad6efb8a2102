"""Sorting rules that have changed."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.collation_version_change import judge
from fireline.assess.checks.collations import DATABASE, Collation, Collations, Dependent
from tests.assess.given import look
from tests.assess.kept import facts, the, why_not

OWN = Collation(DATABASE, "pg_catalog", "default", "c", "2.36", "2.41")
GERMAN = Collation(900, "public", "german", "i", "153.1", "153.2")
INDEX = Dependent(60, "public", "users_name", "users", (DATABASE,), unique=True, rows=100.0)
SEEN = Collations((OWN,), (INDEX,), "shop")


def test_it_is_named_with_both_versions_and_the_indexes_to_build_anew() -> None:
    found = the(judge(look(collations=SEEN)))
    assert "database shop: recorded version 2.36, the system has 2.41" in facts(found)
    assert "1 index is sorted by it: public.users_name" in facts(found)
    assert found.remedy.sql == (
        "REINDEX INDEX CONCURRENTLY public.users_name", "ALTER DATABASE shop REFRESH COLLATION VERSION",
    )  # fmt: skip
    assert "datcollversion <> pg_database_collation_actual_version(oid)" in found.probe.sql
    assert why_not(found).keys() == {"index_missing_entries", "page_corruption"}


def test_a_collation_of_its_own_is_refreshed_and_probed_by_itself() -> None:
    found = the(judge(look(collations=Collations((GERMAN,), (replace(INDEX, collations=(900,)),), "shop"))))
    assert found.remedy.sql[-1] == "ALTER COLLATION public.german REFRESH VERSION"
    assert "oid IN (900)" in found.probe.sql
    assert "pg_database" not in found.probe.sql


def test_nothing_changed_is_silent_and_so_is_a_change_that_nothing_is_sorted_by() -> None:
    unused = replace(SEEN, indexes=())
    assert judge(look("the index is corrupt", collations=Collations())) == ()
    assert judge(look(collations=unused)) == ()
    assert the(judge(look("the index is corrupt", collations=unused))).confidence == 0.6


def test_a_complaint_about_it_or_about_its_table_makes_it_grave() -> None:
    assert the(judge(look(collations=SEEN))).severity == "medium"
    assert the(judge(look("rows are sorted wrong", collations=SEEN))).severity == "high"
    assert the(judge(look("rows of users are missing", collations=SEEN))).severity == "high"

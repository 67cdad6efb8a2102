"""What a version has, by what real servers said of themselves."""

from __future__ import annotations

from fireline.runbook.lint.catalog.versions import NEWEST, OLDEST, Fact, facts, relations, type_of


def test_a_version_beyond_those_that_were_asked_is_like_the_nearest() -> None:
    old, new = Fact("column", "a.b", "text", OLDEST, 12), Fact("column", "a.c", "text", 13, NEWEST)
    assert [old.holds(major) for major in (OLDEST - 1, 12, 13, NEWEST + 1)] == [True, True, False, False]
    assert [new.holds(major) for major in (OLDEST - 1, 12, 13, NEWEST + 1)] == [False, False, True, True]


def test_every_fact_is_of_a_time_within_those_that_were_asked() -> None:
    assert all(OLDEST <= one.since <= one.until <= NEWEST for one in facts())
    assert {one.what for one in facts()} == {"column", "function", "setting"}


def test_a_view_has_its_columns_with_their_types() -> None:
    assert "granted" in relations()["pg_locks"]
    assert type_of("pg_locks", "granted") == type_of("pg_locks", "granted", 15) == "boolean"
    assert type_of("pg_stat_statements", "total_time", 18) == "double precision"  # gone: as it was last
    assert type_of("pg_locks", "made_up") is None
    assert type_of("made_up", "granted") is None

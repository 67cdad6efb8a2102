"""Every change is what servers of ten versions said: the old name ends where it says, and the new one is there."""

from __future__ import annotations

import psycopg
import pytest

from fireline.postgres.connect import Target
from fireline.runbook.lint.catalog.renamed import COLUMNS, FUNCTIONS, RELATIONS, SETTINGS, Change
from fireline.runbook.lint.catalog.versions import NEWEST, OLDEST, facts, relations, type_of


@pytest.mark.parametrize("change", COLUMNS, ids=lambda one: one.old)
def test_a_column_ends_in_its_version_and_the_new_one_is_there(change: Change) -> None:
    relation, _, column = change.old.partition(".")
    known = relations()[relation]
    ends = {one.until + 1 for one in known.get(column, ())}
    assert ends == ({change.since} if change.since > OLDEST else set())
    assert change.new is None or min(one.since for one in known[change.new]) <= max(change.since, OLDEST)


@pytest.mark.parametrize("change", [*FUNCTIONS, *SETTINGS], ids=lambda one: one.old)
def test_a_function_or_setting_ends_in_its_version(change: Change) -> None:
    ends = {one.until + 1 for one in facts() if one.what != "column" and one.name == change.old}
    assert ends == ({change.since} if change.since > OLDEST else set())


def test_a_relation_is_gone_from_its_version_on() -> None:
    for change in RELATIONS:
        assert {one.until + 1 for columns in relations()[change.old].values() for one in columns} == {change.since}


def test_a_version_is_written_as_people_do() -> None:
    assert (Change("a", 9.6).version, Change("a", 13).version) == ("9.6", "13")


def test_the_newest_server_is_as_the_table_says(patient: Target) -> None:
    asked = "SELECT attname FROM pg_attribute WHERE attrelid = 'pg_stat_activity'::regclass AND attnum > 0"
    with psycopg.connect(patient.dsn.reveal()) as conn:
        there = {str(name) for (name,) in conn.execute(asked.encode())}
    known = relations()["pg_stat_activity"]
    assert {name for name, columns in known.items() if any(one.holds(NEWEST) for one in columns)} == there


def test_a_type_is_that_of_the_version() -> None:
    assert type_of("pg_stat_statements", "mean_exec_time") == "double precision"
    assert type_of("pg_locks", "nothing") is None
    assert type_of("pg_stat_statements", "mean_time", 12) == "double precision"

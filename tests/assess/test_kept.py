"""What is kept of a look: the same statement is the same on every version, and what plans depend on is bounded."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from fireline.assess import kept
from fireline.assess.checks.statements import read
from fireline.assess.snapshot import Snapshot
from fireline.postgres.connect import Target, connect
from tests.assess.given import base
from tests.assess.judging import NOTHING_SEEN
from tests.assess.slow_shop import BY_EMAIL, EMAIL, PRIMARY, look, override, statement

ASKED = (
    "SELECT id FROM parcels WHERE id IN (1, 2, 3, 4)",
    "SELECT id, note FROM parcels WHERE note = 'x' AND id > 7 ORDER BY id LIMIT 3",
    "INSERT INTO parcels (id, note) VALUES (5, 'a'), (6, 'b')",
    "UPDATE parcels SET note = upper(note) WHERE id = ANY (ARRAY[1, 2])",
    "SELECT count(*) FILTER (WHERE id > 2) FROM parcels p WHERE EXISTS (SELECT FROM parcels q WHERE q.id = p.id + 1)",
)


def marks(target: Target) -> set[str]:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE EXTENSION pg_stat_statements")
        conn.execute("SELECT pg_stat_statements_reset()")  # others' on this server cost more, and go first
        conn.execute("CREATE TABLE parcels (id int, note text)")
        for text in ASKED:
            conn.execute(text.encode())
        here = conn.info.dbname
    with connect(target) as conn:
        seen = read(conn, NOTHING_SEEN)
    return {kept.mark(one.text) for one in seen.statements if one.database == here and "parcels" in one.text}


@pytest.mark.debian15
def test_a_statement_has_one_mark_however_a_version_writes_its_constants(patient: Target, patient15: Target) -> None:
    new, old = marks(patient), marks(patient15)
    assert len(new) == len(ASKED) + 1  # the table was made, too
    assert new == old


def test_constants_make_no_difference_and_names_do() -> None:
    short = kept.mark("SELECT id FROM parcels WHERE id IN ($1 /*, ... */)")
    assert short == kept.mark("SELECT id FROM parcels WHERE id IN ($1, $2, $3)")
    assert short != kept.mark("SELECT id FROM orders WHERE id IN ($1, $2, $3)")
    assert kept.mark("SELECT cut off in the mi") != kept.mark("SELECT cut off in the mid")
    assert kept.mark("nothing that is SQL").startswith("text ")


def test_a_look_that_saw_no_statement_is_not_kept() -> None:
    assert kept.of(NOTHING_SEEN) is None


def test_what_plans_depend_on_is_kept_of_the_tables_that_statements_name() -> None:
    found = kept.of(look(statement(BY_EMAIL), indexes=(PRIMARY, EMAIL)))
    assert found is not None
    assert found.tables["public.orders"].pages == 1000
    assert "public.customers" not in found.tables
    assert [(one.name, one.columns, one.usable) for one in found.ground.indexes] == [
        ("orders_pkey", ("id",), True),
        ("orders_email_idx", ("email",), True),
    ]
    elsewhere = kept.of(look(statement(BY_EMAIL, database="other"), indexes=(PRIMARY, EMAIL)))
    assert elsewhere is not None
    assert (elsewhere.tables, elsewhere.ground.indexes) == ({}, ())
    assert len(elsewhere.counters) == 1


def test_only_settings_of_the_planner_are_kept_and_not_those_of_our_own_session() -> None:
    given = override("work_mem", "64kB", role="batch", database="app")
    values = {"jit": base("jit", "off", source="client"), "log_min_messages": base("log_min_messages", "panic")}
    found = kept.settings(look(settings=replace(given, values={**given.values, **values})))
    assert found == {"enable_indexscan": "on", "batch\tapp\twork_mem": "64kB"}
    assert kept.settings(Snapshot("main", NOTHING_SEEN.taken_at, None)) == {}


def test_of_what_the_check_cuts_off_no_index_is_kept_for_fear_of_missing_one() -> None:
    many = tuple(replace(EMAIL, oid=40_000 + number) for number in range(kept.ALL_INDEXES))
    found = kept.of(look(statement(BY_EMAIL), indexes=many))
    assert found is not None
    assert found.ground.indexes == ()

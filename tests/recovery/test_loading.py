"""A dump is loaded by several loaders: whatever is in it arrives, and the first fault ends them all."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fireline.contain.remedies.backup import remedy as backup
from fireline.errors import Refused
from fireline.postgres.connect import Target
from fireline.recovery import loading
from fireline.resolve.remedies.restore import remedy as restore
from fireline.store.connect import Store
from tests.recovery.place import Doer, databases, owner, settings_in
from tests.servers import PATIENTS

SEARCHED = (
    "CREATE TABLE pages (id int PRIMARY KEY, words tsvector, at point, tags text[])",
    "INSERT INTO pages SELECT i, to_tsvector('simple', 'page ' || i), point(i, i), ARRAY['t' || i % 7] FROM generate_series(1, 400) i",
    "CREATE INDEX ON pages USING gin (words)",
    "CREATE INDEX near ON pages USING gist (at)",
    "CREATE INDEX ON pages USING spgist (at)",
    "ALTER TABLE pages CLUSTER ON near",
    "COMMENT ON INDEX near IS 'where it is'",
    "CREATE TABLE reads (id bigint PRIMARY KEY, page int REFERENCES pages, at timestamptz)",
    "INSERT INTO reads SELECT i, 1 + i % 400, '2026-01-01' FROM generate_series(1, 900) i",
    "CREATE INDEX ON reads USING brin (at)",
    "CREATE TABLE parts (id int, tags text[]) PARTITION BY RANGE (id)",
    "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100)",
    "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (300)",
    "INSERT INTO parts SELECT i, ARRAY['t' || i] FROM generate_series(0, 299) i",
    "CREATE INDEX ON parts USING gin (tags)",
    "CREATE TABLE rooms (during int4range, EXCLUDE USING gist (during WITH &&))",
    "INSERT INTO rooms SELECT int4range(i, i + 1) FROM generate_series(1, 50) i",
    "CREATE MATERIALIZED VIEW found AS SELECT id, words FROM pages WHERE id < 50",
    "CREATE INDEX ON found USING gin (words)",
)  # fmt: skip
# Functions that work where the data is, and not where it is restored to.
ELSEWHERE = """CREATE FUNCTION {name}(n int) RETURNS {returns} IMMUTABLE LANGUAGE plpgsql AS
    $$ BEGIN IF current_database() <> '{database}' THEN {act}; END IF; RETURN {value}; END $$"""


def built(target: Target, *statements: str) -> None:
    with owner(target) as conn:
        for statement in statements:
            conn.execute(statement.encode())


def main_of(target: Target) -> str:
    with owner(target) as conn:
        return conn.info.dbname


@pytest.mark.parametrize("fixture", PATIENTS)
@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_indexes_of_every_kind_arrive_however_many_load(
    fixture: str, jobs: int, request: pytest.FixtureRequest, store: Store, tmp_path: Path
) -> None:
    target: Target = request.getfixturevalue(fixture)
    built(target, *SEARCHED)
    doer = Doer(target, store, settings_in(tmp_path, jobs=jobs))
    doer.do(backup)
    plan, done = doer.do(restore)
    with owner(target, plan.captured["beside"]) as conn:
        row = conn.execute(
            "SELECT indisclustered, obj_description(indexrelid) FROM pg_index WHERE indexrelid = 'near'::regclass"
        ).fetchone()
    doer.undo(restore, plan)
    assert [one["says"] for one in done.facts["differences"]] == []
    assert done.summary.startswith("PASS")
    assert row == (True, "where it is")


@pytest.mark.parametrize(("sleeps", "fails"), [("gin", "btree"), ("btree", "gin")])
def test_a_fault_of_one_loader_ends_the_other_and_its_words_are_the_ones_told(
    patient: Target, store: Store, tmp_path: Path, sleeps: str, fails: str
) -> None:
    name = main_of(patient)
    value = {"gin": ("int[]", "ARRAY[n]"), "btree": ("int", "n")}
    built(
        patient,
        "CREATE TABLE one AS SELECT generate_series(1, 9) AS n",
        "CREATE TABLE two AS SELECT generate_series(1, 9) AS n",
        *(
            ELSEWHERE.format(name=how, returns=value[how][0], value=value[how][1], database=name, act=act)
            for how, act in ((sleeps, "PERFORM pg_sleep(60)"), (fails, "RAISE 'not in this database'"))
        ),
        "CREATE INDEX ON one USING gin (gin(n))",
        "CREATE INDEX ON two USING btree (btree(n))",
    )
    doer = Doer(patient, store, settings_in(tmp_path, jobs=2))
    doer.do(backup)
    before, began = databases(patient), time.monotonic()
    with pytest.raises(Refused, match="not in this database"):
        doer.do(restore)
    assert time.monotonic() - began < 30  # half of what the other one would sleep for one row of nine
    assert databases(patient) == before


@pytest.mark.parametrize("jobs", [0, 1, 2, 64, 1000])
@pytest.mark.parametrize("here", [True, False])
def test_loaders_share_the_memory_and_each_has_enough_to_sort_with(jobs: int, here: bool) -> None:
    one = loading.memory_of(jobs, here=here)
    least = 64 << 20
    assert one >= least
    assert one == least or one * max(jobs, 1) <= 1 << 30

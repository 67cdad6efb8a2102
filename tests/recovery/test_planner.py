"""A database that was just loaded has statistics for every table."""

from __future__ import annotations

import pytest

from fireline.postgres.cancel import StatementFailed
from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.recovery import planner
from fireline.recovery.restoring import Place
from tests.recovery.place import owner
from tests.recovery.test_loading import built, main_of

TABLES = (
    "CREATE TABLE big AS SELECT n, md5(n::text) AS t FROM generate_series(1, 5000) n",
    'CREATE TABLE "Odd; one" AS SELECT n FROM generate_series(1, 900) n',
    "CREATE TABLE empty (n int)",
    "CREATE EXTENSION hstore",
)


def test_it_is_refused_to_analyze_when_that_was_cancelled(patient: Target) -> None:
    built(patient, *TABLES)
    watch = Watch()
    watch.cancel.cancel()
    with pytest.raises(StatementFailed, match="cancelled"):
        planner.analyze(Place(patient, main_of(patient), "t"), 2, watch)


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_table_has_its_statistics(patient: Target, jobs: int) -> None:
    built(
        patient,
        *TABLES,
        "CREATE TABLE parts (n int) PARTITION BY RANGE (n)",
        "CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (100)",
        "INSERT INTO parts SELECT generate_series(0, 99)",
        "CREATE MATERIALIZED VIEW seen AS SELECT * FROM big",
    )
    planner.analyze(Place(patient, main_of(patient), "t"), jobs, Watch())
    with owner(patient) as conn:
        named = {row[0] for row in conn.execute("SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'public'")}
    assert named == {"big", "Odd; one", "parts", "part", "seen"}


def test_only_a_superuser_may_send_autovacuum_away_sooner(patient: Target) -> None:
    with owner(patient) as conn:
        assert planner.impatient(conn) == {"deadlock_timeout": "50ms"}
        conn.execute("SET ROLE pg_monitor")
        assert planner.impatient(conn) == {}

"""Every version from 13 on: each check, view and function answers there as it does on the newest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from fireline.assess import functions
from fireline.assess.checked_keys import Checked
from fireline.assess.diagnose import diagnose
from fireline.assess.integrity import Progress, Wanted, examine
from fireline.assess.look import checks, look
from fireline.assess.score import DIMENSIONS
from fireline.assess.snapshot import Asked, Check, Snapshot
from fireline.assess.view import examine as viewed
from fireline.assess.view import named, views
from fireline.postgres.connect import Target
from fireline.redact import Secret
from tests import servers
from tests.assess.faults import Faults
from tests.servers import Patient

WATCHER = "version_watcher"
SCHEMA = """
CREATE TABLE orders (id int PRIMARY KEY, n int DEFAULT 0, note text);
CREATE TABLE lines (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id int CONSTRAINT bound REFERENCES orders, at date);
CREATE TABLE visits (at date NOT NULL, n int) PARTITION BY RANGE (at);
CREATE TABLE visits_new PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE visits_rest PARTITION OF visits DEFAULT;
CREATE UNLOGGED TABLE carts (id serial, body jsonb);
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON orders USING (note = current_setting('app.tenant', true));
CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tell BEFORE INSERT ON lines FOR EACH ROW EXECUTE FUNCTION told();
CREATE INDEX ON lines (order_id); CREATE INDEX ON orders (lower(note)) WHERE n > 0;
INSERT INTO orders (id) SELECT generate_series(1, 200);
INSERT INTO lines (order_id) SELECT generate_series(1, 200);
INSERT INTO visits SELECT '2026-06-01'::date + i, i FROM generate_series(1, 50) i;
CREATE EXTENSION pg_stat_statements; CREATE EXTENSION amcheck;
"""


@pytest.fixture(scope="module", params=servers.FURTHER)
def old(request: pytest.FixtureRequest, patient_servers: Callable[[int], Patient]) -> Iterator[Target]:
    """A small application on each version that the other tests do not run on."""
    with servers.database(patient_servers(request.param)) as url:
        yield filled(url)


@pytest.fixture(scope="module")
def newest(patient_servers: Callable[[int], Patient]) -> Iterator[Target]:
    """The same on the newest."""
    with servers.database(patient_servers(18)) as url:
        yield filled(url)


def filled(url: str) -> Target:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(SCHEMA.encode())
        conn.execute("ANALYZE")
        for _ in range(3):
            conn.execute("SELECT count(*) FROM lines WHERE order_id = 7")
    return Target("main", Secret(url))


def followed(target: Target, asked: Asked | None = None) -> Snapshot:
    """A look at everything there is, and whatever else would be read only when it is called for."""

    def always(check: Check) -> Check:
        return replace(check, wanted=lambda _: True) if check.wanted else check

    return look(target, {name: always(check) for name, check in checks().items()}, asked=asked or Asked(deep=True))


def watched(target: Target) -> Target:
    """The same as a member of pg_monitor."""
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        known = conn.execute("SELECT FROM pg_roles WHERE rolname = %s", [WATCHER]).fetchone()
        if known is None:
            conn.execute(f"CREATE ROLE {WATCHER} LOGIN PASSWORD 'watcher-pw-2210' IN ROLE pg_monitor".encode())
    return Target("main", Secret(make_conninfo(target.dsn.reveal(), user=WATCHER, password="watcher-pw-2210")))


def test_what_is_read_on_the_newest_is_read_here(old: Target, newest: Target) -> None:
    here, there = followed(old), followed(newest)
    assert set(here.readings) == set(there.readings)
    assert here.unknown == there.unknown


def test_a_member_of_pg_monitor_sees_what_it_sees_on_the_newest(old: Target, newest: Target) -> None:
    here, there = followed(watched(old)), followed(watched(newest))
    assert set(here.readings) == set(there.readings)
    assert set(here.unknown) <= set(there.unknown)


def test_each_view_is_shown_as_on_the_newest(old: Target, newest: Target) -> None:
    here, there = (viewed(target, named(None))["checks"] for target in (old, newest))
    assert [one["check"] for one in here] == [one["check"] for one in there]
    assert len(here) == len(views())
    assert {one["check"]: one["unknown"] for one in here} == {one["check"]: one["unknown"] for one in there}


def test_a_healthy_server_has_no_cause_and_the_full_score(old: Target, newest: Target) -> None:
    here, there = diagnose(old), diagnose(newest)
    assert here.causes == ()
    assert here.coverage == there.coverage
    assert {name: side.score for name, side in here.score.dimensions.items()} == {
        name: side.score for name, side in there.score.dimensions.items()
    }


def test_who_holds_the_others_up_is_named(old: Target) -> None:
    with Faults(old) as faults:
        faults.idle("worker", "UPDATE orders SET n = 1 WHERE id = 1")
        faults.waiting("web", "UPDATE orders SET n = 2 WHERE id = 1")
        root = diagnose(old).causes[0]
    assert root.cause == "idle_in_tx_row_lock"


def test_each_foreign_key_is_proved_row_by_row(old: Target) -> None:
    with psycopg.connect(old.dsn.reveal(), autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        conn.execute("INSERT INTO lines (order_id) VALUES (900)")
        found = examine(old, Wanted(deep=True), lambda database: Checked(None, database), Progress())
        conn.execute("DELETE FROM lines WHERE order_id = 900")
    assert found["unknown"] == []
    assert [(one["name"], one["state"], one["orphans"]) for one in found["foreign_keys"]] == [("bound", "orphans", 1)]


def test_the_functions_say_what_the_command_says_and_nothing_of_them_stays(old: Target) -> None:
    functions.install(old, public=True)
    with psycopg.connect(old.dsn.reveal(), autocommit=True, row_factory=dict_row) as conn:
        told = conn.execute("SELECT * FROM calculate_database_health_score()").fetchone()
        seen = diagnose(old)
        for call in ("detect_performance_bottlenecks()", "check_foreign_key_integrity()", "optimize_database()"):
            conn.execute(f"SELECT * FROM {call}".encode())
        functions.uninstall(old)
        left = conn.execute("SELECT FROM pg_namespace WHERE nspname = 'fireline'").fetchall()
    assert told is not None
    assert {name: told[f"{name}_score"] for name in DIMENSIONS} == {
        name: 100 if side.score is None else side.score for name, side in seen.score.dimensions.items()
    }
    assert told["coverage"] <= seen.coverage
    assert left == []

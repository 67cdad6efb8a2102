"""Tending a database: each kind of work on real servers, what stands in its way, and the way it gets out of everybody's."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fireline.errors import Refused, Usage
from fireline.postgres.cancel import Cancel
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.resolve.remedies.optimize import Optimize, remedy
from fireline.run import approve, halt, line
from fireline.run.advance import advance
from fireline.run.remedy import Outcome, Plan
from fireline.store.connect import Store
from tests.assess.faults import Faults
from tests.hand import hand
from tests.postgres.test_connect import _pooler as pooler
from tests.resolve.upkeep import place
from tests.resolve.upkeep.place import left_out, parts, planned, suggested
from tests.run.scene import ADA, Scene, action, step


def done(target: Target, plan: Plan) -> Outcome:
    """Carried out, well, and seen to be."""
    outcome = remedy.do(target, plan, hand())
    assert outcome.ok, outcome.summary
    assert remedy.verify(target, plan, hand()).ok is True
    json.dumps(outcome.facts, default=str)
    return outcome


def states(outcome: Outcome) -> dict[str, str]:
    return {part["what"]: part["state"] for part in outcome.facts["parts"]}


def test_a_table_without_statistics_is_analyzed(target: Target) -> None:
    place.stale(target, rows=900)
    plan = planned(target)
    assert plan.summary == "On main, one after another: analyze 1 table."
    assert plan.level == "reversible"
    part = parts(plan)["analyze public.orders"]
    assert part["why"] == "it has rows and no statistics at all"
    assert part["statement"] == "ANALYZE (SKIP_LOCKED) public.orders"
    assert place.value(target, "SELECT count(*) FROM pg_stats WHERE tablename = 'orders'") == 0
    outcome = done(target, plan)
    assert outcome.summary == "analyzed 1 table"
    assert outcome.facts["parts"][0]["changed"] == "900 changed rows → 0"
    assert place.value(target, "SELECT count(*) FROM pg_stats WHERE tablename = 'orders'") == 2
    assert planned(target).level == "read"


def test_a_partitioned_table_gets_statistics_of_its_own(target: Target) -> None:
    place.run(
        target,
        "CREATE TABLE visits (day int, who int) PARTITION BY RANGE (day)",
        "CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (0) TO (50) WITH (autovacuum_enabled = false)",
        "CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM (50) TO (100) WITH (autovacuum_enabled = false)",
        "INSERT INTO visits SELECT i % 100, i FROM generate_series(1, 800) AS i",
        "ANALYZE visits_1",
    )
    plan = planned(target)
    assert set(parts(plan)) == {"analyze public.visits", "analyze public.visits_2"}
    done(target, plan)
    assert place.value(target, "SELECT count(*) FROM pg_stats WHERE tablename = 'visits'") == 2
    assert planned(target).captured["parts"] == []


def test_a_table_over_its_own_trigger_is_vacuumed(target: Target) -> None:
    place.dead(target, '"Odd ""name"""')
    plan = planned(target)
    (part,) = plan.captured["parts"]
    assert part["statement"] == 'VACUUM (ANALYZE, SKIP_LOCKED, TRUNCATE false) public."Odd ""name"""'
    assert part["why"] == "1,800 dead rows beside 200 living, its own trigger is 90"
    assert part["gain"].startswith("their room, about 90% of the table, can be used again")
    outcome = done(target, plan)
    assert outcome.facts["parts"][0]["changed"] == "1,800 dead rows → 0"


def test_the_trigger_is_the_tables_own(target: Target) -> None:
    place.dead(target)
    place.run(target, "ALTER TABLE orders SET (autovacuum_vacuum_threshold = 5000)")
    plan = planned(target)
    assert plan.captured["parts"] == []
    assert plan.summary == "Nothing wants doing on main now."
    assert (plan.level, plan.effect) == ("read", "Nothing is changed.")
    assert remedy.do(target, plan, hand()).ok
    assert remedy.verify(target, plan, hand()).ok is True


def test_an_old_table_is_frozen(target: Target) -> None:
    place.stale(target)
    place.run(
        target,
        "VACUUM (ANALYZE) orders",
        "ALTER TABLE orders SET (autovacuum_freeze_max_age = 100000)",
        "CREATE TEMP TABLE t (i int)",
        "DO $$ BEGIN FOR i IN 1..95000 LOOP BEGIN INSERT INTO pg_temp.t VALUES (i); EXCEPTION WHEN division_by_zero THEN"
        " NULL; END; END LOOP; END $$",
    )
    plan = planned(target)
    part = parts(plan)["freeze public.orders"]
    assert part["statement"] == "VACUUM (FREEZE, SKIP_LOCKED, TRUNCATE false) public.orders"
    assert "at 100,000 autovacuum freezes it whatever else goes on" in part["why"]
    done(target, plan)
    assert place.value(target, "SELECT age(relfrozenxid) FROM pg_class WHERE relname = 'orders'") < 1000


def test_an_invalid_index_is_rebuilt(target: Target) -> None:
    place.stale(target)
    place.invalid(target)
    place.run(target, "VACUUM (ANALYZE) orders")
    plan = planned(target)
    part = parts(plan)["rebuild public.orders_n"]
    assert part["statement"] == "REINDEX INDEX CONCURRENTLY public.orders_n"
    assert part["disk"].endswith(" free")
    assert place.indexes(target, "orders")["orders_n"] is False
    outcome = done(target, plan)
    assert "invalid → " in outcome.facts["parts"][0]["changed"]
    assert place.indexes(target, "orders") == {"orders_n": True, "orders_pkey": True}


def test_a_bloated_index_is_rebuilt_and_a_full_one_is_not(target: Target) -> None:
    place.run(
        target,
        "CREATE TABLE events (id int PRIMARY KEY, kind int) WITH (autovacuum_enabled = false)",
        "INSERT INTO events SELECT i, i % 3 FROM generate_series(1, 520000) AS i",
        "VACUUM (ANALYZE) events",
    )
    assert planned(target).captured["parts"] == []
    place.run(target, "DELETE FROM events WHERE id % 20 <> 0", "VACUUM (ANALYZE) events")
    plan = planned(target, only=["reindex"])
    part = parts(plan)["rebuild public.events_pkey"]
    assert part["why"] == "it takes 11 MB, and what is in it needs about 592 kB"
    assert part["need"] > 22_000_000
    outcome = done(target, plan)
    assert outcome.facts["parts"][0]["changed"] == "11 MB valid → 592 kB valid"
    assert planned(target, only=["reindex"]).captured["parts"] == []


def test_constraints_that_were_never_checked_are_validated(target: Target) -> None:
    place.stale(target)
    place.run(
        target,
        "CREATE TABLE lines (id int, order_id int) WITH (autovacuum_enabled = false)",
        "INSERT INTO lines SELECT i, i FROM generate_series(1, 100) AS i",
        "ALTER TABLE lines ADD CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES orders NOT VALID",
        'ALTER TABLE lines ADD CONSTRAINT "Positive!" CHECK (id > 0) NOT VALID',
    )
    plan = planned(target, only=["validate"])
    assert set(parts(plan)) == {"validate of_order of public.lines", 'validate "Positive!" of public.lines'}
    done(target, plan)
    assert place.value(target, "SELECT bool_and(convalidated) FROM pg_constraint WHERE conrelid = 'lines'::regclass")


def test_a_row_that_breaks_a_constraint_fails_that_part_alone(target: Target) -> None:
    place.stale(target)
    place.run(
        target,
        "INSERT INTO orders VALUES (0, 0)",
        "ALTER TABLE orders ADD CONSTRAINT positive CHECK (id > 0) NOT VALID",
    )
    plan = planned(target)
    outcome = remedy.do(target, plan, hand())
    assert outcome.ok is False
    assert outcome.summary.endswith(
        'validate positive of public.orders: failed, check constraint "positive" of relation "orders" is violated by some row'
    )
    assert states(outcome)["vacuum public.orders"] == "done"
    verdict = remedy.verify(target, plan, hand())
    assert (verdict.ok, verdict.summary) == (False, "1 of 2 are done; not yet: validate positive of public.orders.")


def test_a_sequence_is_raised_only_when_it_is_asked_for(target: Target) -> None:
    place.run(
        target,
        "CREATE TABLE users (id serial PRIMARY KEY) WITH (autovacuum_enabled = false)",
        "INSERT INTO users SELECT generate_series(1, 70)",
    )
    assert not any("raise" in what for what in parts(planned(target)))
    plan = planned(target, only=["analyze"], sequences=True)
    assert "it stands at 0, and public.users.id goes up to 70" in parts(plan)["raise public.users_id_seq to 70"]["why"]
    done(target, plan)
    assert place.value(target, "INSERT INTO users DEFAULT VALUES RETURNING id") == 71
    assert planned(target, only=["sequence"]).captured["parts"] == []


def test_what_is_suggested_is_not_done(target: Target) -> None:
    place.run(
        target,
        "CREATE TABLE cities (id int PRIMARY KEY, zip int, region int, name text) WITH (autovacuum_enabled = false)",
        "INSERT INTO cities SELECT i, i % 1000, i % 1000 / 50, repeat('x', 40) FROM generate_series(1, 20000) AS i",
        "CREATE INDEX cities_place ON cities (region, zip)",
        "CREATE INDEX cities_zip ON cities (zip)",
        "CREATE INDEX cities_zip_again ON cities (zip)",
        "VACUUM (ANALYZE) cities",
    )
    plan = planned(target)
    assert plan.captured["parts"] == []
    said = suggested(plan)
    assert said["drop public.cities_zip_again"] == "DROP INDEX CONCURRENTLY public.cities_zip_again"
    statement = said["tell the planner that region, zip of public.cities go together"]
    remedy.do(target, plan, hand())
    assert place.indexes(target, "cities").keys() >= {"cities_zip", "cities_zip_again"}
    place.run(target, *statement.split("; "))
    assert not any("go together" in what for what in suggested(planned(target)))


def test_what_was_asked_for_is_all_that_is_done(target: Target) -> None:
    place.stale(target)
    place.stale(target, "visits")
    place.invalid(target)
    assert set(parts(planned(target, only=["reindex"]))) == {"rebuild public.orders_n"}
    assert set(parts(planned(target, tables=["visits"]))) == {"vacuum public.visits"}
    assert set(parts(planned(target, skip=["reindex", "public.orders"]))) == {"vacuum public.visits"}
    read = line.read(
        [
            "fireline",
            "optimize",
            "--only",
            "reindex,vacuum",
            "--tables=visits",
            "--tables",
            "orders",
            "--target",
            "main",
        ],
        {"resolve optimize": remedy},
    )
    assert read is not None
    assert read.parameters == Optimize(only=["reindex", "vacuum"], tables=["visits", "orders"])


@pytest.mark.parametrize(
    "wrong", [{"only": ["everything"]}, {"limit": "soon"}, {"disk_free": "plenty"}, {"max_lag": "12 parsec"}]
)
def test_what_can_not_be_understood_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Usage, match=f"resolve optimize: {next(iter(wrong))}"):
        line.build(remedy, wrong)


def test_a_lock_in_the_way_skips_that_table_alone(target: Target, faults: Faults) -> None:
    place.stale(target)
    place.stale(target, "visits", 100)
    plan = planned(target)
    faults.idle("migrate", "LOCK TABLE orders")
    began = time.monotonic()
    outcome = remedy.do(target, plan, hand())
    assert time.monotonic() - began < 10
    assert outcome.ok is False
    assert states(outcome) == {"vacuum public.orders": "skipped", "analyze public.visits": "done"}
    assert "another session holds its lock, 4 times" in outcome.summary


def test_a_lock_that_is_soon_given_back_is_waited_for_in_between(target: Target, faults: Faults) -> None:
    place.stale(target)
    plan = planned(target)
    conn = faults.open("migrate")
    conn.execute("LOCK TABLE orders")
    threading.Timer(0.7, conn.rollback).start()
    outcome = done(target, plan)
    assert outcome.facts["parts"][0]["tries"] > 1


def test_a_plan_is_made_though_every_table_is_locked(target: Target, faults: Faults) -> None:
    place.stale(target)
    place.invalid(target)
    faults.idle("migrate", "LOCK TABLE orders")
    began = time.monotonic()
    assert "vacuum public.orders" in parts(planned(target, sequences=True))
    assert time.monotonic() - began < 3


def snapshot(faults: Faults) -> int:
    """A session that holds a snapshot and does nothing; its pid."""
    conn = faults.open("report")
    conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    conn.execute("SELECT count(*) FROM orders")
    return conn.info.backend_pid


def test_vacuum_is_left_out_while_somebody_keeps_the_dead_rows_and_is_named(target: Target, faults: Faults) -> None:
    place.dead(target)
    place.invalid(target)
    before = planned(target, patience="1s")
    pid = snapshot(faults)
    plan = planned(target, patience="0s")
    why = left_out(plan)
    assert f"but session {pid} (report, idle in transaction for " in why["vacuum public.orders"]
    assert f"`fireline resolve terminate-session {pid}` ends it) keeps them" in why["vacuum public.orders"]
    assert f"session {pid} (report," in why["rebuild public.orders_n"]
    assert plan.captured["parts"] == []
    assert plan.summary == "Nothing can be done on main now; 2 left out for now."
    faults.aged(pid, 1.1)
    outcome = remedy.do(target, before, hand())
    assert set(states(outcome).values()) == {"skipped"}
    assert f"session {pid} (report," in outcome.summary


def test_a_prepared_transaction_is_named_too(target: Target, faults: Faults) -> None:
    place.dead(target)
    conn = faults.open("app")
    conn.execute("INSERT INTO orders VALUES (100001, 1)")
    conn.execute("PREPARE TRANSACTION 'payment 7'")
    assert "prepared transaction payment 7 (for " in left_out(planned(target, patience="0s"))["vacuum public.orders"]


def test_too_little_disk_leaves_a_rebuild_out(target: Target) -> None:
    place.stale(target, rows=20000)
    place.invalid(target)
    place.run(target, "ANALYZE orders")
    plan = planned(target, only=["reindex"], disk_free="100kB")
    assert "and only 100 kB are free" in left_out(plan)["rebuild public.orders_n"]
    enough = planned(target, only=["reindex"], disk_free="10GB")
    assert parts(enough)["rebuild public.orders_n"]["disk"].endswith(", 10 GB free")
    enough.captured["disk_free"] = 1000
    outcome = remedy.do(target, enough, hand())
    assert states(outcome) == {"rebuild public.orders_n": "skipped"}


def test_a_rebuild_that_fails_leaves_nothing_behind(target: Target) -> None:
    place.stale(target)
    place.invalid(target)
    place.run(target, "INSERT INTO orders VALUES (-3, -9)", "UPDATE pg_index SET indisready = false, indisvalid = false"
              " WHERE indexrelid = 'orders_n'::regclass", "INSERT INTO orders VALUES (-4, -9)")  # fmt: skip
    outcome = remedy.do(target, planned(target, only=["reindex"]), hand())
    assert outcome.ok is False
    assert "rebuild public.orders_n: failed, could not create unique index" in outcome.summary
    assert place.indexes(target, "orders") == {"orders_n": False, "orders_pkey": True}


def test_what_somebody_else_builds_is_left_alone(target: Target, faults: Faults) -> None:
    place.slow(target, 3)
    pid = faults.running("dba", "REINDEX INDEX CONCURRENTLY readings_crawl")
    faults.until("SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname ~ 'ccnew'")
    plan = planned(target, only=["reindex"])
    assert plan.captured["parts"] == []
    assert f"session {pid} works at public.readings now" in left_out(plan)["rebuild public.readings_crawl"]


def test_it_ends_early_when_it_is_stopped_and_leaves_nothing_half(target: Target, faults: Faults) -> None:
    place.stale(target)
    place.slow(target)
    plan = planned(target, only=["vacuum", "reindex", "validate"])
    cancel = Cancel()

    def stop() -> None:
        _until_built(faults)
        cancel.cancel()

    stopped = threading.Thread(target=stop)
    stopped.start()
    began = time.monotonic()
    outcome = remedy.do(target, plan, hand(cancel=cancel))
    stopped.join()
    assert time.monotonic() - began < 5
    assert states(outcome) == {"vacuum public.orders": "done", "rebuild public.readings_crawl": "stopped"}
    assert outcome.summary == "vacuumed 1 table; rebuild public.readings_crawl: stopped, it was stopped"
    assert place.indexes(target, "readings") == {"readings_crawl": False}
    nothing = remedy.do(target, plan, hand(cancel=cancel))
    assert set(states(nothing).values()) <= {"not begun", "not needed"}


def test_halting_ends_it_through_the_engine_and_what_was_done_is_told(
    store: Store, target: Target, faults: Faults, tmp_path: Path
) -> None:
    place.stale(target)
    place.slow(target)
    scene = Scene(store, target, tmp_path)
    scene.world.shelves = lambda: {"resolve optimize": remedy}
    scene.start(step("remedy", action=action("bash", "fireline optimize --only vacuum,reindex")))
    with store.transaction() as conn:
        approve.approve(conn, ADA, scene.world, run=scene.run, step=1)
    worker = threading.Thread(target=advance, args=(scene.world, scene.run, "worker-1"))
    worker.start()
    _until_built(faults)
    with store.transaction() as conn:
        halt.halt(conn, ADA, reason="not now", running=True)
    worker.join(timeout=10)
    ended = scene.step()
    assert ended["state"] == "cancelled"
    summary = "halted by ada; vacuumed 1 table; rebuild public.readings_crawl: stopped, it was stopped"
    assert ended["attempts"][0]["outcome"]["summary"] == summary
    assert [part["state"] for part in ended["attempts"][0]["outcome"]["facts"]["parts"]] == ["done", "stopped"]
    assert place.indexes(target, "readings") == {"readings_crawl": False}


def _until_built(faults: Faults) -> None:
    faults.until("SELECT FROM pg_stat_activity WHERE query LIKE 'REINDEX%%' AND state = 'active'")
    faults.until("SELECT FROM pg_class WHERE relname = 'readings_crawl_ccnew'")


def test_the_time_limit_ends_it(target: Target) -> None:
    place.slow(target)
    plan = planned(target, only=["reindex"], limit="1s")
    began = time.monotonic()
    outcome = remedy.do(target, plan, hand())
    assert time.monotonic() - began < 4
    assert "stopped, the time limit of 1 s was reached" in outcome.summary
    assert place.indexes(target, "readings") == {"readings_crawl": False}


def test_it_makes_way_for_a_migration_that_waits_for_it(target: Target, faults: Faults) -> None:
    place.slow(target, 8)
    plan = planned(target, only=["reindex"])
    waited: list[float] = []

    def migrate() -> None:
        _until_built(faults)
        with place.owner(target) as conn:
            began = time.monotonic()
            conn.execute("ALTER TABLE readings ADD COLUMN note text")
            waited.append(time.monotonic() - began)

    person = threading.Thread(target=migrate)
    person.start()
    outcome = remedy.do(target, plan, hand())
    person.join()
    assert "stopped, 1 session waits for it" in outcome.summary
    assert waited[0] < 3
    assert place.indexes(target, "readings") == {"readings_crawl": False}


WORKER = """
import json, sys
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.resolve.remedies.optimize import remedy
from fireline.run.remedy import Plan
from tests.hand import hand
told = json.load(sys.stdin)
remedy.do(Target("main", Secret(told["dsn"])), Plan(**told["plan"]), hand())
"""


@pytest.mark.chaos
def test_a_killed_worker_leaves_what_the_next_plan_finds_and_mends(target: Target, faults: Faults) -> None:
    place.slow(target, 6)
    plan = planned(target, only=["reindex"])
    worker = subprocess.Popen([sys.executable, "-c", WORKER], stdin=subprocess.PIPE, text=True)
    assert worker.stdin is not None
    worker.stdin.write(json.dumps({"dsn": target.dsn.reveal(), "plan": {
        "summary": plan.summary, "effect": plan.effect, "undo": plan.undo, "level": plan.level, "captured": plan.captured,
    }}))  # fmt: skip
    worker.stdin.close()
    _until_built(faults)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    faults.until("SELECT WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'REINDEX%%')")
    assert place.indexes(target, "readings") == {"readings_crawl": False, "readings_crawl_ccnew": False}
    assert remedy.verify(target, plan, hand()).ok is False
    place.run(target, "CREATE OR REPLACE FUNCTION crawl(i int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT i'")
    again = planned(target, only=["reindex"])
    assert list(parts(again)) == ["drop public.readings_crawl_ccnew", "rebuild public.readings_crawl"]
    outcome = done(target, again)
    assert outcome.summary == "dropped 1 leftover index, rebuilt 1 index"
    assert place.indexes(target, "readings") == {"readings_crawl": True}


def test_a_lost_connection_is_told_and_ends_it(target: Target, faults: Faults) -> None:
    place.slow(target)
    place.run(target, "ALTER TABLE readings ADD CONSTRAINT sane CHECK (id > 0) NOT VALID")
    plan = planned(target, only=["reindex", "validate"])

    def kill() -> None:
        _until_built(faults)
        faults.owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'REINDEX%%'")

    killer = threading.Thread(target=kill)
    killer.start()
    outcome = remedy.do(target, plan, hand())
    killer.join()
    assert states(outcome) == {
        "rebuild public.readings_crawl": "failed",
        "validate sane of public.readings": "not begun",
    }
    assert "the connection was lost" in outcome.summary


def test_the_load_goes_on_and_waits_for_no_lock(target: Target, faults: Faults) -> None:
    place.dead(target, rows=20000)
    place.invalid(target)
    place.run(target, "ALTER TABLE orders ADD CONSTRAINT sane CHECK (id > -9) NOT VALID")
    plan = planned(target)
    assert len(plan.captured["parts"]) == 3
    hindered: list[psycopg.Error] = []
    counted = [0, 0, 0]
    ended = threading.Event()

    def load(number: int) -> None:
        with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
            conn.execute("SET lock_timeout = '300ms'")
            while not ended.is_set():
                try:
                    with conn.transaction():
                        conn.execute("SELECT n FROM orders WHERE id = %s", [10 + counted[number] % 1000])
                        conn.execute("UPDATE orders SET n = -id WHERE id = %s", [30000 + number])
                        conn.execute(
                            "INSERT INTO orders VALUES (%s, %s)", [100000 * (number + 1) + counted[number]] * 2
                        )
                except psycopg.errors.LockNotAvailable as wait:
                    hindered.append(wait)
                counted[number] += 1

    clients = [threading.Thread(target=load, args=(number,)) for number in range(3)]
    for client in clients:
        client.start()
    faults.until("SELECT WHERE (SELECT count(*) FROM orders WHERE id >= 100000) > 20")
    before = sum(counted)
    outcome = done(target, plan)
    during = sum(counted) - before
    ended.set()
    for client in clients:
        client.join()
    assert outcome.summary == "vacuumed 1 table, rebuilt 1 index, validated 1 constraint"
    assert during > 0
    assert hindered == []


def test_two_at_once_are_refused(target: Target, faults: Faults) -> None:
    place.stale(target)
    faults.owner.execute("SELECT pg_advisory_lock(hashtext('fireline upkeep'), 0)")
    with pytest.raises(Refused, match="another `fireline optimize` is at work"):
        remedy.do(target, planned(target), hand())


def test_through_a_pooler_that_forgets_our_limits_nothing_is_begun(patient: Target) -> None:
    place.stale(patient)
    plan = planned(patient)
    behind = pooler(patient, lambda start: None if b"options" in start else start)
    refusal = pytest.raises(Refused, match="does not keep our time limits")
    with behind as pooled, refusal as refused:
        remedy.do(pooled, plan, hand())
    assert refused.value.hint == "Name the server's own address in the target's DSN."
    assert remedy.verify(patient, plan, hand()).ok is False


def test_what_the_role_may_not_do_is_left_out(target: Target, faults: Faults) -> None:
    place.stale(target)
    place.invalid(target)
    faults.owner.execute("CREATE ROLE tender LOGIN PASSWORD 'tender-pw' IN ROLE pg_monitor")
    try:
        own = Target("main", Secret(make_conninfo(target.dsn.reveal(), user="tender", password="tender-pw")))
        plan = planned(own)
        assert plan.captured["parts"] == []
        assert set(left_out(plan)) == {"vacuum public.orders", "rebuild public.orders_n"}
        assert all(why.startswith("our role may not") for why in left_out(plan).values())
        faults.owner.execute("ALTER TABLE orders OWNER TO tender")
        done(own, planned(own))
    finally:
        faults.owner.execute("ALTER TABLE orders OWNER TO postgres")
        faults.owner.execute("DROP ROLE tender")


def test_whether_it_worked_is_not_known_when_the_target_is_away(target: Target) -> None:
    place.stale(target)
    assert remedy.verify(Target("main", Secret("host=127.0.0.1 port=1")), planned(target), hand()).ok is None


def test_a_manual_step_that_says_optimize_database_is_offered_it() -> None:
    from fireline.run.view import offers

    for words in ("Optimize database", "**Run optimization**", "optimize the database"):
        step = {"title": words, "content": {"text": ""}}
        assert offers(step, [remedy], "main")[0]["command"] == "fireline resolve optimize --target main"


def test_a_standby_that_falls_behind_stops_it(tmp_path: Path) -> None:
    from tests.resolve.upkeep.pair import pair

    with pair() as (primary, standby):
        place.stale(primary)
        plan = planned(primary, max_lag="1MB")
        with pytest.raises(Refused, match="the target is a standby"):
            planned(standby)
        place.run(standby, "SELECT pg_wal_replay_pause()")
        place.run(primary, "CREATE TABLE bulk AS SELECT i, repeat('x', 500) AS s FROM generate_series(1, 6000) AS i")
        outcome = remedy.do(primary, plan, hand())
        assert set(states(outcome).values()) == {"not begun"}
        assert " MB behind" in outcome.summary
        place.run(standby, "SELECT pg_wal_replay_resume()")
        place.until_caught_up(primary)
        done(primary, planned(primary, max_lag="1MB"))

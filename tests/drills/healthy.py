"""Servers that are well, quiet and busy, with the oddities that real ones have: nothing may be named on them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from fireline.assess.diagnose import Diagnosis
from tests.drills.drill import Result, ask
from tests.drills.place import Place, place

VAGUE = (
    "users say that the app feels slow today",
    "something seems wrong with the app",
    "the support desk has complaints",
)


def quiet(at: Place) -> None:
    """Nobody there but us."""
    at.shop(500)


def empty(at: Place) -> None:
    """A database just made, with nothing in it."""
    del at


def busy(at: Place) -> None:
    """Short transactions all the time."""
    at.shop(5000)
    at.traffic(at.rng.randrange(5, 9))
    at.until("SELECT FROM pg_stat_activity WHERE application_name LIKE 'web-%' AND state = 'active'")


def idle_pool(at: Place) -> None:
    """A pool that keeps its connections open, as pools do."""
    at.shop(500)
    for number in range(at.rng.randrange(8, 14)):
        at.connect(at.role, application=f"pool-{number % 2}", autocommit=True).execute("SELECT 1")


def long_report(at: Place) -> None:
    """Somebody's report runs long, and nobody waits for it."""
    at.shop(2000)
    at.background(f"SELECT count(*), pg_sleep(30) FROM {at.table}", role=at.role, application="report")
    at.until("SELECT FROM pg_stat_activity WHERE application_name = 'report' AND state = 'active'")
    at.traffic(2)


def between_two_statements(at: Place) -> None:
    """A transaction that has just begun, and is idle for the moment."""
    at.shop(500)
    at.idle(f"UPDATE {at.table} SET n = 1 WHERE id = 400", role=at.role, application="web")


def sane_overrides(at: Place) -> None:
    """Settings of roles and databases that somebody has thought about."""
    at.shop(500)
    at.sql("CREATE ROLE analyst LOGIN")
    at.sql("ALTER ROLE analyst SET work_mem = '256MB'")
    at.sql("ALTER ROLE analyst SET statement_timeout = '15min'")
    at.sql(f"ALTER ROLE {at.role} SET statement_timeout = '30s'")
    at.sql(f"ALTER ROLE {at.role} SET lock_timeout = '5s'")
    at.sql(f"ALTER DATABASE {at.database} SET timezone = 'Europe/Berlin'")
    at.traffic(2)


def unused_index(at: Place) -> None:
    """An index or two that nobody uses yet."""
    at.shop(2000)
    at.sql(f"CREATE INDEX ON {at.table} (state)")
    at.sql(f"CREATE INDEX ON {at.table} (n, state)")
    at.sql(f"ANALYZE {at.table}")


def small_tables_read_whole(at: Place) -> None:
    """Tables so small that reading all of them is the best plan."""
    at.shop(500)
    at.sql("CREATE TABLE currency AS SELECT i AS id, md5(i::text) AS name FROM generate_series(1, 150) i")
    at.sql(f"GRANT SELECT ON currency TO {at.role}")
    at.sql("ANALYZE currency")
    for _ in range(3):
        at.background("SELECT * FROM currency WHERE id = 7", "SELECT pg_sleep(0.005)", role=at.role, again=True)
    at.until("SELECT FROM pg_stat_statements WHERE query LIKE '%FROM currency%' AND calls > 50")


def dead_rows_in_a_small_table(at: Place) -> None:
    """A counter that is updated all day, vacuumed in time."""
    at.shop(500)
    at.sql("CREATE TABLE counter (id int PRIMARY KEY, n int)")
    at.sql("INSERT INTO counter SELECT i, 0 FROM generate_series(1, 20) i")
    for _ in range(60):
        at.sql("UPDATE counter SET n = n + 1")
    at.sql("VACUUM ANALYZE counter")


def vacuum_by_hand(at: Place) -> None:
    """Somebody vacuums, slowly, and nobody minds."""
    at.shop(20_000)
    at.sql(f"UPDATE {at.table} SET n = n + 1")
    conn = at.connect(autocommit=True, application="upkeep")
    conn.execute("SET vacuum_cost_delay = 20; SET vacuum_cost_limit = 10")

    def run() -> None:
        try:
            conn.execute(f"VACUUM {at.table}".encode())
        except Exception:  # noqa: BLE001 - ended with the place
            return

    at.thread(run)
    at.until("SELECT FROM pg_stat_progress_vacuum")
    at.traffic(2)


def index_being_built(at: Place) -> None:
    """CREATE INDEX CONCURRENTLY under way: its index is not valid yet, and that is as it should be."""
    at.shop(5000)
    holder = at.idle(f"SELECT count(*) FROM {at.other}", application="report")
    at.background(f"CREATE INDEX CONCURRENTLY later ON {at.table} (note)", application="deploy", autocommit=True)
    at.until("SELECT FROM pg_index WHERE indexrelid::regclass::text = 'later'")
    assert holder.info.backend_pid


def supabase_like(at: Place) -> None:
    """API roles, row security with proper policies, a service role that is above them."""
    at.shop(500)
    for statement in (
        "CREATE ROLE anon NOLOGIN",
        "CREATE ROLE authenticated NOLOGIN",
        "CREATE ROLE service_role NOLOGIN BYPASSRLS",
        "CREATE ROLE authenticator LOGIN NOINHERIT",
        "GRANT anon, authenticated, service_role TO authenticator",
        "GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role",
        "CREATE SCHEMA auth",
        "CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('request.jwt.sub', true), '')::uuid $$",
        "GRANT USAGE ON SCHEMA auth TO anon, authenticated",
        "CREATE TABLE profile (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), owner uuid NOT NULL, name text)",
        "INSERT INTO profile (owner, name) SELECT gen_random_uuid(), i::text FROM generate_series(1, 50) i",
        "ALTER TABLE profile ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY own ON profile USING (owner = (SELECT auth.uid())) WITH CHECK (owner = (SELECT auth.uid()))",
        "GRANT SELECT, INSERT, UPDATE ON profile TO authenticated",
        "GRANT ALL ON profile TO service_role",
        "CREATE FUNCTION now_of_server() RETURNS timestamptz LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$ SELECT pg_catalog.now() $$",
    ):
        at.sql(statement)


def no_row_security_at_all(at: Place) -> None:
    """An ordinary application with one role and no row security: nobody else can read."""
    at.shop(500)
    at.sql("CREATE ROLE reader LOGIN")
    at.sql(f"GRANT SELECT ON {at.table} TO reader")
    at.traffic(2)


def partitions_in_time(at: Place) -> None:
    """Partitions by month, the next ones made already."""
    at.shop(500)
    at.sql("CREATE TABLE event (at timestamptz NOT NULL, what text) PARTITION BY RANGE (at)")
    for month in range(-2, 4):
        bounds = f"FROM (date_trunc('month', now()) + interval '{month} month') TO (date_trunc('month', now()) + interval '{month + 1} month')"
        (row,) = at.sql(
            f"SELECT format('CREATE TABLE event_%s PARTITION OF event FOR VALUES FROM (%L) TO (%L)', {month + 2},"
            f" date_trunc('month', now()) + interval '{month} month', date_trunc('month', now()) + interval '{month + 1} month') -- {bounds}"
        )
        at.sql(row[0])
    at.sql("INSERT INTO event SELECT now() - i * interval '1 hour', 'x' FROM generate_series(1, 100) i")
    at.sql("ANALYZE event")


def young_prepared(at: Place) -> None:
    """A two-phase commit in its middle."""
    at.shop(500)
    conn = at.connect(at.role, autocommit=False)
    conn.execute(f"UPDATE {at.table} SET n = 9 WHERE id = 450".encode())
    conn.execute("PREPARE TRANSACTION 'just now'")


def advisory_in_use(at: Place) -> None:
    """A job that holds its advisory lock while it works, and nobody else wants it."""
    at.shop(500)
    conn = at.connect(at.role, application="job", autocommit=True)
    conn.execute("SELECT pg_advisory_lock(42)")
    at.traffic(2)


def unlogged_and_temporary(at: Place) -> None:
    """Tables that need not survive, and have rows."""
    at.shop(500)
    at.sql("CREATE UNLOGGED TABLE cache AS SELECT i AS id FROM generate_series(1, 500) i")
    at.sql("ANALYZE cache")
    conn = at.connect(at.role, autocommit=True)
    conn.execute("CREATE TEMP TABLE basket AS SELECT 1 AS id")


def slot_in_step(at: Place) -> None:
    """A logical slot that was read a moment ago."""
    at.shop(500)
    at.sql("SELECT pg_create_logical_replication_slot('feed', 'test_decoding')")
    at.sql(f"UPDATE {at.table} SET n = 2 WHERE id = 5")
    at.sql("SELECT count(*) FROM pg_logical_slot_get_changes('feed', NULL, NULL)")


def a_deadlock_long_ago(at: Place) -> None:
    """Two sessions that met once, and were told so."""
    at.shop(500)
    first, second = (at.connect(at.role, application=f"job-{n}") for n in range(2))
    first.execute(f"UPDATE {at.table} SET n = 1 WHERE id = 1".encode())
    second.execute(f"UPDATE {at.table} SET n = 1 WHERE id = 2".encode())
    at.thread(lambda: _quietly(lambda: first.execute(f"UPDATE {at.table} SET n = 1 WHERE id = 2".encode())))
    _quietly(lambda: second.execute(f"UPDATE {at.table} SET n = 1 WHERE id = 1".encode()))
    for conn in (first, second):
        _quietly(conn.rollback)


def _quietly(act: Callable[[], object]) -> None:
    try:
        act()
    except Exception:  # noqa: BLE001 - whatever the server says
        return


def restarted_just_now(at: Place) -> None:
    """All counters are young."""
    at.shop(500)
    at.restart()
    at.traffic(2)


def crashed_and_recovered(at: Place) -> None:
    """A crash that lost nothing."""
    at.shop(500)
    at.restart("immediate")
    at.traffic(2)


def heavy_writer(at: Place) -> None:
    """An import that commits in portions."""
    at.shop(500)
    at.background(
        f"INSERT INTO {at.table} ({at.other}_id, n) SELECT 1 + i % 40, i FROM generate_series(1, 500) i",
        "SELECT pg_sleep(0.05)",
        role=at.role, application="import", again=True,
    )  # fmt: skip
    at.until(f"SELECT FROM {at.table} HAVING count(*) > 2000")
    at.traffic(2)


def own_triggers(at: Place) -> None:
    """A trigger that keeps a time stamp, and one that somebody has switched off."""
    at.shop(500)
    at.sql("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
    at.sql(f"CREATE TRIGGER touch BEFORE UPDATE ON {at.table} FOR EACH ROW EXECUTE FUNCTION touch()")
    at.sql(f"CREATE TRIGGER off BEFORE UPDATE ON {at.other} FOR EACH ROW EXECUTE FUNCTION touch()")
    at.sql(f"ALTER TABLE {at.other} DISABLE TRIGGER off")
    at.traffic(2)


SERVERS: Mapping[str, Callable[[Place], None]] = {
    made.__name__: made
    for made in (
        quiet, empty, busy, idle_pool, long_report, between_two_statements, sane_overrides, unused_index, small_tables_read_whole,
        dead_rows_in_a_small_table, vacuum_by_hand, index_being_built, supabase_like, no_row_security_at_all, partitions_in_time,
        young_prepared, advisory_in_use, unlogged_and_temporary, slot_in_step, a_deadlock_long_ago, restarted_just_now,
        crashed_and_recovered, heavy_writer, own_triggers,
    )
}  # fmt: skip


def run(name: str, major: int, seed: int | str, *, limited: bool = False, vague: bool = False) -> Result:
    """Diagnose a healthy server; `found` holds what was named all the same.

    vague: with a complaint that says nothing; a server that is well stays so whatever people say.
    """
    with place(major, f"{name}-{seed}") as at:
        SERVERS[name](at)
        said = random.Random(str(seed)).choice(VAGUE) if vague else ""
        found: Diagnosis | None = ask(at.target("watcher" if limited else None), said)
        labels = [one.cause for one in found.causes] if found else ["no answer"]
        ms = found.duration_ms if found else 0
        return Result(f"healthy: {name}", major, str(seed), said, "pg_monitor" if limited else "superuser", labels, ms)

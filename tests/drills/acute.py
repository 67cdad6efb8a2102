"""An acute fault on a server that has had a chronic one for long, and people who say next to nothing: the acute one is the root."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

import psycopg

from tests.drills import pairs
from tests.drills.drill import Fault, Result, ask, faults
from tests.drills.place import Place, place

VAGUE = (
    "everything is slow",
    "requests time out",
    "Database Performance Issues: latency p95 > 2 s",
    "the app hangs, users complain",
    "[FIRING:1] HighLatency api p95 4.2s (threshold 2s)",
    "the site is slow or does not answer at all, some requests fail",
)

# What stops people now, and what the application's clients go on doing meanwhile: they fail, or give up, and come again.
_WRITE = "UPDATE {table} SET n = n + 1 WHERE id > 0"
_READ = "SELECT count(*) FROM {table}"
ACUTE: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "idle_in_tx_row_lock", "idle_in_tx_table_lock", "ddl_queue_behind_idle_tx", "long_statement_holds_lock", "orphan_prepared_tx",
            "exclusive_maintenance", "lock_pileup_exhausts_slots", "read_only_setting", "sync_standby_missing",
        ),
        _WRITE,
    ),
    **dict.fromkeys(("connection_leak_idle", "role_connection_limit", "database_connection_limit"), _READ),
    "disk_full_tablespace": "INSERT INTO events SELECT repeat('x', 1000) FROM generate_series(1, 50)",
}  # fmt: skip

# What many a server has, and lives with.
CHRONIC = (
    "archiver_failing", "autovacuum_disabled_table", "autovacuum_off", "checkpoints_forced_max_wal", "connection_churn_no_pool",
    "correlated_subquery", "failed_concurrent_index", "fk_missing_index", "inactive_slot_retains_wal", "invalid_index", "jit_misconfigured",
    "missing_index", "n_plus_one", "non_sargable_predicate", "pattern_index_missing", "planner_guc_disabled", "redundant_indexes",
    "rls_per_row_function", "shared_buffers_tiny", "slow_trigger", "stale_statistics", "work_mem_override", "xmin_held_by_prepared",
    "xmin_held_by_session", "xmin_held_by_slot",
)  # fmt: skip
_GIVE_UP = 400  # milliseconds
_FIRST_SECOND = 1.0


def beside(count: int, seed: int, versions: Sequence[int]) -> Iterator[tuple[str, str, int]]:
    """So many acute faults with a chronic one each, and the version to make them on."""
    known, chance = faults(), random.Random(seed)
    every = [(acute, chronic) for acute in ACUTE for chronic in CHRONIC if pairs.beside(known[acute], known[chronic])]
    chance.shuffle(every)
    for acute, chronic in every[:count]:
        both = known[acute], known[chronic]
        fitting = [one for one in versions if all(fault.fits(one) for fault in both)]
        if fitting:
            yield acute, chronic, chance.choice(fitting)


def run(acute: Fault, chronic: Fault, major: int, seed: int | str) -> Result | None:
    """Make the chronic one, then the acute one, let clients come again and again, and ask. `healed`: the acute one is first."""
    with place(major, f"{acute.label}-{chronic.label}-{seed}", {**acute.settings, **chronic.settings}) as at:
        wounds, tables = {}, {}
        try:
            for one in sorted((chronic, acute), key=lambda one: pairs.turn(one.label)):
                at.rename()
                wounds[one.label], tables[one.label] = one.inject(at), at.table
        except pairs.TWICE:
            return None
        _storm(at, ACUTE[acute.label].format(table=tables[acute.label]), at.rng.randrange(3, 7))
        time.sleep(_FIRST_SECOND)
        said = random.Random(f"{acute.label} {chronic.label} {seed}").choice(VAGUE)
        found = ask(at.target(), said, wounds[acute.label])
        result = Result(f"{acute.label} + {chronic.label}", major, str(seed), said, "superuser", [], 0)
        result.found = [one.cause for one in found.causes] if found else []
        result.ms = found.duration_ms if found else 0
        result.healed = result.found[:1] == [acute.label]
        return result


def _storm(at: Place, statement: str, clients: int) -> None:
    """Clients that open a connection, want something, give up soon, and come again."""
    dsn = at.dsn(at.role, application_name="web", options=f"-c statement_timeout={_GIVE_UP}")

    def come_again() -> None:
        while not at.stopping.is_set():
            with suppress(psycopg.Error), psycopg.connect(dsn, autocommit=True, connect_timeout=2) as conn:
                conn.execute(statement.encode())
            at.stopping.wait(0.05)

    for _ in range(clients):
        at.thread(come_again)

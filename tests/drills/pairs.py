"""Two faults at once on one server: each must be found, and first when the complaint is about it."""

from __future__ import annotations

import random
from collections.abc import Iterator

import psycopg

from tests.drills.drill import Fault, Result, ask, faults
from tests.drills.place import place

TWICE = (psycopg.errors.DuplicateObject, psycopg.errors.DuplicateTable, psycopg.errors.DuplicateSchema, psycopg.errors.DuplicateFunction)  # fmt: skip

# Faults that stop the server or its clients leave no room for a second one.
ALONE = {
    "brute_force_success", "connect_privilege_missing", "connection_churn_no_pool", "connection_leak_idle",
    "crash_loop", "database_closed", "database_connection_limit", "database_invalid", "database_missing",
    "disk_full_tablespace", "exclusive_maintenance", "failover_to_standby", "hba_reject", "invalid_config_entry",
    "lock_pileup_exhausts_slots", "lock_table_exhausted", "page_corruption", "read_only_setting", "replay_paused",
    "role_connection_limit", "role_login_disabled", "role_missing", "role_password_expired", "server_frozen",
    "server_not_running", "server_shutting_down", "server_starting", "shared_buffers_tiny",
    "startup_bad_preload_library", "startup_data_unusable", "startup_memory_refused", "startup_port_taken",
    "statement_timeout_too_low", "sync_standby_missing", "temp_file_limit", "unlogged_table_reset",
    "wraparound_pressure_holder", "wrong_password_rotated_secret",
}  # fmt: skip


def pairs(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Pairs of labels, none of them twice."""
    labels = sorted(label for label, fault in faults().items() if label not in ALONE and not fault.settings)
    chance, made = random.Random(seed), set[tuple[str, str]]()
    while len(made) < count:
        pair = tuple(sorted(chance.sample(labels, 2)))
        if pair not in made:
            made.add((pair[0], pair[1]))
            yield (pair[0], pair[1]) if chance.random() < 0.5 else (pair[1], pair[0])


def run(first: Fault, second: Fault, major: int, seed: int | str) -> Result | None:
    """Make both; the complaint is about the first. `found` holds what was named; healed is whether both were.

    None when the two can not be made beside each other: both need a thing of the same name.
    """
    with place(major, f"{first.label}-{second.label}-{seed}") as at:
        second.inject(at)
        at.rename()
        try:
            wound = first.inject(at)
        except TWICE:
            return None
        said = random.Random(str(seed)).choice(wound.said) if wound.said else ""
        found = ask(wound.target or at.target(), said, wound)
        result = Result(f"{first.label} + {second.label}", major, str(seed), said, "superuser", [], 0)
        result.found = [one.cause for one in found.causes] if found else []
        result.ms = found.duration_ms if found else 0
        result.healed = first.label in result.found and (second.label in result.found or not second.silent)
        return result

"""Two faults at once on one server: both are named before anything else, complained of and in silence."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

import psycopg

from tests.drills.drill import Fault, Result, Wound, ask, faults
from tests.drills.place import Place, place

TWICE = (psycopg.errors.DuplicateObject, psycopg.errors.DuplicateTable, psycopg.errors.DuplicateSchema, psycopg.errors.DuplicateFunction)  # fmt: skip

# Faults beside which nothing else can be seen, with the reason.
ALONE: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "server_not_running", "server_frozen", "server_starting", "server_shutting_down", "startup_bad_preload_library",
            "startup_data_unusable", "startup_memory_refused", "startup_port_taken", "invalid_config_entry",
        ),
        "no look gets into the server",
    ),
    **dict.fromkeys(("database_missing", "database_invalid", "database_closed"), "no look gets into the database"),
    "connect_privilege_missing": "only the refused role itself sees it, and that sees nothing else",
    **dict.fromkeys(("replay_held_by_query", "replay_paused", "failover_to_standby"), "looked at on a standby, which shows no session of the primary"),
}  # fmt: skip

# Made first, as the server is started anew for it; or before the other, as it waits for every open transaction; or last, as the
# application can not do much then.
BEFORE = {"brute_force_success", "crash_loop", "page_corruption", "shared_buffers_tiny", "unlogged_table_reset"}
EARLY = {
    "failed_concurrent_index",
    "inactive_slot_retains_wal",
    "invalid_index",
    "wraparound_pressure_holder",
    "xmin_held_by_slot",
}
BEHIND = {
    "connection_leak_idle", "database_connection_limit", "hba_reject", "jit_misconfigured", "lock_pileup_exhausts_slots", "lock_table_exhausted",
    "read_only_setting", "role_connection_limit", "role_login_disabled", "role_password_expired", "statement_timeout_too_low",
    "search_path_override", "session_timeout_too_low", "sync_standby_missing", "temp_file_limit", "wrong_password_rotated_secret",
}  # fmt: skip

# Two that exclude or hide each other, with the reason.
AGAINST: Mapping[frozenset[str], str] = {
    **{
        frozenset(("connection_churn_no_pool", shut)): "who comes again and again does not get in any more"
        for shut in (
            "connection_leak_idle", "database_connection_limit", "hba_reject", "lock_pileup_exhausts_slots", "role_connection_limit",
            "role_login_disabled", "role_password_expired", "wrong_password_rotated_secret",
        )
    },
    frozenset(("connection_churn_no_pool", "schema_usage_missing")): "who comes again and again does so because it is refused",
    **{
        frozenset(("page_corruption", stands_by)): "a base backup, of which the standby is made, refuses damaged pages"
        for stands_by in ("replica_network_lag", "xmin_held_by_standby")
    },
    **{
        frozenset(("wraparound_pressure_holder", f"xmin_held_by_{kind}")): "of two that hold back the same, the older one is the matter"
        for kind in ("prepared", "session", "slot", "standby")
    },
}  # fmt: skip

# What a fault's scene has besides, in truth.
BESIDES: Mapping[str, set[str]] = {
    "xmin_held_by_slot": {"inactive_slot_retains_wal"},  # its slot, which nobody uses, keeps log as well
    "wal_keep_size": {"checkpoints_forced_max_wal"},  # it is made by writing more log than max_wal_size holds
}


def pairs(count: int, seed: int, versions: Sequence[int]) -> Iterator[tuple[str, str, int]]:
    """Pairs of labels and the version to make them on, none of them twice."""
    known = faults()
    labels = sorted(set(known) - set(ALONE))
    chance, made = random.Random(seed), set[frozenset[str]]()
    while len(made) < count:
        first, second = chance.sample(labels, 2)
        both = frozenset((first, second))
        fitting = [one for one in versions if all(known[label].fits(one) for label in both)]
        if both in made or not fitting or not beside(known[first], known[second]):
            continue
        made.add(both)
        yield first, second, chance.choice(fitting)


def beside(first: Fault, second: Fault) -> bool:
    """Whether two faults can be made on one server, and be seen there."""
    both = frozenset((first.label, second.label))
    apart = any(first.settings[name] != second.settings[name] for name in set(first.settings) & set(second.settings))
    return not (apart or both <= BEFORE or both <= BEHIND or both in AGAINST)


def run(first: Fault, second: Fault, major: int, seed: int | str) -> Result | None:
    """Make both; the complaint is about the first, and then nobody complains. `found` holds what was named.

    None when the two can not be made beside each other: both need a thing of the same name.
    """
    with place(major, f"{first.label}-{second.label}-{seed}", {**first.settings, **second.settings}) as at:
        try:
            wounds = _make(at, first, second)  # both kept: what one holds would be closed with it
        except TWICE:
            return None
        said = random.Random(f"{first.label} {seed}").choice(wounds[0].said) if wounds[0].said else ""
        result = Result(f"{first.label} + {second.label}", major, str(seed), said, "superuser", [], 0)
        made = {first.label, second.label}.union(*(BESIDES.get(one.label, set()) for one in (first, second)))
        for words in dict.fromkeys((said, "")):
            found = ask(at.target(), words, wounds[0])
            result.said, result.found = words, [one.cause for one in found.causes] if found else []
            result.ms = found.duration_ms if found else 0
            needed = {one.label for one in (first, second) if one.silent} | ({first.label} if words else set())
            result.healed = before_all_else(result.found, needed, made)
            if not result.healed:
                break
        return result


def before_all_else(found: Sequence[str], needed: set[str], made: set[str]) -> bool:
    """Whether what has to be named is named, and nothing that was not made stands before it."""
    left = set(needed)
    for label in found:
        left.discard(label)
        if not left or label not in made:
            break
    return not left


def _make(at: Place, first: Fault, second: Fault) -> tuple[Wound, Wound]:
    """Both wounds, one behind the other as they can be made."""
    wounds = {}
    for number, one in enumerate(sorted((second, first), key=lambda one: turn(one.label))):
        if number:
            at.rename()
        wounds[one.label] = one.inject(at)
    return wounds[first.label], wounds[second.label]


def turn(label: str) -> int:
    """When it is made, of two: the lower the earlier."""
    return 0 if label in BEFORE else 1 if label in EARLY else 3 if label in BEHIND else 2

"""Causes of the same complaint: naming the wrong one makes a person do harm, so each group is counted by itself."""

from __future__ import annotations

GROUPS: dict[str, tuple[str, ...]] = {
    "slots are full": ("connection_leak_idle", "lock_pileup_exhausts_slots", "role_connection_limit", "database_connection_limit"),
    "login fails": ("role_password_expired", "wrong_password_rotated_secret"),
    "statements hang": (
        "idle_in_tx_row_lock", "ddl_queue_behind_idle_tx", "exclusive_maintenance", "advisory_lock_leak", "orphan_prepared_tx",
        "hot_row_contention", "sync_standby_missing", "commit_delay_set",
    ),
    "a page is slow": (
        "missing_index", "invalid_index", "failed_concurrent_index", "non_sargable_predicate", "stale_statistics",
        "planner_guc_disabled", "autovacuum_disabled_table", "jit_misconfigured", "rls_per_row_function",
    ),
    "bloat grows": ("autovacuum_disabled_table", "xmin_held_by_session", "xmin_held_by_slot", "xmin_held_by_prepared"),
    "pg_wal grows": ("inactive_slot_retains_wal", "archiver_failing", "wal_keep_size", "xmin_held_by_slot"),
    "data is missing": ("mass_delete", "rls_enabled_no_policy", "unlogged_table_reset", "search_path_override"),
    "duplicate key": ("sequence_behind_max", "unique_index_corrupt_dupes"),
    "orphan rows": ("fk_bypassed_replica_role", "fk_not_validated", "fk_triggers_disabled", "fk_missing_logical"),
    "others read it": (
        "rls_disabled_exposed", "rls_policy_always_true", "definer_view_bypasses_rls", "role_bypassrls", "owner_bypasses_rls",
    ),
    "disk is full": ("disk_full_tablespace", "temp_file_limit"),
    "it does not start": ("startup_bad_preload_library", "hba_reject", "invalid_config_entry"),
}  # fmt: skip

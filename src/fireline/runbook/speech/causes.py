"""What a diagnosed root cause means in the words of a runbook: a cause of the family `locks` makes queries hang."""

from __future__ import annotations

_FAMILIES = {
    "connections refused, too many clients": """
        connection_leak_idle lock_pileup_exhausts_slots role_connection_limit database_connection_limit database_closed
        role_password_expired wrong_password_rotated_secret startup_bad_preload_library hba_reject""",
    "slow queries, high cpu": """
        connection_churn_no_pool missing_index invalid_index failed_concurrent_index non_sargable_predicate
        stale_statistics work_mem_override planner_guc_disabled fk_missing_index n_plus_one autovacuum_disabled_table
        xmin_held_by_session xmin_held_by_prepared xmin_held_by_slot jit_misconfigured correlated_subquery
        redundant_indexes commit_delay_set slow_trigger rls_per_row_function shared_buffers_tiny
        checkpoints_forced_max_wal hot_row_contention""",
    "slow queries, statements hang behind a lock, timeouts": """
        idle_in_tx_row_lock ddl_queue_behind_idle_tx exclusive_maintenance deadlock_lock_order advisory_lock_leak
        orphan_prepared_tx lock_table_exhausted serialization_conflict_no_retry sync_standby_missing
        statement_timeout_too_low""",
    "disk full, wal grows": """
        inactive_slot_retains_wal archiver_failing wal_keep_size temp_file_limit disk_full_tablespace
        wraparound_pressure_holder""",
    "replica lag, replication": "replay_paused",
    "data missing, rows gone": "unlogged_table_reset mass_delete partition_missing",
    "foreign key violations, orphan rows, inconsistent data": """
        fk_bypassed_replica_role fk_not_validated fk_triggers_disabled fk_missing_logical""",
    "data corruption, inconsistent data, duplicate rows": """
        index_missing_entries unique_index_corrupt_dupes collation_version_change page_corruption
        sequence_behind_max sequence_exhausted_int4""",
    "data exposure, readable by anyone, security": """
        rls_disabled_exposed rls_policy_always_true definer_view_bypasses_rls definer_function_search_path
        policy_rls_disabled role_bypassrls owner_bypasses_rls""",
    "security breach, brute force, unauthorized access": "brute_force_success",
    "feature not working, permission error": """
        rls_enabled_no_policy grants_lost_on_recreate sequence_grant_missing read_only_setting search_path_override
        invalid_config_entry""",
}
_WORDS = {cause: words for words, causes in _FAMILIES.items() for cause in causes.split()}


def spoken(cause: str) -> str:
    """The cause in a runbook's words; of an unknown one, its own."""
    return _WORDS.get(cause, cause.replace("_", " ").replace("-", " "))

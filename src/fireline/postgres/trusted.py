"""Which functions only read, though PostgreSQL calls them volatile; and which do more, though it does not."""

from __future__ import annotations

FIRST_OWN_OID = 16384  # below it, everything was made by initdb: PostgreSQL's own


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


# PostgreSQL's own volatile functions that change nothing anybody else can see.
HARMLESS = words("""
    array_sample array_shuffle clock_timestamp current_query gen_random_uuid random random_normal timeofday uuidv4 uuidv7
    pg_available_wal_summaries pg_blocking_pids pg_safe_snapshot_blocking_pids pg_isolation_test_session_is_blocked
    pg_collation_actual_version pg_database_collation_actual_version
    pg_control_checkpoint pg_control_init pg_control_recovery pg_control_system
    pg_current_logfile pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn
    pg_database_size pg_indexes_size pg_relation_size pg_table_size pg_tablespace_size pg_total_relation_size
    pg_get_aios pg_get_backend_memory_contexts pg_get_loaded_modules pg_get_multixact_members pg_get_sequence_data
    pg_get_shmem_allocations pg_get_shmem_allocations_numa pg_get_wait_events pg_get_wal_replay_pause_state
    pg_get_wal_resource_managers pg_get_wal_summarizer_state pg_hba_file_rules pg_ident_file_mappings
    pg_is_in_recovery pg_is_wal_replay_paused pg_jit_available pg_last_committed_xact pg_last_wal_receive_lsn
    pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_lock_status
    pg_ls_archive_statusdir pg_ls_logdir pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_replslotdir pg_ls_summariesdir
    pg_ls_tmpdir pg_ls_waldir
    pg_notification_queue_usage pg_partition_ancestors pg_partition_tree pg_prepared_xact
    pg_replication_origin_session_is_setup pg_sequence_last_value pg_show_all_file_settings
    pg_show_replication_origin_status pg_stat_clear_snapshot pg_stat_get_backend_io pg_stat_get_backend_wal
    pg_stat_get_io pg_stat_get_recovery_prefetch pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit
    pg_stat_get_xact_function_calls pg_stat_get_xact_function_self_time pg_stat_get_xact_function_total_time
    pg_stat_get_xact_numscans pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched
    pg_stat_get_xact_tuples_hot_updated pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_newpage_updated
    pg_stat_get_xact_tuples_returned pg_stat_get_xact_tuples_updated pg_stat_have_stats
    pg_wal_summary_contents pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_xact_status txid_status
""")

# PostgreSQL's own functions that are not volatile and yet run text, a type's checks or a view given at run time,
# load code, or take a transaction id.
DANGEROUS = words("""
    pg_current_xact_id txid_current pg_input_is_valid pg_input_error_info
    table_to_xml table_to_xmlschema table_to_xml_and_xmlschema schema_to_xml schema_to_xmlschema
    schema_to_xml_and_xmlschema database_to_xml database_to_xmlschema database_to_xml_and_xmlschema
    fmgr_c_validator fmgr_internal_validator fmgr_sql_validator
""")

# Extensions whose non-volatile functions compute and look, and run no text they are given.
EXTENSIONS = words("""
    btree_gin btree_gist citext cube earthdistance fuzzystrmatch h3 hstore intarray isn ltree pg_buffercache
    pg_freespacemap pg_stat_kcache pg_stat_statements pg_trgm pg_visibility pg_wait_sampling pgcrypto pgstattuple
    postgis postgis_raster postgis_sfcgal postgis_topology seg timescaledb timescaledb_toolkit unaccent uuid-ossp vector
""")

# Their volatile functions that change nothing anybody else can see: extension, function.
HARMLESS_OF_EXTENSIONS = frozenset(
    {
        ("pg_buffercache", "pg_buffercache_pages"),
        ("pg_buffercache", "pg_buffercache_summary"),
        ("pg_buffercache", "pg_buffercache_usage_counts"),
        ("pg_stat_kcache", "pg_stat_kcache"),
        ("pg_stat_statements", "pg_stat_statements"),
        ("pg_stat_statements", "pg_stat_statements_info"),
        ("pg_wait_sampling", "pg_wait_sampling_get_profile"),
        ("pgcrypto", "gen_random_bytes"),
        ("pgcrypto", "gen_random_uuid"),
        ("uuid-ossp", "uuid_generate_v1"),
        ("uuid-ossp", "uuid_generate_v1mc"),
        ("uuid-ossp", "uuid_generate_v4"),
    }
)

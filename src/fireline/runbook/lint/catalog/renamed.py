"""What of PostgreSQL's own catalog was renamed or taken away, in which version, and what stands in its place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """From version `since` on, `old` is gone. new: its name, when that alone mends it; instead: what to use otherwise."""

    old: str  # relation.column, function, relation or setting
    since: float  # 9.2, 13
    new: str | None = None
    instead: str = ""

    @property
    def version(self) -> str:
        """As people write it: 9.6, 13."""
        return f"{self.since:g}"

    @property
    def major(self) -> int:
        """As `server_version_num // 10000` says it: 9 for all of 9.x."""
        return int(self.since)


_STATEMENTS = [
    *(
        Change(f"pg_stat_statements.{name}_time", 13, f"{name}_exec_time")
        for name in ("total", "min", "max", "mean", "stddev")
    ),
    Change("pg_stat_statements.blk_read_time", 17, "shared_blk_read_time"),
    Change("pg_stat_statements.blk_write_time", 17, "shared_blk_write_time"),
]
_CHECKPOINTER = {
    "checkpoints_timed": "num_timed",
    "checkpoints_req": "num_requested",
    "checkpoint_write_time": "write_time",
    "checkpoint_sync_time": "sync_time",
    "buffers_checkpoint": "buffers_written",
}
_WITH_REPLICATION = [
    Change("pg_stat_replication.procpid", 9.2, "pid"),
    *(
        Change(f"pg_stat_replication.{name}_location", 10, f"{name}_lsn")
        for name in ("sent", "write", "flush", "replay")
    ),
]

COLUMNS: tuple[Change, ...] = (
    *_STATEMENTS,
    Change("pg_stat_activity.procpid", 9.2, "pid"),
    Change("pg_stat_activity.current_query", 9.2, "query"),
    Change("pg_stat_activity.waiting", 9.6, None, "`wait_event_type = 'Lock'` says who waits for a lock"),
    *_WITH_REPLICATION,
    *(
        Change(f"pg_stat_bgwriter.{old}", 17, None, f"it is `{new}` of pg_stat_checkpointer")
        for old, new in _CHECKPOINTER.items()
    ),
    Change("pg_stat_bgwriter.buffers_backend", 17, None, "pg_stat_io has `writes` by backend_type"),
    Change("pg_stat_bgwriter.buffers_backend_fsync", 17, None, "pg_stat_io has `fsyncs` by backend_type"),
    *(
        Change(f"pg_stat_wal.wal_{name}", 18, None, f"pg_stat_io has `{new}` where object = 'wal'")
        for name, new in (
            ("write", "writes"),
            ("sync", "fsyncs"),
            ("write_time", "write_time"),
            ("sync_time", "fsync_time"),
        )
    ),
    Change("pg_stat_io.op_bytes", 18, None, "`read_bytes`, `write_bytes` and `extend_bytes` are there"),
    Change("pg_stat_progress_vacuum.num_dead_tuples", 17, "num_dead_item_ids"),
    Change("pg_stat_progress_vacuum.max_dead_tuples", 17, None, "`max_dead_tuple_bytes` is there, in bytes"),
    Change("pg_stat_wal_receiver.received_lsn", 13, "flushed_lsn"),
    Change("pg_stat_ssl.clientdn", 12, "client_dn"),
    Change("pg_stat_ssl.compression", 14, None, "TLS compression is gone"),
    Change("pg_proc.proisagg", 11, None, "`prokind = 'a'` is an aggregate"),
    Change("pg_proc.proiswindow", 11, None, "`prokind = 'w'` is a window function"),
    Change("pg_attrdef.adsrc", 12, None, "`pg_get_expr(adbin, adrelid)` says it"),
    Change("pg_constraint.consrc", 12, None, "`pg_get_constraintdef(oid)` says it"),
    Change("pg_class.relhasoids", 12, None, "no table has OIDs any more"),
    Change("pg_class.relhaspkey", 11, None, "pg_index with `indisprimary` says it"),
    Change("pg_database.datlastsysoid", 15),
    Change("pg_database.daticulocale", 17, "datlocale"),
    Change("pg_collation.colliculocale", 17, "colllocale"),
    Change("pg_tablespace.spclocation", 9.2, None, "`pg_tablespace_location(oid)` says it"),
)

RELATIONS: tuple[Change, ...] = (
    Change("pg_pltemplate", 13, None, "pg_available_extensions lists what can be installed"),
)

FUNCTIONS: tuple[Change, ...] = (
    Change("pg_current_xlog_location", 10, "pg_current_wal_lsn"),
    Change("pg_current_xlog_insert_location", 10, "pg_current_wal_insert_lsn"),
    Change("pg_current_xlog_flush_location", 10, "pg_current_wal_flush_lsn"),
    Change("pg_last_xlog_receive_location", 10, "pg_last_wal_receive_lsn"),
    Change("pg_last_xlog_replay_location", 10, "pg_last_wal_replay_lsn"),
    Change("pg_xlog_location_diff", 10, "pg_wal_lsn_diff"),
    Change("pg_switch_xlog", 10, "pg_switch_wal"),
    Change("pg_xlogfile_name", 10, "pg_walfile_name"),
    Change("pg_xlogfile_name_offset", 10, "pg_walfile_name_offset"),
    Change("pg_is_xlog_replay_paused", 10, "pg_is_wal_replay_paused"),
    Change("pg_xlog_replay_pause", 10, "pg_wal_replay_pause"),
    Change("pg_xlog_replay_resume", 10, "pg_wal_replay_resume"),
    Change("pg_start_backup", 15, None, "`pg_backup_start(label, fast)` is there, which has no exclusive mode"),
    Change(
        "pg_stop_backup", 15, None, "`pg_backup_stop(wait_for_archive)` is there, in the session that began the backup"
    ),
    Change("pg_is_in_backup", 15, None, "exclusive backups are gone; pg_stat_progress_basebackup shows base backups"),
    Change(
        "pg_backup_start_time", 15, None, "exclusive backups are gone; pg_stat_progress_basebackup shows base backups"
    ),
)

SETTINGS: tuple[Change, ...] = (
    Change("unix_socket_directory", 9.3, "unix_socket_directories"),
    Change("checkpoint_segments", 9.5, None, "`max_wal_size` is there, in megabytes"),
    Change("ssl_renegotiation_limit", 9.5, None, "TLS renegotiation is gone"),
    Change("sql_inheritance", 10),
    Change("min_parallel_relation_size", 10, "min_parallel_table_scan_size"),
    Change("replacement_sort_tuples", 11),
    Change("default_with_oids", 12, None, "no table has OIDs any more"),
    Change("wal_keep_segments", 13, None, "`wal_keep_size` is there, in megabytes"),
    Change("operator_precedence_warning", 14),
    Change("vacuum_cleanup_index_scale_factor", 14),
    Change("stats_temp_directory", 15, None, "statistics are in shared memory"),
    Change("force_parallel_mode", 16, "debug_parallel_query"),
    Change(
        "vacuum_defer_cleanup_age", 16, None, "a replication slot or `hot_standby_feedback` keeps rows for a standby"
    ),
    Change("promote_trigger_file", 16, None, "`SELECT pg_promote()` promotes a standby"),
    Change("lc_collate", 16, None, "`datcollate` of pg_database says it"),
    Change("lc_ctype", 16, None, "`datctype` of pg_database says it"),
    Change("db_user_namespace", 17),
    Change(
        "old_snapshot_threshold",
        17,
        None,
        "`idle_in_transaction_session_timeout` and `transaction_timeout` end old snapshots",
    ),
    Change("trace_recovery_messages", 17),
)

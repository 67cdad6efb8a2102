"""Which extension brings a function, a view, a type or a schema that a runbook names; and which must be preloaded to work."""

from __future__ import annotations

from functools import cache

from fireline.runbook.lint.world import Kind

# What they bring that people call by name; a star stands for any ending.
_OBJECTS = {
    "pg_stat_statements": "pg_stat_statements pg_stat_statements_info pg_stat_statements_reset",
    "pg_buffercache": "pg_buffercache pg_buffercache_pages pg_buffercache_summary pg_buffercache_usage_counts pg_buffercache_evict*",
    "pgstattuple": "pgstattuple pgstattuple_approx pgstatindex pgstatginindex pgstathashindex pg_relpages",
    "pg_freespacemap": "pg_freespace",
    "pg_visibility": "pg_visibility pg_visibility_map pg_visibility_map_summary pg_check_frozen pg_check_visible pg_truncate_visibility_map",
    "pg_prewarm": "pg_prewarm autoprewarm_start_worker autoprewarm_dump_now",
    "pageinspect": "get_raw_page page_header page_checksum heap_page_items heap_page_item_attrs heap_tuple_infomask_flags bt_metap bt_page_stats"
    " bt_page_items bt_multi_page_stats brin_page_type brin_metapage_info brin_page_items gin_metapage_info gin_page_opaque_info hash_page_type",
    "pgrowlocks": "pgrowlocks",
    "pg_walinspect": "pg_get_wal_record_info pg_get_wal_records_info pg_get_wal_stats pg_get_wal_block_info",
    "amcheck": "bt_index_check bt_index_parent_check verify_heapam gin_index_check",
    "pg_surgery": "heap_force_kill heap_force_freeze",
    "dblink": "dblink dblink_connect dblink_connect_u dblink_disconnect dblink_exec dblink_open dblink_fetch dblink_close dblink_get_connections"
    " dblink_send_query dblink_is_busy dblink_get_result dblink_cancel_query dblink_error_message",
    "postgres_fdw": "postgres_fdw_get_connections postgres_fdw_disconnect postgres_fdw_disconnect_all",
    "pgcrypto": "crypt gen_salt digest hmac gen_random_bytes encrypt decrypt encrypt_iv decrypt_iv pgp_sym_encrypt pgp_sym_decrypt"
    " pgp_sym_encrypt_bytea pgp_sym_decrypt_bytea pgp_pub_encrypt pgp_pub_decrypt pgp_key_id armor dearmor",
    "uuid-ossp": "uuid_generate_v1 uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 uuid_generate_v5 uuid_nil uuid_ns_dns uuid_ns_url",
    "pg_trgm": "similarity word_similarity strict_word_similarity show_trgm show_limit set_limit",
    "unaccent": "unaccent",
    "fuzzystrmatch": "levenshtein levenshtein_less_equal soundex difference metaphone dmetaphone dmetaphone_alt daitch_mokotoff",
    "tablefunc": "crosstab crosstab2 crosstab3 crosstab4 connectby normal_rand",
    "hstore": "hstore akeys avals skeys svals hstore_to_json hstore_to_jsonb",
    "citext": "citext",
    "ltree": "ltree lquery ltxtquery subltree nlevel text2ltree ltree2text lca",
    "intarray": "icount sort_asc sort_desc query_int",
    "cube": "cube cube_distance cube_dim",
    "earthdistance": "earth earth_distance ll_to_earth earth_box",
    "sslinfo": "ssl_is_used ssl_version ssl_cipher ssl_client_cert_present ssl_client_serial ssl_client_dn ssl_issuer_dn",
    "adminpack": "pg_file_write pg_file_rename pg_file_unlink pg_file_sync pg_logdir_ls",
    "old_snapshot": "pg_old_snapshot_time_mapping",
    "xml2": "xpath_table xslt_process xml_valid",
    "vector": "vector halfvec sparsevec cosine_distance l2_distance inner_product l1_distance",
    "postgis": "geometry geography box2d box3d spatial_ref_sys geometry_columns geography_columns postgis_version postgis_full_version st_*",
    "pg_cron": "cron.*",
    "pg_net": "net.http_get net.http_post net.http_delete net._http_response net.http_request_queue",
    "http": "http_get http_post http_put http_delete http_head urlencode",
    "pg_partman": "partman.* run_maintenance run_maintenance_proc create_parent part_config part_config_sub show_partitions partition_data_time",
    "timescaledb": "create_hypertable drop_chunks show_chunks add_retention_policy add_compression_policy time_bucket hypertable_size"
    " hypertable_detailed_size chunks_detailed_size compress_chunk decompress_chunk remove_retention_policy timescaledb_information.*",
    "pg_repack": "repack.*",
    "pg_squeeze": "squeeze.*",
    "hypopg": "hypopg hypopg_create_index hypopg_drop_index hypopg_reset hypopg_list_indexes",
    "pg_wait_sampling": "pg_wait_sampling_current pg_wait_sampling_history pg_wait_sampling_profile pg_wait_sampling_reset_profile",
    "pg_stat_kcache": "pg_stat_kcache pg_stat_kcache_detail pg_stat_kcache_reset",
    "pg_qualstats": "pg_qualstats pg_qualstats_all pg_qualstats_reset pg_qualstats_index_advisor",
    "pg_stat_monitor": "pg_stat_monitor pg_stat_monitor_reset",
    "pg_proctab": "pg_cputime pg_loadavg pg_memusage pg_proctab",
    "plpgsql_check": "plpgsql_check_function plpgsql_check_function_tb plpgsql_profiler_function_tb",
    "index_advisor": "index_advisor",
    "pgmq": "pgmq.*",
    "pgjwt": "sign verify url_encode url_decode algorithm_sign",
    "pgsodium": "pgsodium.*",
    "supabase_vault": "vault.secrets vault.decrypted_secrets vault.create_secret vault.update_secret",
    "pgtap": "plan finish lives_ok throws_ok has_table has_column",
    "aws_s3": "aws_s3.*",
    "aws_commons": "aws_commons.*",
    "system_stats": "pg_sys_os_info pg_sys_cpu_info pg_sys_memory_info pg_sys_disk_info pg_sys_load_avg_info",
    "citus": "create_distributed_table create_reference_table citus_version citus_tables citus_shards citus_stat_activity rebalance_table_shards",
}  # fmt: skip
# Names that many databases have for something else: an extension is only meant when nothing else can be.
_COMMON = {
    "plan",
    "finish",
    "sign",
    "verify",
    "cube",
    "earth",
    "armor",
    "difference",
    "url_encode",
    "url_decode",
}
# Extensions that do nothing unless shared_preload_libraries names them, and a setting that is there when it does.
PRELOADED = {
    "pg_stat_statements": "pg_stat_statements.max",
    "pg_stat_kcache": "pg_stat_kcache.linux_hz",
    "pg_wait_sampling": "pg_wait_sampling.history_size",
    "pg_qualstats": "pg_qualstats.max",
    "pg_stat_monitor": "pg_stat_monitor.pgsm_max",
    "pg_cron": "cron.database_name",
}


@cache
def _by_name() -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """Extensions by the whole name of what they bring, and by the beginnings of names."""
    pairs = [(name, extension) for extension, names in _OBJECTS.items() for name in names.split()]
    whole = {name: extension for name, extension in pairs if not name.endswith("*") and name not in _COMMON}
    return whole, tuple((name[:-1], extension) for name, extension in pairs if name.endswith("*"))


_OPERATORS = {
    "<->": "pg_trgm",
    "<%": "pg_trgm",
    "%>": "pg_trgm",
    "<<%": "pg_trgm",
    "%>>": "pg_trgm",
    "<=>": "vector",
    "<#>": "vector",
}


def extension_of(kind: Kind, name: str) -> str | None:
    """The extension that brings what is missing; None when none is known to."""
    if kind == "mismatch":
        return _OPERATORS.get(name)
    wanted = name.lower()
    whole, beginnings = _by_name()
    if kind == "schema":
        return next((extension for begins, extension in beginnings if begins == f"{wanted}."), None)
    last = wanted.rpartition(".")[2]
    found = whole.get(wanted) or (whole.get(last) if wanted.startswith(("public.", "extensions.")) else None)
    return found or next((extension for begins, extension in beginnings if wanted.startswith(begins)), None)


def brings_known(extension: str) -> bool:
    """Whether it is known what this extension brings."""
    return extension in _OBJECTS

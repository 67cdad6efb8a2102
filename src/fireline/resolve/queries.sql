-- session: one session as it is now, whether we may end it, and what it has locked
SELECT a.pid, a.backend_start, a.xact_start, a.query_start, a.state_change, a.backend_type AS kind, a.usename AS "user",
    a.datname AS database, coalesce(a.application_name, '') AS application, host(a.client_addr) AS client, a.state,
    a.backend_xid IS NOT NULL AS has_written, left(coalesce(a.query, ''), 500) AS query,
    a.query = '<insufficient privilege>' AS hidden, clock_timestamp() AS now, a.pid = pg_backend_pid() AS ours,
    r.rolsuper AS of_superuser,
    (SELECT me.rolsuper FROM pg_roles me WHERE me.rolname = current_user)
        OR (NOT coalesce(r.rolsuper, true) AND (pg_has_role('pg_signal_backend', 'USAGE') OR pg_has_role(a.usename, 'USAGE'))) AS allowed,
    ARRAY(SELECT DISTINCT c.relname::text FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
           WHERE l.pid = a.pid AND l.granted AND l.locktype = 'relation' AND c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm')
             AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
           ORDER BY 1 LIMIT 5) AS tables
FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.rolname = a.usename
WHERE a.pid = %(pid)s;

-- blocked: who waits, and for whom
SELECT pid, pg_blocking_pids(pid) AS by FROM (SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND pid IS NOT NULL LIMIT 300) AS w;

-- terminate: end exactly the session that was planned, in the transaction it was in
SELECT pg_terminate_backend(pid) AS sent FROM pg_stat_activity
WHERE pid = %(pid)s AND backend_start = %(backend_start)s::timestamptz
  AND xact_start IS NOT DISTINCT FROM %(xact_start)s::timestamptz;

-- cancel: stop exactly the statement that was planned
SELECT pg_cancel_backend(pid) AS sent FROM pg_stat_activity
WHERE pid = %(pid)s AND backend_start = %(backend_start)s::timestamptz AND state = 'active'
  AND xact_start IS NOT DISTINCT FROM %(xact_start)s::timestamptz AND query_start = %(query_start)s::timestamptz;

-- still_there: the planned session, and whether the planned statement still runs
SELECT state = 'active' AND query_start IS NOT DISTINCT FROM %(query_start)s::timestamptz AS running,
    xact_start IS NOT DISTINCT FROM %(xact_start)s::timestamptz AS same_transaction
FROM pg_stat_activity WHERE pid = %(pid)s AND backend_start = %(backend_start)s::timestamptz;

-- restart_server: what a restart writes first, and what it empties
SELECT pg_is_in_recovery() AS standby,
    (SELECT me.rolsuper FROM pg_roles me WHERE me.rolname = current_user)
        OR EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'pg_checkpoint' AND pg_has_role(r.oid, 'USAGE')) AS may_checkpoint,
    (SELECT count(*)::int FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r') AS unlogged,
    (SELECT count(*)::int FROM pg_class WHERE relpersistence = 't' AND relkind = 'r') AS temporary;

-- restart_wal: what would be replayed if it were stopped now without a checkpoint
SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::int8 AS bytes FROM pg_control_checkpoint() WHERE NOT pg_is_in_recovery();

-- restart_log: the file that the log goes to, when the server collects it
SELECT pg_current_logfile() AS file;

-- restart_sessions: whose sessions would be cut, and what they have open; our own are left out
SELECT coalesce(usename, '')::text AS role, coalesce(application_name, '') AS application, count(*)::int AS n,
    count(xact_start)::int AS open, count(backend_xid)::int AS writing,
    coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::int AS oldest_seconds
FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND coalesce(application_name, '') NOT LIKE 'fireline%%'
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 1000;

-- restart_work: long work that would have to begin anew
SELECT k.kind, p.pid, p.relid::regclass::text AS relation FROM unnest(%(kinds)s::text[]) AS k (kind), pg_stat_get_progress_info(k.kind) AS p
UNION ALL SELECT 'dump', pid, application_name FROM pg_stat_activity WHERE application_name IN ('pg_dump', 'pg_restore', 'pg_dumpall')
ORDER BY 1, 2;

-- restart_prepared: transactions that outlive a restart, with their locks
SELECT gid, owner::text AS owner, prepared FROM pg_prepared_xacts ORDER BY prepared;

-- restart_followers: who replicates from here, and what this server follows itself
SELECT 'standby' AS kind, application_name AS name FROM pg_stat_replication
UNION ALL SELECT 'slot', slot_name::text FROM pg_replication_slots WHERE active
UNION ALL SELECT 'subscription', subname::text FROM pg_subscription WHERE subenabled
ORDER BY 1, 2;

-- restart_prime: reading the files marks in this session which settings only a restart would change, also before a reload
SELECT count(*) AS lines FROM pg_file_settings;

-- restart_pending: settings that wait for a restart, with the value that is in force
SELECT name, current_setting(name) AS now FROM pg_settings WHERE pending_restart ORDER BY name;

-- restart_files: what the files say of a setting that waits
SELECT DISTINCT ON (lower(name)) lower(name) AS name, setting AS "then" FROM pg_file_settings WHERE lower(name) = ANY (%(names)s)
ORDER BY lower(name), seqno DESC;

-- restart_file_faults: lines that would keep the server from starting
SELECT f.sourcefile AS file, f.sourceline AS line, concat_ws(' ', f.name, f.error) AS error FROM pg_file_settings f
WHERE f.error IS NOT NULL AND NOT (f.error = 'setting could not be applied'
    AND EXISTS (SELECT FROM pg_settings s WHERE s.name = lower(f.name) AND s.pending_restart)) ORDER BY f.seqno;

-- restart_rule_faults: lines of pg_hba.conf that would keep the server from starting
SELECT current_setting('hba_file') AS file, line_number AS line, error FROM pg_hba_file_rules WHERE error IS NOT NULL ORDER BY 2;

-- restart_libraries: libraries that the server would load at its start and that are not in its folder
SELECT lib.name FROM pg_file_settings f, unnest(string_to_array(replace(f.setting, '"', ''), ',')) AS part (raw),
    LATERAL (SELECT replace(trim(part.raw), '$libdir/', '') AS name) AS lib
WHERE f.name = 'shared_preload_libraries' AND lib.name <> '' AND lib.name !~ '/' AND current_setting('dynamic_library_path') = '$libdir'
    AND f.seqno = (SELECT max(seqno) FROM pg_file_settings WHERE name = 'shared_preload_libraries')
    AND NOT EXISTS (SELECT FROM unnest(ARRAY['', '.so', '.dylib', '.dll']) AS suffix,
        LATERAL pg_stat_file((SELECT setting FROM pg_config WHERE name = 'PKGLIBDIR') || '/' || lib.name || suffix, true) AS seen
        WHERE seen.size IS NOT NULL);

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

-- Who holds others up, how many connections are left, and settings that keep people from working. Reads the catalogs alone.
CREATE OR REPLACE FUNCTION {schema}.see_availability()
RETURNS TABLE (label text, severity text, title text, fact text, remedy text, takes integer, explained_by text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $fireline$
#variable_conflict use_column
DECLARE
    hidden bigint;
    used bigint;
    ordinary integer;
BEGIN
    SELECT count(*) INTO hidden FROM pg_stat_activity a WHERE a.query = '<insufficient privilege>' AND a.usename IS NOT NULL;
    IF hidden > 0 THEN
        RETURN QUERY SELECT l, 'unknown', format('role %s may not see what %s other sessions do', current_user, hidden),
            NULL::text, 'GRANT pg_monitor TO ' || quote_ident(current_user), NULL::integer, NULL::text[]
        FROM unnest(ARRAY['idle_in_tx_row_lock', 'idle_in_tx_table_lock', 'ddl_queue_behind_idle_tx', 'advisory_lock_leak',
            'orphan_prepared_tx', 'exclusive_maintenance', 'long_statement_holds_lock', 'sync_standby_missing', 'connection_leak_idle']) l;
    END IF;

    -- The roots of the tangle of locks: whom others wait for, and who waits for nobody. 0 is a prepared transaction.
    RETURN QUERY
    WITH RECURSIVE asked AS MATERIALIZED (
        SELECT DISTINCT k.pid FROM pg_locks k WHERE NOT k.granted AND k.pid IS NOT NULL ORDER BY k.pid LIMIT 300),
    waits AS MATERIALIZED (SELECT DISTINCT q.pid, b.node FROM asked q CROSS JOIN LATERAL unnest(pg_blocking_pids(q.pid)) AS b(node)),
    reached AS (
        SELECT w.node AS root, w.pid FROM waits w WHERE w.node NOT IN (SELECT x.pid FROM waits x)
        UNION SELECT r.root, w.pid FROM reached r JOIN waits w ON w.node = r.pid),
    wanted AS MATERIALIZED (SELECT k.pid, k.locktype, k.mode FROM pg_locks k WHERE NOT k.granted),
    roots AS (
        SELECT r.root, count(DISTINCT r.pid) AS waiting,
            count(DISTINCT r.pid) FILTER (WHERE w.mode = 'AccessShareLock') AS readers,
            max(extract(epoch FROM clock_timestamp() - a.query_start))::numeric AS longest,
            coalesce(bool_or(w.locktype IN ('transactionid', 'tuple')) FILTER (WHERE d.pid IS NOT NULL), false) AS rows,
            coalesce(bool_or(w.locktype = 'advisory') FILTER (WHERE d.pid IS NOT NULL), false) AS advisory,
            coalesce(bool_or(w.locktype = 'relation' AND w.mode IN ('AccessExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'ShareLock')) FILTER (WHERE d.pid IS NOT NULL), false) AS definition
        FROM reached r JOIN pg_stat_activity a ON a.pid = r.pid LEFT JOIN wanted w ON w.pid = r.pid
        LEFT JOIN waits d ON d.node = r.root AND d.pid = r.pid
        GROUP BY r.root),
    named AS (
        SELECT t.*, h.pid, h.state, h.application_name, h.usename, left(regexp_replace(h.query, '\s+', ' ', 'g'), 100) AS query,
            CASE WHEN t.root = 0 THEN 'orphan_prepared_tx'
                WHEN t.advisory THEN 'advisory_lock_leak'
                WHEN h.state LIKE 'idle in transaction%' AND t.rows THEN 'idle_in_tx_row_lock'
                WHEN h.state LIKE 'idle in transaction%' AND t.definition AND t.waiting > 1 THEN 'ddl_queue_behind_idle_tx'
                WHEN h.state LIKE 'idle in transaction%' THEN 'idle_in_tx_table_lock'
                WHEN h.state = 'active' AND h.query ~* '^\s*(vacuum\s*\(?\s*full|cluster|reindex|alter|create|drop|refresh|truncate|lock)' THEN 'exclusive_maintenance'
                WHEN h.state = 'active' THEN 'long_statement_holds_lock' END AS cause
        FROM roots t LEFT JOIN pg_stat_activity h ON h.pid = t.root)
    SELECT n.cause,
        CASE WHEN n.waiting >= 10 OR n.readers >= 3 THEN 'critical'
            WHEN n.waiting >= 3 OR n.readers >= 1 OR n.longest >= 60 THEN 'high' ELSE 'medium' END,
        CASE n.cause WHEN 'orphan_prepared_tx' THEN 'A prepared transaction that no session holds blocks others'
            WHEN 'advisory_lock_leak' THEN 'A session keeps an advisory lock that others wait for'
            WHEN 'ddl_queue_behind_idle_tx' THEN 'An idle transaction holds up a change of a table, and everybody queues behind it'
            WHEN 'exclusive_maintenance' THEN 'A maintenance command has locked what others need'
            WHEN 'long_statement_holds_lock' THEN 'A long statement holds a lock that others wait for'
            ELSE 'A session that is idle in a transaction holds a lock that others wait for' END,
        format('%s sessions wait, the longest for %s s; root: %s', n.waiting, round(n.longest, 1),
            CASE WHEN n.root = 0 THEN 'prepared transaction ' || coalesce((SELECT string_agg(quote_literal(p.gid), ', ') FROM pg_prepared_xacts p), '?')
                ELSE format('pid %s (%s, %s), %s', n.pid, coalesce(nullif(n.application_name, ''), n.usename), n.state, n.query) END),
        CASE WHEN n.root = 0 THEN coalesce((SELECT string_agg(format('ROLLBACK PREPARED %L', p.gid), '; ') FROM pg_prepared_xacts p), '')
            WHEN n.cause IN ('exclusive_maintenance', 'long_statement_holds_lock') THEN format('Wait for it, or SELECT pg_cancel_backend(%s)', n.pid)
            ELSE format('SELECT pg_terminate_backend(%s)', n.pid) END,
        NULL::integer, NULL::text[]
    FROM named n WHERE n.cause IS NOT NULL AND n.longest >= CASE WHEN n.state = 'active' THEN 5 ELSE 1 END;

    -- Commits that wait for a standby that is not there: nobody holds a lock.
    RETURN QUERY
    SELECT 'sync_standby_missing', CASE WHEN count(*) >= 10 THEN 'critical' ELSE 'high' END,
        'Commits wait for a synchronous standby that is not connected',
        format('%s sessions wait for SyncRep; synchronous_standby_names = %s', count(*), current_setting('synchronous_standby_names')),
        'Bring the standby back; or ALTER SYSTEM SET synchronous_standby_names = ''''; SELECT pg_reload_conf()', NULL::integer, NULL::text[]
    FROM pg_stat_activity a WHERE a.wait_event = 'SyncRep' AND a.query_start < clock_timestamp() - interval '1 s'
        AND NOT EXISTS (SELECT FROM pg_stat_replication s WHERE s.sync_state IN ('sync', 'quorum'))
    HAVING count(*) > 0;

    -- Slots.
    SELECT count(*) INTO used FROM pg_stat_activity a WHERE a.backend_type = 'client backend' OR (a.backend_type IS NULL AND a.usename IS NOT NULL);
    ordinary := greatest(current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
        - coalesce(current_setting('reserved_connections', true)::integer, 0), 1);
    RETURN QUERY
    SELECT 'connections used', 'symptom', format('%s of %s connection slots are used', used, ordinary), NULL::text,
        'Close what is idle, or put a pooler in front', t.points,
        ARRAY['connection_leak_idle', 'role_connection_limit', 'database_connection_limit', 'idle_in_tx_row_lock', 'idle_in_tx_table_lock',
            'ddl_queue_behind_idle_tx', 'advisory_lock_leak', 'orphan_prepared_tx', 'exclusive_maintenance', 'long_statement_holds_lock', 'sync_standby_missing']
    FROM {schema}.ramp('connections used', used::numeric / ordinary, 0.70, 0.95, 500) t(points);
    RETURN QUERY
    SELECT 'connection_leak_idle', CASE WHEN used >= ordinary THEN 'critical' ELSE 'high' END,
        format('Idle sessions of %s take up the connection slots', coalesce(nullif(a.application_name, ''), a.usename)),
        format('%s of %s slots are used, %s by this application, idle for 5 minutes and more', used, ordinary, count(*)),
        'End its idle sessions, and close connections in the application or lower its pool', NULL::integer, NULL::text[]
    FROM pg_stat_activity a WHERE a.state = 'idle' AND a.state_change < clock_timestamp() - interval '5 min' AND used >= 0.9 * ordinary
    GROUP BY a.application_name, a.usename HAVING count(*) >= 0.5 * ordinary;
    RETURN QUERY
    SELECT 'role_connection_limit', 'medium', format('Role %s is at its connection limit', r.rolname),
        format('rolconnlimit = %s, %s sessions', r.rolconnlimit, count(*)), format('ALTER ROLE %I CONNECTION LIMIT %s', r.rolname, 2 * r.rolconnlimit),
        NULL::integer, NULL::text[]
    FROM pg_roles r JOIN pg_stat_activity a ON a.usename = r.rolname WHERE r.rolconnlimit > 0 AND NOT r.rolsuper
    GROUP BY r.rolname, r.rolconnlimit HAVING count(*) >= r.rolconnlimit;
    RETURN QUERY
    SELECT 'database_connection_limit', 'medium', format('Database %s is at its connection limit', d.datname),
        format('datconnlimit = %s, %s sessions', d.datconnlimit, count(*)), format('ALTER DATABASE %I CONNECTION LIMIT %s', d.datname, 2 * d.datconnlimit),
        NULL::integer, NULL::text[]
    FROM pg_database d JOIN pg_stat_activity a ON a.datid = d.oid WHERE d.datconnlimit > 0
    GROUP BY d.datname, d.datconnlimit HAVING count(*) >= d.datconnlimit;

    -- Settings.
    RETURN QUERY
    SELECT 'read_only_setting', CASE WHEN s.setrole = 0 THEN 'high' ELSE 'medium' END,
        format('%s read only by default', CASE WHEN s.setrole = 0 THEN format('Every session of database %s is', d.datname) ELSE format('Sessions of role %s are', r.rolname) END),
        format('pg_db_role_setting: %s', pair), CASE WHEN s.setrole = 0 THEN format('ALTER DATABASE %I RESET default_transaction_read_only', d.datname)
            WHEN s.setdatabase = 0 THEN format('ALTER ROLE %I RESET default_transaction_read_only', r.rolname)
            ELSE format('ALTER ROLE %I IN DATABASE %I RESET default_transaction_read_only', r.rolname, d.datname) END, NULL::integer, NULL::text[]
    FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS pair
    LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole
    WHERE pair ~* '^default_transaction_read_only=(on|true|yes|1|t)$' AND (s.setdatabase = 0 OR d.datname = current_database());
    IF has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') THEN
        RETURN QUERY
        SELECT 'invalid_config_entry', 'medium', 'A line of the configuration files can not be used',
            format('%s line %s: %s', f.sourcefile, f.sourceline, f.error), 'Mend the line, then SELECT pg_reload_conf()', NULL::integer, NULL::text[]
        FROM pg_file_settings f WHERE f.error IS NOT NULL AND f.error NOT LIKE '%could not be changed%' ORDER BY f.seqno LIMIT 1;
    ELSE
        RETURN QUERY SELECT 'invalid_config_entry', 'unknown', format('role %s may not read pg_file_settings', current_user), NULL::text, NULL::text, NULL::integer, NULL::text[];
    END IF;
END $fireline$;

-- Who holds others up, how many connections are left, and settings that keep people from working. Reads the catalogs alone.
-- Where the command looks several times to tell what lasts, this waits for {lasts} s to have gone by.
CREATE OR REPLACE FUNCTION {schema}.see_availability()
RETURNS TABLE (label text, severity text, title text, fact text, remedy text, takes integer, explained_by text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $fireline$
#variable_conflict use_column
DECLARE
    strong CONSTANT text[] := {strong};
    ordinary_modes CONSTANT text[] := {ordinary};
    lasts CONSTANT interval := make_interval(secs => {lasts});
    hidden bigint;
    used bigint;
    ordinary integer;
    idle bigint;
    waiting bigint;
BEGIN
    SELECT count(*) INTO hidden FROM pg_stat_activity a WHERE a.query = '<insufficient privilege>' AND a.usename IS NOT NULL;
    IF hidden > 0 THEN
        RETURN QUERY SELECT l, 'unknown', format('role %s may not see what %s other sessions do', current_user, hidden),
            NULL::text, 'GRANT pg_monitor TO ' || quote_ident(current_user), NULL::integer, NULL::text[]
        FROM unnest(ARRAY['idle_in_tx_row_lock', 'idle_in_tx_table_lock', 'ddl_queue_behind_idle_tx', 'advisory_lock_leak', 'orphan_prepared_tx',
            'exclusive_maintenance', 'long_statement_holds_lock', 'lock_pileup_exhausts_slots', 'sync_standby_missing', 'connection_leak_idle']) l;
    END IF;
    SELECT count(*), count(*) FILTER (WHERE a.state = 'idle' AND a.pid <> pg_backend_pid()), count(*) FILTER (WHERE a.wait_event_type = 'Lock')
    INTO used, idle, waiting FROM pg_stat_activity a
    WHERE a.backend_type = 'client backend' OR (a.backend_type IS NULL AND a.usename IS NOT NULL);
    ordinary := greatest(current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
        - coalesce(current_setting('reserved_connections', true)::integer, 0), 1);

    -- The roots of the tangles of locks: whom others wait for, and who waits for nobody. Below 0: a prepared transaction.
    RETURN QUERY
    WITH RECURSIVE locks AS MATERIALIZED (
        SELECT k.pid, k.locktype, k.mode, k.granted, k.database, k.relation, k.virtualtransaction AS virtual, k.transactionid::text AS xid,
            CASE WHEN NOT k.granted THEN (to_jsonb(k) ->> 'waitstart')::timestamptz END AS since,
            CASE WHEN NOT k.granted OR k.pid IS NULL THEN format('%s %s %s %s %s %s %s %s %s %s', k.locktype, k.database, k.relation, k.page, k.tuple,
                k.virtualxid, k.transactionid, k.classid, k.objid, k.objsubid) END AS thing
        FROM pg_locks k),
    wanted AS MATERIALIZED (SELECT * FROM locks WHERE NOT granted AND pid IS NOT NULL),
    asked AS MATERIALIZED (SELECT DISTINCT pid FROM wanted ORDER BY pid LIMIT {most_waiting}),
    blocked AS MATERIALIZED (SELECT DISTINCT q.pid, b.by FROM asked q CROSS JOIN LATERAL unnest(pg_blocking_pids(q.pid)) b(by)),
    activity AS MATERIALIZED (SELECT * FROM pg_stat_activity),
    waits AS MATERIALIZED (
        SELECT b.pid::bigint AS pid, b.by::bigint AS node FROM blocked b WHERE b.by <> 0
        UNION
        SELECT b.pid, coalesce(-o.xid::bigint, 0) FROM blocked b JOIN wanted w ON w.pid = b.pid
        LEFT JOIN locks h ON h.pid IS NULL AND h.granted AND h.thing = w.thing
        LEFT JOIN locks o ON o.pid IS NULL AND o.virtual = h.virtual AND o.locktype = 'transactionid' WHERE b.by = 0),
    ends AS MATERIALIZED (SELECT DISTINCT w.node FROM waits w WHERE w.node NOT IN (SELECT x.pid FROM waits x)),
    sides AS MATERIALIZED (SELECT w.pid AS one, w.node AS other FROM waits w UNION ALL SELECT w.node, w.pid FROM waits w),
    linked AS (
        SELECT e.node AS root, e.node FROM ends e
        UNION SELECT l.root, s.other FROM linked l JOIN sides s ON s.one = l.node),
    tangles AS MATERIALIZED (SELECT l.root, min(e.node) AS tangle FROM linked l JOIN ends e ON e.node = l.node GROUP BY l.root),
    crowds AS MATERIALIZED (
        SELECT t.tangle, count(DISTINCT l.node) AS waiting, coalesce(bool_or(w.mode = 'AccessShareLock'), false) AS readers,
            max(extract(epoch FROM clock_timestamp() - coalesce(w.since, a.query_start)))::numeric AS longest,
            min(a.query_start) <= clock_timestamp() - lasts AS lasting
        FROM tangles t JOIN linked l ON l.root = t.root JOIN asked q ON q.pid = l.node JOIN activity a ON a.pid = l.node LEFT JOIN wanted w ON w.pid = l.node
        WHERE t.root = t.tangle GROUP BY t.tangle),
    holds AS MATERIALIZED (
        SELECT k.pid, k.database, k.relation, bool_or(k.mode = ANY (strong)) AS strongly FROM locks k
        WHERE k.granted AND k.locktype = 'relation' AND k.pid IN (SELECT node FROM ends) GROUP BY k.pid, k.database, k.relation),
    direct AS MATERIALIZED (
        SELECT d.node AS root, coalesce(bool_or(w.locktype IN ('transactionid', 'tuple')), false) AS rows,
            coalesce(bool_or(w.locktype = 'advisory'), false) AS advisory, coalesce(bool_and(w.locktype = 'advisory'), false) AS only_advisory,
            coalesce(bool_or(w.locktype = 'relation' AND k.strongly), false) AS strongly,
            coalesce(bool_or(w.locktype = 'virtualxid' OR (w.locktype = 'relation' AND w.mode <> ALL (ordinary_modes) AND NOT coalesce(k.strongly, false))), false) AS definition,
            coalesce(bool_or(w.locktype IN ('transactionid', 'tuple') AND (a.query_start < h.xact_start - interval '150 ms'
                OR (w.since > a.query_start + interval '150 ms' AND w.since <= h.state_change + interval '150 ms'))), false) AS handed_on
        FROM waits d JOIN ends e ON e.node = d.node LEFT JOIN wanted w ON w.pid = d.pid LEFT JOIN activity a ON a.pid = d.pid
        LEFT JOIN activity h ON h.pid = d.node LEFT JOIN holds k ON k.pid = d.node AND k.relation = w.relation AND k.database = w.database
        GROUP BY d.node),
    roots AS (
        SELECT t.tangle, d.root, h.pid, h.state, d.rows, d.advisory, d.strongly, d.definition, d.only_advisory,
            coalesce(h.state LIKE 'idle in transaction%', false) AS stuck,
            d.handed_on AND h.state_change > clock_timestamp() - interval '3 s' AS overtaken,
            d.root <= 0 OR h.state_change <= clock_timestamp() - lasts OR (h.state IS NULL AND h.xact_start <= clock_timestamp() - lasts) AS steady,
            coalesce(h.query_start, h.xact_start) AS since, h.query = '<insufficient privilege>' AS secret, h.wait_event IS NOT DISTINCT FROM 'SyncRep' AS commits,
            CASE WHEN d.root <= 0 THEN 'prepared transaction ' || coalesce(p.gid, '?')
                ELSE format('pid %s (%s, %s), %s', h.pid, coalesce(nullif(h.application_name, ''), h.usename, h.backend_type), h.state,
                    left(regexp_replace(h.query, '\s+', ' ', 'g'), 100)) END AS who,
            CASE WHEN d.root <= 0 THEN format('ROLLBACK PREPARED %L', p.gid)
                WHEN h.state LIKE 'idle%' THEN format('SELECT pg_terminate_backend(%s)', h.pid)
                ELSE format('Wait for it, or SELECT pg_cancel_backend(%s)', h.pid) END AS cure
        FROM direct d JOIN tangles t ON t.root = d.root LEFT JOIN activity h ON h.pid = d.root
        LEFT JOIN pg_prepared_xacts p ON p.transaction::text = (-d.root)::text AND d.root < 0),
    pileups AS (
        SELECT r.tangle FROM roots r JOIN crowds c ON c.tangle = r.tangle
        WHERE r.stuck AND r.steady AND used >= {nearly} * ordinary AND waiting * 2 >= used AND c.waiting * 2 >= used),
    named AS (
        SELECT r.tangle, n.cause, r.who, r.cure FROM roots r CROSS JOIN LATERAL (VALUES
            ('orphan_prepared_tx', r.root <= 0),
            ('advisory_lock_leak', r.advisory AND r.state LIKE 'idle%'),
            ('lock_pileup_exhausts_slots', r.stuck AND r.tangle IN (SELECT tangle FROM pileups)),
            ('idle_in_tx_row_lock', r.stuck AND r.rows AND NOT coalesce(r.overtaken, false) AND r.tangle NOT IN (SELECT tangle FROM pileups)),
            ('idle_in_tx_table_lock', r.stuck AND r.strongly AND r.tangle NOT IN (SELECT tangle FROM pileups)),
            ('ddl_queue_behind_idle_tx', r.stuck AND r.definition AND r.tangle NOT IN (SELECT tangle FROM pileups)),
            ('exclusive_maintenance', r.state = 'active' AND r.strongly),
            ('long_statement_holds_lock', r.root > 0 AND r.pid IS NOT NULL AND NOT r.secret AND coalesce(r.state NOT LIKE 'idle%', true) AND NOT r.commits
                AND r.since <= clock_timestamp() - make_interval(secs => {statement_seconds})
                AND NOT r.strongly AND NOT r.only_advisory AND NOT coalesce(r.overtaken, false))) AS n(cause, so)
        WHERE n.so AND r.steady)
    SELECT n.cause,
        CASE WHEN n.cause = 'lock_pileup_exhausts_slots' OR c.waiting >= {many} OR (c.readers AND c.waiting >= {some}) THEN 'critical'
            WHEN c.waiting >= {some} OR c.readers OR c.longest >= {long} THEN 'high' ELSE 'medium' END,
        CASE n.cause WHEN 'orphan_prepared_tx' THEN 'A prepared transaction that no session holds blocks others'
            WHEN 'advisory_lock_leak' THEN 'A session keeps an advisory lock that others wait for'
            WHEN 'lock_pileup_exhausts_slots' THEN 'Sessions that wait for one idle transaction take the connection slots'
            WHEN 'ddl_queue_behind_idle_tx' THEN 'An idle transaction holds up a change of a table, and everybody queues behind it'
            WHEN 'exclusive_maintenance' THEN 'A maintenance command has locked what others need'
            WHEN 'long_statement_holds_lock' THEN 'A long statement holds a lock that others wait for'
            ELSE 'A session that is idle in a transaction holds a lock that others wait for' END,
        format('%s sessions wait, the longest for %s s; root: %s', c.waiting, round(c.longest, 1), string_agg(n.who, '; ')),
        string_agg(n.cure, '; '), NULL::integer, NULL::text[]
    FROM named n JOIN crowds c ON c.tangle = n.tangle WHERE c.lasting GROUP BY n.tangle, n.cause, c.waiting, c.readers, c.longest;

    -- Commits that wait for a standby that is not there: nobody holds a lock.
    RETURN QUERY
    SELECT 'sync_standby_missing', CASE WHEN count(*) >= {many_commits} THEN 'critical' ELSE 'high' END,
        'Commits wait for a synchronous standby that is not connected',
        format('%s sessions wait for SyncRep; synchronous_standby_names = %s', count(*), current_setting('synchronous_standby_names')),
        'Bring the standby back; or ALTER SYSTEM SET synchronous_standby_names = ''''; SELECT pg_reload_conf()', NULL::integer, NULL::text[]
    FROM pg_stat_activity a WHERE a.wait_event = 'SyncRep' AND a.query_start < clock_timestamp() - lasts AND current_setting('synchronous_standby_names') <> ''
        AND NOT EXISTS (SELECT FROM pg_stat_replication s WHERE s.sync_state IN ('sync', 'quorum') AND s.state = 'streaming')
    HAVING count(*) > 0;

    -- Slots.
    RETURN QUERY
    SELECT 'connections used', 'symptom', format('%s of %s connection slots are used', used, ordinary), NULL::text,
        'Close what is idle, or put a pooler in front', t.points, ARRAY['connections', 'locks']
    FROM {schema}.ramp('connections used', used::numeric / ordinary, 0.70, 0.95, 500) t(points);
    RETURN QUERY
    SELECT 'connection_leak_idle', CASE WHEN used >= ordinary THEN 'critical' ELSE 'high' END,
        format('Idle sessions of role %s take up the connection slots', l.usename),
        format('%s of %s slots are used, %s by idle sessions of this role (%s)', used, ordinary, l.number, l.applications),
        'End its idle sessions, and close connections in the application or lower its pool', NULL::integer, NULL::text[]
    FROM (SELECT a.usename, count(*) AS number, (array_agg(a.state_change ORDER BY a.state_change))[count(*) / 2 + 1] AS median,
            coalesce(string_agg(DISTINCT nullif(a.application_name, ''), ', '), 'no application name') AS applications
        FROM pg_stat_activity a WHERE a.state = 'idle' AND a.usename IS NOT NULL AND a.pid <> pg_backend_pid() GROUP BY a.usename ORDER BY 2 DESC LIMIT 1) l
    WHERE used >= {nearly} * ordinary AND idle * 2 >= used AND waiting * 3 < used AND l.number * 3 >= used
        AND (used >= ordinary OR l.median <= clock_timestamp() - make_interval(secs => {leak_seconds}));
    RETURN QUERY
    SELECT 'role_connection_limit', 'medium', format('Role %s is at its connection limit', r.rolname),
        format('rolconnlimit = %s, %s sessions', r.rolconnlimit, count(*)), format('ALTER ROLE %I CONNECTION LIMIT %s', r.rolname, 2 * r.rolconnlimit),
        NULL::integer, NULL::text[]
    FROM pg_roles r JOIN pg_stat_activity a ON a.usesysid = r.oid AND a.datname IS NOT NULL
        AND (a.backend_type IS NULL OR a.backend_type IN ('client backend', 'parallel worker'))
    WHERE r.rolconnlimit > 0 AND r.rolcanlogin AND NOT r.rolsuper
    GROUP BY r.rolname, r.rolconnlimit HAVING count(*) >= r.rolconnlimit;
    RETURN QUERY
    SELECT 'database_connection_limit', 'medium', format('Database %s is at its connection limit', d.datname),
        format('datconnlimit = %s, %s sessions', d.datconnlimit, count(*)), format('ALTER DATABASE %I CONNECTION LIMIT %s', d.datname, 2 * d.datconnlimit),
        NULL::integer, NULL::text[]
    FROM pg_database d JOIN pg_stat_activity a ON a.datid = d.oid AND a.usename IS NOT NULL AND coalesce(a.backend_type, 'client backend') = 'client backend'
    WHERE d.datconnlimit > 0 GROUP BY d.datname, d.datconnlimit HAVING count(*) >= d.datconnlimit;

    -- Settings. Of a role that owns no table, to be read only may well be meant so.
    RETURN QUERY
    WITH given AS (
        SELECT CASE WHEN s.setrole <> 0 THEN format('role %s', r.rolname) WHEN s.setdatabase <> 0 THEN format('database %s', d.datname) ELSE 'every role' END AS whom,
            s.setrole = 0 AS broad, pair, CASE WHEN s.setrole = 0 AND s.setdatabase = 0 THEN format('ALTER ROLE ALL RESET %I', split_part(pair, '=', 1))
                WHEN s.setrole = 0 THEN format('ALTER DATABASE %I RESET %I', d.datname, split_part(pair, '=', 1))
                WHEN s.setdatabase = 0 THEN format('ALTER ROLE %I RESET %I', r.rolname, split_part(pair, '=', 1))
                ELSE format('ALTER ROLE %I IN DATABASE %I RESET %I', r.rolname, d.datname, split_part(pair, '=', 1)) END AS cure
        FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS pair
        LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole
        WHERE pair ~* '^(default_)?transaction_read_only=(on|true|tru|tr|t|yes|ye|y|1)$' AND (s.setdatabase = 0 OR d.datname = current_database())
            AND (s.setrole = 0 OR EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relowner = s.setrole
                AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'))
        UNION ALL
        SELECT 'the whole server', true, format('%s=%s', s.name, s.setting), format('ALTER SYSTEM SET %s = off; SELECT pg_reload_conf()', s.name)
        FROM pg_settings s WHERE s.name = 'default_transaction_read_only' AND s.reset_val = 'on' AND s.source = 'configuration file')
    SELECT 'read_only_setting', CASE WHEN bool_or(g.broad) THEN 'high' ELSE 'medium' END,
        format('A setting makes every transaction of %s read only', string_agg(g.whom, ', ')), string_agg(g.pair, '; '), string_agg(g.cure, '; '), NULL::integer, NULL::text[]
    FROM given g WHERE NOT pg_is_in_recovery() HAVING count(*) > 0;
    IF has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') THEN
        RETURN QUERY
        SELECT 'invalid_config_entry', 'medium', 'A line of the configuration files can not be used',
            string_agg(format('%s line %s: %s', f.sourcefile, f.sourceline, f.error), '; '), 'Mend the line, then SELECT pg_reload_conf()', NULL::integer, NULL::text[]
        FROM pg_file_settings f WHERE f.error IS NOT NULL AND NOT (f.error = 'setting could not be applied'
            AND EXISTS (SELECT FROM pg_settings s WHERE s.name = lower(f.name) AND s.pending_restart)) HAVING count(*) > 0;
    ELSE
        RETURN QUERY SELECT 'invalid_config_entry', 'unknown', format('role %s may not read pg_file_settings', current_user), NULL::text, NULL::text, NULL::integer, NULL::text[];
    END IF;
END $fireline$;

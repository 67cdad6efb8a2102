-- Indexes that can not be used, tables that are not looked after, settings that lead the planner astray. From the catalogs
-- and the counters alone. Hints lower no score: they need a person's judgement, or a look at the plans.
CREATE OR REPLACE FUNCTION {schema}.see_performance()
RETURNS TABLE (label text, severity text, title text, fact text, remedy text, takes integer, explained_by text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $fireline$
#variable_conflict use_column
DECLARE
    home text;
    whole numeric;
BEGIN
    RETURN QUERY
    SELECT CASE WHEN i.indisready THEN 'invalid_index' ELSE 'failed_concurrent_index' END, 'medium',
        format('Index %s can not be used', i.indexrelid::regclass),
        format('pg_index: indisvalid = %s, indisready = %s; nobody is building it', i.indisvalid, i.indisready),
        CASE WHEN i.indisready THEN format('REINDEX INDEX CONCURRENTLY %s', i.indexrelid::regclass)
            ELSE format('DROP INDEX CONCURRENTLY %s, then build it again', i.indexrelid::regclass) END, NULL::integer, NULL::text[]
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND i.indrelid >= 16384 AND c.relkind = 'i'
        AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.relid = i.indrelid)
        AND NOT EXISTS (SELECT FROM pg_locks k WHERE k.relation = i.indexrelid AND k.granted AND k.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock'))
    LIMIT 20;

    RETURN QUERY
    SELECT 'planner_guc_disabled', 'medium', format('%s is switched off for %s', split_part(pair, '=', 1),
            CASE WHEN s.setrole = 0 THEN format('database %s', d.datname) ELSE format('role %s', r.rolname) END),
        format('pg_db_role_setting: %s', pair),
        CASE WHEN s.setrole = 0 THEN format('ALTER DATABASE %I RESET %s', d.datname, split_part(pair, '=', 1))
            WHEN s.setdatabase = 0 THEN format('ALTER ROLE %I RESET %s', r.rolname, split_part(pair, '=', 1))
            ELSE format('ALTER ROLE %I IN DATABASE %I RESET %s', r.rolname, d.datname, split_part(pair, '=', 1)) END, NULL::integer, NULL::text[]
    FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS pair
    LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole
    WHERE pair ~* '^enable_(indexscan|indexonlyscan|bitmapscan|hashjoin|nestloop|mergejoin|sort)=(off|false|no|0|f)$'
        AND (s.setdatabase = 0 OR d.datname = current_database());

    RETURN QUERY
    SELECT 'jit_misconfigured', 'hint', 'JIT is set to compile short queries too',
        format('jit_above_cost = %s', current_setting('jit_above_cost')), 'ALTER SYSTEM RESET jit_above_cost; SELECT pg_reload_conf()',
        NULL::integer, NULL::text[]
    WHERE current_setting('jit')::boolean AND current_setting('jit_above_cost')::numeric BETWEEN 0 AND 1000;

    -- Tables.
    RETURN QUERY
    SELECT 'autovacuum_disabled_table', CASE WHEN t.n_dead_tup >= t.n_live_tup THEN 'high' ELSE 'medium' END,
        format('Autovacuum is switched off for %s, and its dead rows stay', t.relid::regclass),
        format('reloptions %s; %s dead rows beside %s live ones', c.reloptions, t.n_dead_tup, t.n_live_tup),
        format('ALTER TABLE %1$s RESET (autovacuum_enabled); VACUUM (ANALYZE) %1$s', t.relid::regclass), NULL::integer, NULL::text[]
    FROM pg_stat_user_tables t JOIN pg_class c ON c.oid = t.relid
    WHERE array_to_string(c.reloptions, ',') ~* 'autovacuum_enabled=(off|false|no|0)' AND t.n_dead_tup >= greatest(1000, 0.5 * t.n_live_tup)
    LIMIT 20;
    RETURN QUERY
    SELECT 'dead rows', 'symptom', format('%s %% of the rows of %s are dead', round(100 * w.share), w.relid::regclass),
        format('%s dead, %s live', w.n_dead_tup, w.n_live_tup), format('VACUUM (ANALYZE, SKIP_LOCKED) %s', w.relid::regclass), p.points,
        ARRAY['autovacuum_disabled_table', 'xmin_held_by_session', 'xmin_held_by_prepared', 'xmin_held_by_slot']
    FROM (SELECT t.relid, t.n_dead_tup, t.n_live_tup, t.n_dead_tup::numeric / (t.n_dead_tup + t.n_live_tup) AS share FROM pg_stat_user_tables t
        WHERE t.n_dead_tup >= 10000 ORDER BY 4 DESC LIMIT 1) w CROSS JOIN LATERAL {schema}.ramp('dead rows', w.share, 0.25, 0.75, 200) p(points);
    RETURN QUERY
    SELECT 'stale statistics', 'symptom', format('%s has changed by %s %% since it was analysed', w.relid::regclass, round(100 * w.share)),
        format('%s rows changed, last analysed %s', w.n_mod_since_analyze, coalesce(w.at::text, 'never')), format('ANALYZE %s', w.relid::regclass), p.points,
        ARRAY['autovacuum_disabled_table']
    FROM (SELECT t.relid, t.n_mod_since_analyze, greatest(t.last_analyze, t.last_autoanalyze) AS at,
            t.n_mod_since_analyze::numeric / greatest(c.reltuples::numeric, t.n_live_tup, 1) AS share
        FROM pg_stat_user_tables t JOIN pg_class c ON c.oid = t.relid WHERE t.n_mod_since_analyze >= 10000 ORDER BY 4 DESC LIMIT 1) w
    CROSS JOIN LATERAL {schema}.ramp('stale statistics', w.share, 0.5, 2.0, 100) p(points);
    RETURN QUERY
    SELECT 'cache hits', 'symptom', format('%s %% of the blocks read were in the cache', round(100 * w.share)),
        format('%s hits, %s reads', w.blks_hit, w.blks_read), 'More shared_buffers, or fewer blocks for each row: look at the slowest statements', p.points,
        ARRAY['planner_guc_disabled', 'invalid_index', 'failed_concurrent_index', 'autovacuum_disabled_table']
    FROM (SELECT d.blks_hit, d.blks_read, d.blks_hit::numeric / (d.blks_hit + d.blks_read) AS share FROM pg_stat_database d
        WHERE d.datname = current_database() AND d.blks_hit + d.blks_read >= 200000) w
    CROSS JOIN LATERAL {schema}.ramp('cache hits', w.share, 0.95, 0.70, 200) p(points);

    -- Hints.
    RETURN QUERY
    SELECT 'missing_index', 'hint', format('%s is read from end to end again and again', t.relid::regclass),
        format('%s sequential scans read %s rows each, %s scans by an index', t.seq_scan, t.seq_tup_read / t.seq_scan, coalesce(t.idx_scan, 0)),
        'Look at the plans of the statements on it; an index on what they filter by may help', NULL::integer, NULL::text[]
    FROM pg_stat_user_tables t WHERE t.seq_scan >= 100 AND t.seq_tup_read / t.seq_scan >= 10000 ORDER BY t.seq_tup_read DESC LIMIT 5;
    RETURN QUERY
    SELECT 'fk_missing_index', 'hint', format('No index leads with the columns of foreign key %I on %s', c.conname, c.conrelid::regclass),
        format('%s rows; each delete in %s reads them all', greatest(r.reltuples, 0)::bigint, c.confrelid::regclass),
        format('CREATE INDEX CONCURRENTLY ON %s (%s)', c.conrelid::regclass, (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
            FROM unnest(c.conkey) WITH ORDINALITY k(number, place) JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number)), NULL::integer, NULL::text[]
    FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
    WHERE c.contype = 'f' AND c.conparentid = 0 AND r.reltuples >= 10000 AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indisvalid
        AND i.indpred IS NULL AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)
    ORDER BY r.reltuples DESC LIMIT 10;
    RETURN QUERY
    SELECT 'redundant_indexes', 'hint', format('Index %s holds the same as %s', max(i.indexrelid)::regclass, min(i.indexrelid)::regclass),
        format('on %s', i.indrelid::regclass), format('DROP INDEX CONCURRENTLY %s, after a look at the standbys', max(i.indexrelid)::regclass), NULL::integer, NULL::text[]
    FROM pg_index i WHERE i.indrelid >= 16384 AND i.indisvalid AND NOT i.indisprimary
    GROUP BY i.indrelid, i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text, i.indisunique, coalesce(i.indexprs::text, ''), coalesce(i.indpred::text, '')
    HAVING count(*) > 1 LIMIT 10;
    RETURN QUERY
    SELECT 'unused_index', 'hint', format('Index %s was never used since the counters began', u.indexrelid::regclass),
        format('%s MB', c.relpages / 128), 'Look whether a standby uses it before you drop it', NULL::integer, NULL::text[]
    FROM pg_stat_user_indexes u JOIN pg_index i ON i.indexrelid = u.indexrelid JOIN pg_class c ON c.oid = u.indexrelid
    WHERE u.idx_scan = 0 AND NOT i.indisunique AND i.indisvalid AND c.relpages >= 1280 ORDER BY c.relpages DESC LIMIT 5;

    SELECT quote_ident(n.nspname) INTO home FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements';
    BEGIN
        IF home IS NULL THEN
            RAISE EXCEPTION 'the extension pg_stat_statements is not in this database';
        END IF;
        EXECUTE format('SELECT sum(total_exec_time)::numeric FROM %s.pg_stat_statements', home) INTO whole;
        RETURN QUERY EXECUTE format($statements$
            SELECT CASE WHEN s.mean_exec_time < 5 THEN 'n_plus_one' ELSE 'slow_statement' END, 'hint',
                format('One statement takes %%s %%%% of all the time', round((100 * s.total_exec_time / $1::float8)::numeric)),
                format('%%s calls, %%s ms each: %%s', s.calls, round(s.mean_exec_time::numeric, 2), left(regexp_replace(s.query, '\s+', ' ', 'g'), 200)),
                CASE WHEN s.mean_exec_time < 5 THEN 'Ask for many rows at once in the application' ELSE 'Look at its plan: EXPLAIN (ANALYZE, BUFFERS)' END, NULL::integer, NULL::text[]
            FROM %s.pg_stat_statements s JOIN pg_catalog.pg_database d ON d.oid = s.dbid AND d.datname = current_database()
            WHERE s.total_exec_time >= 0.2 * $1 AND s.total_exec_time >= 1000
                AND (s.mean_exec_time >= 100 OR (s.calls >= 1000 AND s.mean_exec_time < 5 AND s.query ~* '^\s*select'))
            ORDER BY s.total_exec_time DESC LIMIT 5 $statements$, home) USING whole;
    EXCEPTION WHEN raise_exception OR insufficient_privilege OR object_not_in_prerequisite_state OR undefined_column OR undefined_table THEN
        RETURN QUERY SELECT l, 'unknown', SQLERRM, NULL::text, NULL::text, NULL::integer, NULL::text[] FROM unnest(ARRAY['slow_statement', 'n_plus_one']) l;
    END;
END $fireline$;

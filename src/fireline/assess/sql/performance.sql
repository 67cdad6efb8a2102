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
    -- What statements suffer from it is not read here: as long as none is seen, it is housekeeping.
    RETURN QUERY
    WITH building AS MATERIALIZED (
        SELECT p.relid, p.index_relid, p.phase IS NULL AS hidden FROM pg_stat_progress_create_index p WHERE p.datid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
    SELECT CASE WHEN i.indisready AND i.indislive THEN 'invalid_index' ELSE 'failed_concurrent_index' END, 'low',
        format('Index %s can not be used', i.indexrelid::regclass),
        format('pg_index: indisvalid = %s, indisready = %s; nobody is building it', i.indisvalid, i.indisready),
        CASE WHEN i.indisready AND i.indislive THEN format('REINDEX INDEX CONCURRENTLY %s', i.indexrelid::regclass)
            ELSE format('DROP INDEX CONCURRENTLY %s, then build it again', i.indexrelid::regclass) END, NULL::integer, NULL::text[]
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT (i.indisvalid AND i.indisready AND i.indislive) AND i.indrelid >= 16384 AND c.relkind = 'i'
        AND NOT EXISTS (SELECT FROM building b WHERE b.index_relid = i.indexrelid OR (coalesce(b.index_relid, 0) = 0 AND b.relid = i.indrelid))
        AND NOT (EXISTS (SELECT FROM building b WHERE b.hidden)
            AND EXISTS (SELECT FROM pg_locks k WHERE k.relation = i.indrelid AND k.mode = 'ShareUpdateExclusiveLock' AND k.granted))
    LIMIT 500;

    -- Planner settings, the nearest for each role. Those that leave it no index at all count; others need a look at the plans.
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT nullif(s.setrole, 0) AS role, 2 * (s.setrole <> 0)::integer + (s.setdatabase <> 0)::integer + 1 AS near,
            split_part(pair, '=', 1) AS name, substr(pair, strpos(pair, '=') + 1) AS value,
            CASE WHEN s.setrole <> 0 THEN format('role %s', r.rolname) WHEN s.setdatabase <> 0 THEN format('database %s', d.datname) ELSE 'every role' END AS whom,
            CASE WHEN s.setrole = 0 AND s.setdatabase = 0 THEN 'ALTER ROLE ALL' WHEN s.setrole = 0 THEN format('ALTER DATABASE %I', d.datname)
                WHEN s.setdatabase = 0 THEN format('ALTER ROLE %I', r.rolname) ELSE format('ALTER ROLE %I IN DATABASE %I', r.rolname, d.datname) END AS alter
        FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS pair
        LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole
        WHERE split_part(pair, '=', 1) = ANY ({planner}) AND (s.setdatabase = 0 OR d.datname = current_database())
        UNION ALL
        SELECT NULL, 0, s.name, s.reset_val, 'the whole server', 'ALTER SYSTEM' FROM pg_settings s
        WHERE s.name = ANY ({planner}) AND s.source = 'configuration file'),
    nearest AS (
        SELECT DISTINCT ON (w.role, g.name) w.role AS who, g.* FROM (SELECT DISTINCT role FROM given) w JOIN given g ON g.role IS NULL OR g.role = w.role
        ORDER BY w.role, g.name, g.near DESC),
    weighed AS (
        SELECT n.*, n.name LIKE 'enable%' AND n.value !~* '^(on|1|true|tru|tr|t|yes|ye|y)$' AS off,
            CASE WHEN n.name NOT LIKE 'enable%' AND n.value ~ '^[0-9.]+(e[-+]?[0-9]+)?$' THEN n.value::numeric END AS cost FROM nearest n),
    absurd AS (
        SELECT w.* FROM weighed w WHERE (w.name = 'random_page_cost' AND w.cost >= {random_page_cost}) OR (w.name = 'cpu_index_tuple_cost' AND w.cost >= {cpu_index_tuple_cost})
            OR (w.name = 'seq_page_cost' AND w.cost < {seq_page_cost})
            OR (w.off AND w.name IN ('enable_indexscan', 'enable_bitmapscan') AND (SELECT count(*) FROM weighed o
                WHERE o.who IS NOT DISTINCT FROM w.who AND o.off AND o.name IN ('enable_indexscan', 'enable_bitmapscan')) = 2))
    SELECT 'planner_guc_disabled', 'medium', format('The planner may not use the indexes there are: %s', string_agg(DISTINCT format('%s = %s of %s', b.name, b.value, b.whom), ', ')),
        'pg_db_role_setting, pg_settings', string_agg(DISTINCT format('%s RESET %I', b.alter, b.name), '; '), NULL::integer, NULL::text[]
    FROM absurd b HAVING count(*) > 0
    UNION ALL
    SELECT 'planner_guc_disabled', 'hint', format('%s is switched off for %s', w.name, w.whom), format('%s = %s', w.name, w.value),
        format('%s RESET %I, unless somebody means it', w.alter, w.name), NULL::integer, NULL::text[]
    FROM (SELECT DISTINCT o.name, o.value, o.whom, o.alter FROM weighed o WHERE o.off) w WHERE NOT EXISTS (SELECT FROM absurd);

    RETURN QUERY
    SELECT 'jit_misconfigured', 'hint', 'JIT is set to compile short queries too',
        format('jit_above_cost = %s', current_setting('jit_above_cost')), 'ALTER SYSTEM RESET jit_above_cost; SELECT pg_reload_conf()',
        NULL::integer, NULL::text[]
    WHERE current_setting('jit')::boolean AND current_setting('jit_above_cost')::numeric BETWEEN 0 AND 1000;

    -- Tables. One that is much larger than its rows need is as full of dead rows as one that counts them.
    RETURN QUERY
    WITH off AS MATERIALIZED (
        SELECT c.oid AS relid, n.nspname, c.relname, c.reloptions, c.reltuples, pg_stat_get_live_tuples(c.oid) AS live, pg_stat_get_dead_tuples(c.oid) AS dead,
            pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid) AS gone, coalesce({schema}.blocks(c.oid), c.relpages) AS blocks,
            coalesce(substring(array_to_string(c.reloptions, ',') FROM 'fillfactor=(\d+)')::numeric, 100) / 100 AS fill
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384 AND c.relpersistence <> 't' AND c.reloptions IS NOT NULL
            AND array_to_string(c.reloptions, ',') ~* 'autovacuum_enabled=(off|of|false|fals|fal|fa|f|no|n|0)(,|$)' LIMIT 100),
    sized AS (
        SELECT o.*, CASE WHEN w.missing = 0 THEN coalesce(nullif(o.live, 0), greatest(o.reltuples, 1))::numeric * (w.width + 28) / (8168 * o.fill) END AS expected
        FROM off o CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE p.avg_width IS NULL) AS missing, sum(p.avg_width * (1 - p.null_frac))::numeric AS width
            FROM pg_attribute a LEFT JOIN pg_stats p ON p.schemaname = o.nspname AND p.tablename = o.relname AND p.attname = a.attname AND NOT p.inherited
            WHERE a.attrelid = o.relid AND a.attnum > 0 AND NOT a.attisdropped) w)
    SELECT 'autovacuum_disabled_table', 'medium', format('Autovacuum is switched off for %s, and its dead rows stay', t.relid::regclass),
        format('reloptions %s; %s dead rows beside %s live ones, %s pages', t.reloptions, t.dead, t.live, t.blocks),
        format('ALTER TABLE %1$s RESET (autovacuum_enabled); VACUUM (ANALYZE) %1$s', t.relid::regclass), NULL::integer, NULL::text[]
    FROM sized t WHERE t.dead >= greatest({off_dead}, {off_part} * t.live)
        OR (t.blocks > greatest({off_times} * t.expected, t.expected + {off_pages}) AND t.gone > 0);
    RETURN QUERY
    SELECT 'dead rows', 'symptom', format('%s %% of the rows of %s are dead', round(100 * w.share), w.relid::regclass),
        format('%s dead, %s live', w.dead, w.live), format('VACUUM (ANALYZE, SKIP_LOCKED) %s', w.relid::regclass), p.points, ARRAY['storage', 'queries']
    FROM (SELECT c.oid AS relid, s.dead, s.live, s.dead::numeric / (s.dead + s.live) AS share
        FROM pg_class c CROSS JOIN LATERAL (SELECT pg_stat_get_dead_tuples(c.oid) AS dead, pg_stat_get_live_tuples(c.oid) AS live) s
        WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384 AND c.relpersistence <> 't' AND s.dead >= {enough_rows} ORDER BY 4 DESC LIMIT 1) w CROSS JOIN LATERAL {schema}.ramp('dead rows', w.share, 0.25, 0.75, 200) p(points);
    -- Rows that came in one stroke with an ANALYZE are counted twice as live: a file that has not grown since has as many as it counted.
    RETURN QUERY
    SELECT 'stale statistics', 'symptom', format('%s has changed by %s %% since it was analysed', w.relid::regclass, round(100 * w.share)),
        format('%s rows changed, last analysed %s', w.changed, coalesce(w.at::text, 'never')), format('ANALYZE %s', w.relid::regclass), p.points,
        ARRAY['queries', 'storage']
    FROM (SELECT c.oid AS relid, s.changed, greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)) AS at, s.changed::numeric
            / CASE WHEN c.reltuples > 0 AND {schema}.blocks(c.oid) <= c.relpages THEN greatest(c.reltuples, 1) ELSE greatest(c.reltuples, s.live, 1) END::numeric AS share
        FROM pg_class c CROSS JOIN LATERAL (SELECT pg_stat_get_mod_since_analyze(c.oid) AS changed, pg_stat_get_live_tuples(c.oid) AS live) s
        WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384 AND c.relpersistence <> 't' AND s.changed >= {enough_rows} ORDER BY 4 DESC LIMIT 1) w
    CROSS JOIN LATERAL {schema}.ramp('stale statistics', w.share, 0.5, 2.0, 100) p(points);
    RETURN QUERY
    SELECT 'cache hits', 'symptom', format('%s %% of the blocks read were in the cache', round(100 * w.share)),
        format('%s hits, %s reads', w.blks_hit, w.blks_read), 'More shared_buffers, or fewer blocks for each row: look at the slowest statements', p.points,
        ARRAY['queries']
    FROM (SELECT d.blks_hit, d.blks_read, d.blks_hit::numeric / (d.blks_hit + d.blks_read) AS share FROM pg_stat_database d
        WHERE d.datname = current_database() AND d.blks_hit + d.blks_read >= {enough_blocks}) w
    CROSS JOIN LATERAL {schema}.ramp('cache hits', w.share, 0.95, 0.70, 200) p(points);

    -- Hints.
    RETURN QUERY
    SELECT 'missing_index', 'hint', format('%s is read from end to end again and again', t.relid::regclass),
        format('%s sequential scans read %s rows each, %s scans by an index', t.scans, t.returned / t.scans,
            (SELECT coalesce(sum(pg_stat_get_numscans(i.indexrelid)), 0) FROM pg_index i WHERE i.indrelid = t.relid)),
        'Look at the plans of the statements on it; an index on what they filter by may help', NULL::integer, NULL::text[]
    FROM (SELECT c.oid AS relid, pg_stat_get_numscans(c.oid) AS scans, pg_stat_get_tuples_returned(c.oid) AS returned
        FROM pg_class c WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384 AND c.relpersistence <> 't') t
    WHERE t.scans >= 100 AND t.returned / t.scans >= 10000 ORDER BY t.returned DESC LIMIT 5;
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
    SELECT 'unused_index', 'hint', format('Index %s was never used since the counters began', i.indexrelid::regclass),
        format('%s MB', c.relpages / 128), 'Look whether a standby uses it before you drop it', NULL::integer, NULL::text[]
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid >= 16384 AND c.relkind = 'i' AND c.relpages >= 1280 AND NOT i.indisunique AND i.indisvalid AND pg_stat_get_numscans(i.indexrelid) = 0
    ORDER BY c.relpages DESC LIMIT 5;

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

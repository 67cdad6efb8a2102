-- Analyses what is stale, and returns the rest as commands: VACUUM and REINDEX CONCURRENTLY can not run in a function.
CREATE OR REPLACE FUNCTION {schema}.optimize_database(dry_run boolean DEFAULT false)
RETURNS TABLE (action text, object text, reason text, command text, done boolean, result text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '500ms' AS $fireline$
#variable_conflict use_column
DECLARE
    begun timestamptz := clock_timestamp();
    stale record;
    changing boolean := NOT dry_run AND NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean;
BEGIN
    FOR stale IN
        SELECT t.relid, t.relid::regclass::text AS name, t.n_mod_since_analyze AS changed, c.reltuples, pg_has_role(c.relowner, 'USAGE') AS own,
            greatest(t.last_analyze, t.last_autoanalyze) AS at
        FROM pg_stat_user_tables t JOIN pg_class c ON c.oid = t.relid
        WHERE t.n_mod_since_analyze > current_setting('autovacuum_analyze_threshold')::numeric + current_setting('autovacuum_analyze_scale_factor')::numeric * greatest(c.reltuples, 0)
            OR (greatest(t.last_analyze, t.last_autoanalyze) IS NULL AND t.n_live_tup >= 1000)
        ORDER BY t.n_mod_since_analyze DESC LIMIT 50
    LOOP
        action := 'analyze';
        object := stale.name;
        reason := format('%s rows changed since it was analysed%s', stale.changed, coalesce(' at ' || stale.at, ', which was never'));
        command := 'ANALYZE ' || stale.name;
        done := false;
        result := CASE WHEN NOT stale.own THEN 'you do not own it' WHEN NOT changing THEN 'only shown' WHEN clock_timestamp() - begun > interval '30 s' THEN 'left for the next call: 30 s are over' END;
        IF result IS NULL THEN
            BEGIN
                EXECUTE 'ANALYZE (SKIP_LOCKED) ' || stale.name;
                result := format('rows counted: %s before, %s now', greatest(stale.reltuples, 0)::bigint, (SELECT c.reltuples::bigint FROM pg_class c WHERE c.oid = stale.relid));
                done := true;
            EXCEPTION WHEN OTHERS THEN
                result := SQLERRM;
            END;
        END IF;
        RETURN NEXT;
    END LOOP;
    RETURN QUERY
    SELECT 'vacuum', t.relid::regclass::text, format('%s dead rows beside %s live ones', t.n_dead_tup, t.n_live_tup),
        format('VACUUM (ANALYZE, SKIP_LOCKED) %s', t.relid::regclass), false, 'run it yourself, or `fireline resolve optimize`'
    FROM pg_stat_user_tables t JOIN pg_class c ON c.oid = t.relid
    WHERE t.n_dead_tup > current_setting('autovacuum_vacuum_threshold')::numeric + current_setting('autovacuum_vacuum_scale_factor')::numeric * greatest(c.reltuples, 0)
    ORDER BY t.n_dead_tup DESC LIMIT 20;
    RETURN QUERY
    SELECT CASE f.label WHEN 'invalid_index' THEN 'reindex' WHEN 'failed_concurrent_index' THEN 'drop index' WHEN 'fk_not_validated' THEN 'validate' ELSE 'change' END,
        f.label, f.title, f.remedy, false, 'run it yourself, after a look'
    FROM {schema}.findings() f
    WHERE f.label IN ('invalid_index', 'failed_concurrent_index', 'fk_not_validated', 'fk_missing_index', 'planner_guc_disabled', 'autovacuum_disabled_table',
        'xmin_held_by_session', 'xmin_held_by_prepared', 'xmin_held_by_slot') AND f.severity <> 'unknown'
    ORDER BY f.number;
END $fireline$;

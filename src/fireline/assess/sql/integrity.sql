-- Whether the rules that the data stands on are kept; the data itself is counted by check_foreign_key_integrity().
CREATE OR REPLACE FUNCTION {schema}.see_integrity()
RETURNS TABLE (label text, severity text, title text, fact text, remedy text, takes integer, explained_by text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $fireline$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT 'fk_triggers_disabled', 'medium', format('The triggers that enforce foreign key %I on %s are switched off', c.conname, c.conrelid::regclass),
        format('pg_trigger: %s', string_agg(format('%s on %s is %s', g.tgname, g.tgrelid::regclass, g.tgenabled), '; ')),
        string_agg(format('ALTER TABLE %s ENABLE TRIGGER %I', g.tgrelid::regclass, g.tgname), '; '), NULL::integer, NULL::text[]
    FROM pg_constraint c JOIN pg_trigger g ON g.tgconstraint = c.oid AND g.tgisinternal AND g.tgenabled IN ('D', 'R')
    WHERE c.contype = 'f' AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) GROUP BY c.oid, c.conname, c.conrelid LIMIT 20;
    RETURN QUERY
    SELECT 'fk_not_validated', 'hint', format('Foreign key %I on %s was never validated', c.conname, c.conrelid::regclass), 'pg_constraint: convalidated = false',
        format('ALTER TABLE %s VALIDATE CONSTRAINT %I', c.conrelid::regclass, c.conname), NULL::integer, NULL::text[]
    FROM pg_constraint c WHERE c.contype = 'f' AND NOT c.convalidated AND c.conparentid = 0 AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) LIMIT 20;
    RETURN QUERY
    SELECT 'page_corruption', 'critical', format('Pages of database %s failed their checksum', d.datname),
        format('%s failures, the last at %s', to_jsonb(d) ->> 'checksum_failures', to_jsonb(d) ->> 'checksum_last_failure'),
        'Stop writes, copy the files before anything else, then restore', NULL::integer, NULL::text[]
    FROM pg_stat_database d WHERE (to_jsonb(d) ->> 'checksum_failures')::bigint > 0;
    RETURN QUERY
    SELECT 'collation_version_change', 'medium', format('Collation %s has another version than its indexes were built with', c.collname),
        format('recorded %s, now %s', c.collversion, pg_collation_actual_version(c.oid)),
        format('REINDEX what depends on it, then ALTER COLLATION %I.%I REFRESH VERSION', n.nspname, c.collname), NULL::integer, NULL::text[]
    FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
    WHERE c.collversion IS NOT NULL AND c.collprovider <> 'd'
        AND EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_collation'::regclass AND d.refobjid = c.oid)
        AND c.collversion IS DISTINCT FROM pg_collation_actual_version(c.oid) LIMIT 10;
    IF to_regprocedure('pg_database_collation_actual_version(oid)') IS NOT NULL THEN
        RETURN QUERY EXECUTE $versions$
            SELECT 'collation_version_change', 'medium', format('The collation of database %s has another version than its indexes were built with', d.datname),
                format('recorded %s, now %s', d.datcollversion, pg_database_collation_actual_version(d.oid)),
                format('REINDEX DATABASE %1$I, then ALTER DATABASE %1$I REFRESH COLLATION VERSION', d.datname), NULL::integer, NULL::text[]
            FROM pg_database d WHERE d.datname = current_database() AND d.datcollversion IS DISTINCT FROM pg_database_collation_actual_version(d.oid)
                AND d.datcollversion IS NOT NULL $versions$;
    END IF;
END $fireline$;

-- Whether the rules that the data stands on are kept; the data itself is counted by check_foreign_key_integrity().
CREATE OR REPLACE FUNCTION {schema}.see_integrity()
RETURNS TABLE (label text, severity text, title text, fact text, remedy text, takes integer, explained_by text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $fireline$
#variable_conflict use_column
DECLARE
    changed oid[] := '{{}}';
    facts text[] := '{{}}';
    versions text[];
BEGIN
    -- Whether rows refer to nothing already is not counted here; if so, it is worse than this says.
    RETURN QUERY
    SELECT 'fk_triggers_disabled', 'medium', format('The triggers that enforce %s are switched off', string_agg(DISTINCT format('foreign key %I on %s', c.conname, c.conrelid::regclass), ', ')),
        format('pg_trigger: %s', string_agg(format('%s on %s is %s', g.tgname, g.tgrelid::regclass, g.tgenabled), '; ')),
        string_agg(format('ALTER TABLE %s ENABLE TRIGGER %I', g.tgrelid::regclass, g.tgname), '; '), NULL::integer, NULL::text[]
    FROM (SELECT * FROM pg_trigger t WHERE t.tgisinternal AND t.tgconstraint <> 0 AND t.tgenabled IN ('D', 'R') LIMIT 100) g
    JOIN pg_constraint c ON c.oid = g.tgconstraint AND c.contype = 'f' AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) HAVING count(*) > 0;
    RETURN QUERY
    SELECT 'fk_not_validated', 'hint', format('Foreign key %I on %s was never validated', c.conname, c.conrelid::regclass), 'pg_constraint: convalidated = false',
        format('ALTER TABLE %s VALIDATE CONSTRAINT %I', c.conrelid::regclass, c.conname), NULL::integer, NULL::text[]
    FROM pg_constraint c WHERE c.contype = 'f' AND NOT c.convalidated AND c.conparentid = 0 AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) LIMIT 20;

    -- The pages are not read again here: what was counted long ago may be mended, and what is damaged now may be worse than this says.
    RETURN QUERY
    SELECT 'page_corruption', CASE WHEN w.at > clock_timestamp() - interval '1 day' THEN 'high' ELSE 'hint' END, format('Pages of database %s failed their checksum', w.datname),
        format('%s failures, the last at %s', w.failures, w.at), 'Stop writes, copy the files before anything else, then restore', NULL::integer, NULL::text[]
    FROM (SELECT d.datname, (to_jsonb(d) ->> 'checksum_failures')::bigint AS failures, (to_jsonb(d) ->> 'checksum_last_failure')::timestamptz AS at
        FROM pg_stat_database d WHERE d.datname = current_database()) w WHERE w.failures > 0;

    -- Collations whose rules have changed since indexes were sorted by them; 100 is the database's own.
    SELECT coalesce(array_agg(w.oid), '{{}}'), coalesce(array_agg(w.fact), '{{}}') INTO changed, facts FROM (
        SELECT c.oid, format('%I: recorded %s, now %s', c.collname, c.collversion, pg_collation_actual_version(c.oid)) AS fact
        FROM (SELECT DISTINCT k.used AS oid FROM pg_index i CROSS JOIN LATERAL unnest(i.indcollation) k(used) WHERE k.used <> 0 AND i.indexrelid >= 16384) u
        JOIN pg_collation c ON c.oid = u.oid WHERE c.collversion IS NOT NULL AND c.collversion <> pg_collation_actual_version(c.oid)) w;
    IF to_regprocedure('pg_database_collation_actual_version(oid)') IS NOT NULL THEN
        EXECUTE $versions$SELECT ARRAY[d.datcollversion, pg_database_collation_actual_version(d.oid)] FROM pg_database d WHERE d.datname = current_database()$versions$ INTO versions;
        IF versions[1] <> versions[2] THEN
            changed := changed || 100::oid;
            facts := facts || format('database %I: recorded %s, now %s', current_database(), versions[1], versions[2]);
        END IF;
    END IF;
    RETURN QUERY
    SELECT 'collation_version_change', 'medium', 'The rules that text is sorted by have changed since indexes were built with them',
        format('%s; %s indexes are sorted by it, such as %s', array_to_string(facts, '; '), count(*), min(i.indexrelid::regclass::text)),
        'REINDEX what is sorted by it, then ALTER COLLATION … REFRESH VERSION or ALTER DATABASE … REFRESH COLLATION VERSION', NULL::integer, NULL::text[]
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE cardinality(changed) > 0 AND i.indexrelid >= 16384 AND c.relkind = 'i' AND c.relpersistence <> 't' AND i.indcollation::oid[] && changed HAVING count(*) > 0;
END $fireline$;

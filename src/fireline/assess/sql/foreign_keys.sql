-- Rows that refer to nothing, for each declared foreign key; reads only. What indexes answer is asked of the table again.
CREATE OR REPLACE FUNCTION {schema}.check_foreign_key_integrity(only_constraint text DEFAULT NULL, time_limit interval DEFAULT '10 minutes')
RETURNS TABLE (constraint_name text, child_table text, parent_table text, violations bigint, samples jsonb, status text, validated boolean, enforced boolean,
    milliseconds integer, note text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' SET row_security = off SET jit = off SET work_mem = '64MB'
SET enable_hashjoin = on SET enable_mergejoin = on SET enable_nestloop = off SET enable_sort = on SET enable_indexscan = on SET enable_indexonlyscan = on
SET enable_bitmapscan = off SET enable_seqscan = on AS $fireline$
#variable_conflict use_column
DECLARE
    begun timestamptz := clock_timestamp();
    one_begun timestamptz;
    key record;
    orphans text;
    halves text;
    first_count bigint;
BEGIN
    FOR key IN
        SELECT c.oid, c.conname::text AS conname, format('%I.%I', cn.nspname, child.relname) AS child, format('%I.%I', pn.nspname, parent.relname) AS parent,
            CASE WHEN child.relkind = 'p' THEN '' ELSE 'ONLY ' END AS child_only, CASE WHEN parent.relkind = 'p' THEN '' ELSE 'ONLY ' END AS parent_only,
            k.given, k.same, k.key_values, k.columns, c.confmatchtype = 'f' AND cardinality(c.conkey) > 1 AS full_match, cardinality(c.conkey) AS width, c.convalidated,
            coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) AS conenforced, coalesce((to_jsonb(c) ->> 'conperiod')::boolean, false) AS conperiod,
            NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgconstraint = c.oid AND g.tgenabled IN ('D', 'R')) AS firing,
            parent.relkind <> 'p' AND child.relkind <> 'p' AND child.relallvisible >= 0.8 * child.relpages AND parent.relallvisible >= 0.8 * parent.relpages
                AND child.relpages > 0 AND EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam AND m.amname = 'btree'
                    WHERE i.indrelid = c.conrelid AND i.indisvalid AND i.indpred IS NULL AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] = c.conkey)
                AND EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = c.conindid AND i.indisvalid) AS by_index
        FROM pg_constraint c JOIN pg_class child ON child.oid = c.conrelid JOIN pg_namespace cn ON cn.oid = child.relnamespace
        JOIN pg_class parent ON parent.oid = c.confrelid JOIN pg_namespace pn ON pn.oid = parent.relnamespace
        CROSS JOIN LATERAL (
            SELECT string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ' ORDER BY i) AS given,
                string_agg(format('p.%I OPERATOR(%I.%s) c.%I%s', b.attname, o_n.nspname, o.oprname, a.attname,
                    CASE WHEN a.attcollation <> b.attcollation AND a.attcollation <> 0 AND b.attcollation <> 0 THEN format(' COLLATE %I.%I', l_n.nspname, l.collname) ELSE '' END),
                    ' AND ' ORDER BY i) AS same,
                string_agg(format('left(c.%I::text, 100)', a.attname), ', ' ORDER BY i) AS key_values, string_agg(format('c.%I', a.attname), ', ' ORDER BY i) AS columns
            FROM generate_subscripts(c.conkey, 1) i
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[i] JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[i]
            JOIN pg_operator o ON o.oid = c.conpfeqop[i] JOIN pg_namespace o_n ON o_n.oid = o.oprnamespace
            LEFT JOIN pg_collation l ON l.oid = b.attcollation LEFT JOIN pg_namespace l_n ON l_n.oid = l.collnamespace) k
        WHERE c.contype = 'f' AND c.conparentid = 0 AND (only_constraint IS NULL OR c.conname = only_constraint)
        ORDER BY c.convalidated, child.relpages, c.oid
    LOOP
        constraint_name := key.conname;
        child_table := key.child;
        parent_table := key.parent;
        validated := key.convalidated;
        enforced := key.conenforced AND key.firing;
        violations := NULL;
        samples := NULL;
        note := NULL;
        one_begun := clock_timestamp();
        IF key.conperiod THEN
            status := 'not checked';
            note := 'a key over periods: `fireline integrity` checks it';
        ELSIF clock_timestamp() - begun > time_limit THEN
            status := 'not checked';
            note := format('the time limit of %s was reached', time_limit);
        ELSE
            BEGIN
                orphans := format('FROM %s%s c WHERE %s AND NOT EXISTS (SELECT FROM %s%s p WHERE %s)', key.child_only, key.child, key.given, key.parent_only, key.parent, key.same);
                halves := format('FROM %s%s c WHERE num_nulls(%s) BETWEEN 1 AND %s', key.child_only, key.child, key.columns, key.width - 1);
                first_count := NULL;
                IF key.by_index THEN -- both indexes in step: four times as quick as the planner's own choice
                    PERFORM set_config('enable_hashjoin', 'off', true), set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true);
                    EXECUTE 'SELECT count(*) ' || orphans INTO first_count;
                END IF;
                PERFORM set_config('enable_hashjoin', 'on', true), set_config('enable_sort', 'on', true), set_config('enable_seqscan', 'on', true);
                IF first_count = 0 THEN
                    violations := 0;
                    samples := '[]';
                ELSE -- from the tables themselves: an index that lacks entries must not make orphans
                    PERFORM set_config('enable_indexscan', 'off', true), set_config('enable_indexonlyscan', 'off', true);
                    EXECUTE format($rows$SELECT count(*), coalesce(jsonb_agg(jsonb_build_object('ctid', o.place, 'key', o.told)) FILTER (WHERE o.n <= 20), '[]')
                        FROM (SELECT row_number() OVER () AS n, c.ctid::text AS place, jsonb_build_array(%s) AS told %s) o$rows$, key.key_values, orphans) INTO violations, samples;
                    PERFORM set_config('enable_indexscan', 'on', true), set_config('enable_indexonlyscan', 'on', true);
                    IF first_count <> violations THEN
                        note := format('the indexes say %s, the tables %s: an index lacks entries; REINDEX CONCURRENTLY', first_count, violations);
                    END IF;
                END IF;
                IF key.full_match THEN
                    EXECUTE 'SELECT count(*) ' || halves INTO first_count;
                    violations := violations + first_count;
                    IF first_count > 0 THEN
                        note := concat_ws('; ', note, format('%s rows are null in some of the columns only (MATCH FULL)', first_count));
                    END IF;
                END IF;
                status := CASE WHEN violations > 0 THEN 'violated' WHEN note IS NOT NULL THEN 'index broken' ELSE 'ok' END;
            EXCEPTION WHEN insufficient_privilege OR lock_not_available OR invalid_schema_name OR undefined_table OR data_corrupted OR index_corrupted THEN
                status := 'not checked';
                note := SQLERRM;
                violations := NULL;
                samples := NULL;
            END;
        END IF;
        IF NOT key.conenforced THEN
            note := concat_ws('; ', note, 'declared NOT ENFORCED');
        ELSIF NOT key.firing THEN
            note := concat_ws('; ', note, 'its triggers are switched off: rows that refer to nothing can come in');
        END IF;
        IF NOT key.convalidated THEN
            note := concat_ws('; ', note, 'never validated');
        END IF;
        milliseconds := extract(epoch FROM clock_timestamp() - one_begun) * 1000;
        RETURN NEXT;
    END LOOP;
END $fireline$;

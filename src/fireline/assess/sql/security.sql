-- Who the strangers are: roles that nobody logs in as, and a door such as an API switches into. Told by their shape (no login, and members that do
-- not have their rights at once, or policies about them), or by the names that PostgREST and Supabase give them.
CREATE OR REPLACE FUNCTION {schema}.outsiders()
RETURNS SETOF oid LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $fireline$
    SELECT r.oid FROM pg_roles r
    WHERE NOT r.rolsuper AND NOT r.rolbypassrls AND NOT (r.oid < 16384 AND r.rolname LIKE 'pg\_%')
        AND NOT EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND (c.relrowsecurity OR c.relacl IS NOT NULL OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)))
        AND (r.rolname IN ('anon', 'authenticated') OR (NOT r.rolcanlogin AND (
            EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles o ON o.oid = m.member WHERE m.roleid = r.oid
                AND NOT coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, o.rolinherit))
            OR EXISTS (SELECT FROM pg_policy p WHERE r.oid = ANY (p.polroles))
            OR (EXISTS (SELECT FROM pg_class c WHERE c.relrowsecurity AND c.oid >= 16384) AND NOT EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = r.oid)))))
$fireline$;

-- Who may see which rows, where strangers or others than the owner are let in, as the catalogs have it. role 0: everybody.
CREATE OR REPLACE FUNCTION {schema}.see_security()
RETURNS TABLE (label text, severity text, title text, fact text, remedy text, takes integer, explained_by text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $fireline$
#variable_conflict use_column
DECLARE
    outside oid[] := ARRAY(SELECT {schema}.outsiders());
    secured boolean := EXISTS (SELECT FROM pg_class c WHERE c.relrowsecurity AND c.oid >= 16384);
    writes CONSTANT text[] := ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'];
BEGIN
    RETURN QUERY
    WITH tables AS MATERIALIZED (
        SELECT c.oid, c.relowner, c.relnamespace, c.relacl, EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS policed
        FROM pg_class c WHERE c.relkind IN ('r', 'p', 'f') AND c.oid >= 16384 AND NOT c.relrowsecurity AND c.relpersistence <> 't'
            AND (c.relacl IS NOT NULL OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        ORDER BY 5 DESC, c.oid LIMIT 3000),
    open AS (
        SELECT t.oid, t.policed, string_agg(r.rolname, ', ') AS roles,
            bool_or(has_table_privilege(r.oid, t.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')) AS writes
        FROM tables t JOIN pg_roles r ON r.oid = ANY (outside)
        WHERE has_table_privilege(r.oid, t.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE') AND has_schema_privilege(r.oid, t.relnamespace, 'USAGE') GROUP BY t.oid, t.policed
        UNION ALL
        SELECT t.oid, t.policed, 'every role', bool_or(a.privilege_type = ANY (writes))
        FROM tables t CROSS JOIN LATERAL aclexplode(t.relacl) a
        WHERE a.grantee = 0 AND (a.privilege_type = 'SELECT' OR a.privilege_type = ANY (writes)) AND (secured OR cardinality(outside) > 0)
            AND EXISTS (SELECT FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) s WHERE n.oid = t.relnamespace AND s.grantee = 0 AND s.privilege_type = 'USAGE')
        GROUP BY t.oid, t.policed)
    SELECT 'policy_rls_disabled', CASE WHEN bool_or(o.oid IS NOT NULL) THEN 'high' ELSE 'medium' END,
        format('Policies are ignored, as row security is off: %s', left(string_agg(DISTINCT t.oid::regclass::text, ', '), 200)), 'pg_policy has rows, pg_class.relrowsecurity is false',
        string_agg(DISTINCT format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.oid::regclass), '; '), NULL::integer, NULL::text[]
    FROM tables t LEFT JOIN open o ON o.oid = t.oid WHERE t.policed HAVING count(*) > 0
    UNION ALL
    SELECT 'rls_disabled_exposed', CASE WHEN bool_or(o.writes) THEN 'high' ELSE 'medium' END,
        format('Without row security, and open to %s: %s', string_agg(DISTINCT o.roles, ', '), left(string_agg(DISTINCT o.oid::regclass::text, ', '), 200)),
        'pg_class.relacl grants it', string_agg(DISTINCT format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', o.oid::regclass), '; ') || ', with policies first', NULL, NULL
    FROM open o WHERE NOT o.policed HAVING count(*) > 0;

    -- Policies whose condition is plainly true; what more there is of it, and whether it shows anybody a row, is for the command.
    RETURN QUERY
    SELECT 'rls_policy_always_true', 'high', format('A policy lets everybody change every row: %s', string_agg(DISTINCT format('%I on %s', p.polname, p.polrelid::regclass), ', ')),
        'pg_policy: it holds for every row', string_agg(DISTINCT format('ALTER POLICY %I ON %s USING (…)', p.polname, p.polrelid::regclass), '; '), NULL::integer, NULL::text[]
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid AND c.relrowsecurity
    CROSS JOIN LATERAL (SELECT r.oid, r.oid = ANY (outside) AS stranger FROM pg_roles r WHERE NOT r.rolsuper AND NOT r.rolbypassrls
        AND (r.oid = ANY (outside) OR (r.oid >= 16384 AND r.oid <> c.relowner AND EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee = r.oid)))) w
    WHERE p.polpermissive AND p.polcmd = '*' AND p.polqual::text ~ '^\{{CONST :consttype 16 .*:constvalue 1 \[ 1 '
        AND NOT EXISTS (SELECT FROM pg_policy o WHERE o.polrelid = p.polrelid AND NOT o.polpermissive)
        AND (0 = ANY (p.polroles) OR (w.stranger AND EXISTS (SELECT FROM unnest(p.polroles) m WHERE m <> 0 AND pg_has_role(w.oid, m, 'USAGE'))))
        AND (c.relforcerowsecurity OR NOT pg_has_role(w.oid, c.relowner, 'USAGE')) AND has_schema_privilege(w.oid, c.relnamespace, 'USAGE')
        AND has_table_privilege(w.oid, c.oid, 'SELECT') AND has_table_privilege(w.oid, c.oid, 'UPDATE, DELETE') HAVING count(*) > 0;
    RETURN QUERY
    SELECT 'definer_function_search_path', 'hint', format('Function %s runs with its owner''s rights and takes the caller''s search_path', p.oid::regprocedure),
        'pg_proc: prosecdef, and no search_path in proconfig', format('ALTER FUNCTION %s SET search_path = ''''', p.oid::regprocedure), NULL::integer, NULL::text[]
    FROM pg_proc p WHERE p.prosecdef AND p.oid >= 16384 AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
        AND NOT EXISTS (SELECT FROM unnest(p.proconfig) s WHERE s LIKE 'search\_path=%')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') LIMIT 10;
END $fireline$;

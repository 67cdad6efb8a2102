-- Who may see which rows: where an API's outside role (anon, authenticated and the like) is let in, as the catalogs have it.
CREATE OR REPLACE FUNCTION {schema}.see_security()
RETURNS TABLE (label text, severity text, title text, fact text, remedy text, takes integer, explained_by text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $fireline$
#variable_conflict use_column
DECLARE
    outside oid[] := ARRAY(SELECT r.oid FROM pg_roles r WHERE r.rolname IN ('anon', 'web_anon', 'anonymous'));
BEGIN
    RETURN QUERY
    SELECT 'policy_rls_disabled', CASE WHEN bool_or(a.grantee = ANY (outside)) THEN 'high' ELSE 'medium' END,
        format('Table %s has policies, and row security is off', c.oid::regclass), 'pg_policy has rows, pg_class.relrowsecurity is false',
        format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', c.oid::regclass), NULL::integer, NULL::text[]
    FROM pg_class c LEFT JOIN LATERAL aclexplode(c.relacl) a ON true
    WHERE NOT c.relrowsecurity AND c.relkind IN ('r', 'p') AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) GROUP BY c.oid LIMIT 20;
    RETURN QUERY
    SELECT 'rls_disabled_exposed', CASE WHEN bool_or(a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')) THEN 'high' ELSE 'medium' END,
        format('Table %s has no row security and is open to %s', c.oid::regclass, string_agg(DISTINCT a.grantee::regrole::text, ', ')),
        format('pg_class.relacl grants %s', string_agg(DISTINCT a.privilege_type, ', ')), format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, with policies first', c.oid::regclass),
        NULL::integer, NULL::text[]
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) a
    WHERE NOT c.relrowsecurity AND c.relkind IN ('r', 'p') AND c.oid >= 16384 AND a.grantee = ANY (outside) AND has_schema_privilege(a.grantee, n.oid, 'USAGE')
        AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AND NOT c.relispartition
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    GROUP BY c.oid LIMIT 20;
    RETURN QUERY
    SELECT 'rls_policy_always_true', 'high', format('Policy %I lets everybody change every row of %s', p.polname, p.polrelid::regclass),
        format('pg_policy: it holds for every row, command %s', p.polcmd), format('Narrow it: ALTER POLICY %I ON %s USING (…)', p.polname, p.polrelid::regclass), NULL::integer, NULL::text[]
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid AND c.relrowsecurity
    WHERE p.polpermissive AND p.polcmd IN ('*', 'w', 'd') AND p.polqual::text ~ '^\{{CONST :consttype 16 .*:constvalue 1 \[ 1 '
        AND cardinality(outside) > 0 AND (0 = ANY (p.polroles) OR p.polroles && outside)
        AND EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee = ANY (outside) AND a.privilege_type IN ('UPDATE', 'DELETE')) LIMIT 20;
    RETURN QUERY
    SELECT 'definer_function_search_path', 'hint', format('Function %s runs with its owner''s rights and takes the caller''s search_path', p.oid::regprocedure),
        'pg_proc: prosecdef, and no search_path in proconfig', format('ALTER FUNCTION %s SET search_path = ''''', p.oid::regprocedure), NULL::integer, NULL::text[]
    FROM pg_proc p WHERE p.prosecdef AND p.oid >= 16384 AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
        AND NOT EXISTS (SELECT FROM unnest(p.proconfig) s WHERE s LIKE 'search\_path=%')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') LIMIT 10;
END $fireline$;

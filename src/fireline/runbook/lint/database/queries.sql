-- relations: each table or view asked for, with what our role may do with it
SELECT w.place::int AS place, c.oid::int8 AS oid, c.relkind::text AS kind, n.nspname::text AS schema, c.relname::text AS name,
    pg_has_role(c.relowner, 'USAGE') AS own, pg_get_userbyid(c.relowner)::text AS owner,
    CASE WHEN w.need = '' THEN true ELSE has_table_privilege(c.oid, w.need) END AS may,
    CASE WHEN w.need IN ('SELECT', 'INSERT', 'UPDATE') THEN has_any_column_privilege(c.oid, w.need) ELSE false END AS may_some,
    (SELECT e.extname::text FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass) AS extension
FROM unnest(%(schemas)s::text[], %(names)s::text[], %(needs)s::text[]) WITH ORDINALITY AS w (schema, name, need, place)
LEFT JOIN LATERAL (
    SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = w.name AND CASE WHEN w.schema IS NULL THEN n.nspname = ANY (%(path)s::text[]) ELSE n.nspname = w.schema END
    ORDER BY array_position(%(path)s::text[], n.nspname::text) LIMIT 1
) c ON true LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY w.place

-- functions: those of these names, wherever they are
SELECT p.oid::int8 AS oid, n.nspname::text AS schema, p.proname::text AS name, p.provolatile::text AS volatility, p.pronargs::int AS most,
    (p.pronargs - p.pronargdefaults)::int AS fewest, p.provariadic <> 0 AS variadic, p.prosrc AS body, l.lanname::text AS language,
    has_function_privilege(p.oid, 'EXECUTE') AS may, n.nspname = ANY (%(path)s::text[]) AS visible, p.prokind::text AS kind,
    'cstring'::regtype = ANY (p.proargtypes::oid[]) AS takes_raw, obj_description(p.oid, 'pg_proc') AS comment,
    (SELECT e.extname::text FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
      WHERE p.oid >= 16384 AND d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass) AS extension
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE p.proname = ANY (%(names)s)

-- columns: of one table or view by its number
SELECT a.attname::text AS name FROM pg_attribute a
WHERE a.attrelid = %(oid)s::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum

-- column_privileges: which of these columns our role may not read
SELECT a.attname::text AS name FROM pg_attribute a
WHERE a.attrelid = %(oid)s::oid AND a.attname = ANY (%(names)s) AND NOT has_column_privilege(a.attrelid, a.attnum, %(need)s)

-- names_of_relations: every table, view and sequence that is no index
SELECT n.nspname::text AS schema, c.relname::text AS name, n.nspname = ANY (%(path)s::text[]) AS visible
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f', 'S') AND n.nspname NOT IN ('pg_toast')

-- names_of_functions: every function and procedure
SELECT DISTINCT n.nspname::text AS schema, p.proname::text AS name, n.nspname = ANY (%(path)s::text[]) AS visible
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace

-- names_of_types: every type that is no array and no table's row
SELECT n.nspname::text AS schema, t.typname::text AS name, n.nspname = ANY (%(path)s::text[]) AS visible
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE t.typelem = 0 AND coalesce(c.relkind, 'c') = 'c' AND n.nspname NOT IN ('pg_toast')

-- names_of_schemas: every schema
SELECT ''::text AS schema, nspname::text AS name, true AS visible FROM pg_namespace WHERE nspname NOT IN ('pg_toast')

-- extension: whether it can be had, where it is, and whether it was loaded at the start
SELECT (SELECT a.name FROM pg_available_extensions a WHERE a.name = %(name)s) IS NOT NULL AS available,
    (SELECT n.nspname::text FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = %(name)s) AS schema,
    CASE WHEN %(setting)s::text IS NULL THEN true ELSE current_setting(%(setting)s, true) IS NOT NULL END AS loaded

-- role: whether a role is there
SELECT FROM pg_roles WHERE rolname = %(name)s

-- setting: what a setting is; null when there is none of that name
SELECT current_setting(%(name)s, true) AS value

-- names_of_settings: every one that our role may see
SELECT ''::text AS schema, name, true AS visible FROM pg_settings

-- risky: tables, types, functions and operators by which a text constant runs a check of our own while it is only parsed
WITH RECURSIVE contains AS (
    SELECT typbasetype AS inside, oid AS around, false AS reads FROM pg_type WHERE typtype = 'd'
    UNION ALL SELECT typelem, oid, true FROM pg_type WHERE typelem <> 0
    UNION ALL SELECT rngsubtype, rngtypid, true FROM pg_range
    UNION ALL SELECT d.refobjid, t.oid, true FROM pg_type t
    JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.refclassid = 'pg_type'::regclass AND d.deptype = 'i'
    WHERE t.typtype::text = 'm'
    UNION ALL SELECT a.atttypid, c.reltype, true FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE NOT a.attisdropped AND a.attnum > 0 AND c.reltype <> 0
), checked AS (
    SELECT c.contypid AS oid, false AS reads FROM pg_constraint c
    JOIN pg_depend d ON d.classid = 'pg_constraint'::regclass AND d.objid = c.oid AND d.refobjid >= 16384
    AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)
    WHERE c.contype = 'c' AND c.contypid <> 0
    UNION SELECT contains.around, contains.reads OR checked.reads FROM checked JOIN contains ON contains.inside = checked.oid
), holds AS (
    SELECT oid FROM checked WHERE reads
)
SELECT t.typname::text AS name FROM pg_type t WHERE t.oid IN (SELECT oid FROM holds)
UNION SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE a.atttypid IN (SELECT oid FROM holds) AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
UNION SELECT p.proname::text FROM pg_proc p WHERE p.oid >= 16384
AND (p.prorettype IN (SELECT oid FROM holds) OR EXISTS (SELECT FROM unnest(p.proargtypes::oid[]) one WHERE one IN (SELECT oid FROM holds)))
UNION SELECT o.oprname::text FROM pg_operator o
WHERE o.oid >= 16384 AND (o.oprleft IN (SELECT oid FROM holds) OR o.oprright IN (SELECT oid FROM holds))

-- session: who we are there, and where names are looked for; no operator, since that may be another's by the role's path
SELECT CAST(current_user AS pg_catalog.text) AS role, CAST(pg_catalog.current_database() AS pg_catalog.text) AS database,
    CAST(pg_catalog.current_schemas(true) AS pg_catalog.text[]) AS path, pg_catalog.pg_is_in_recovery() AS standby,
    pg_catalog.current_setting('standard_conforming_strings') AS strings

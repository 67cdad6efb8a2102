-- begin_backup: row first: a backup is taken now
INSERT INTO backup (name, target, database, state, host, folder, begun_at, encrypted, by)
VALUES (%(name)s, %(target)s, %(database)s, 'taking', %(host)s, %(folder)s, %(at)s, %(encrypted)s, %(by)s) RETURNING id;

-- end_backup: it is whole, and what its manifest says
UPDATE backup SET state = 'whole', ended_at = %(at)s, snapshot_at = %(snapshot_at)s, bytes = %(bytes)s, rows = %(rows)s,
    tables = %(tables)s, manifest = %(manifest)s, signer = %(signer)s, folder = %(folder)s, error = NULL
WHERE name = %(name)s;

-- fail_backup: it came to nothing
UPDATE backup SET state = 'failed', ended_at = %(at)s, error = %(error)s WHERE name = %(name)s AND state = 'taking';

-- adopt_backup: a whole one found on disk, of which this store knew nothing
INSERT INTO backup (name, target, database, state, host, folder, begun_at, ended_at, snapshot_at, bytes, rows, tables, encrypted,
    manifest, signer, by)
VALUES (%(name)s, %(target)s, %(database)s, 'whole', %(host)s, %(folder)s, %(snapshot_at)s, %(at)s, %(snapshot_at)s, %(bytes)s,
    %(rows)s, %(tables)s, %(encrypted)s, %(manifest)s, %(signer)s, 'found on disk')
ON CONFLICT (name) DO NOTHING;

-- taking_backups: those that are taken on this machine, or whose taker died
SELECT name, folder FROM backup WHERE state = 'taking' AND host = %(host)s;

-- list_backups: newest first
SELECT * FROM backup WHERE (%(target)s::text IS NULL OR target = %(target)s) AND (%(all)s OR state IN ('whole', 'taking'))
ORDER BY begun_at DESC, id DESC LIMIT %(limit)s;

-- backup: one of them by its name
SELECT * FROM backup WHERE name = %(name)s;

-- newest_backup: the newest whole one of a target, or the newest that was verified
SELECT * FROM backup WHERE target = %(target)s AND state = 'whole' AND (NOT %(verified)s OR verified_at IS NOT NULL)
ORDER BY snapshot_at DESC, id DESC LIMIT 1;

-- mark_verified: it was read to its end and is what was signed
UPDATE backup SET verified_at = CASE WHEN %(ok)s THEN %(at)s END, verified = %(facts)s WHERE name = %(name)s;

-- mark_proved: it was restored, and its census compared
UPDATE backup SET proved_at = CASE WHEN %(ok)s THEN %(at)s END, proved = %(facts)s WHERE name = %(name)s;

-- mark_gone: its files are not there any more
UPDATE backup SET state = 'gone', ended_at = coalesce(ended_at, %(at)s), error = %(why)s WHERE name = %(name)s;

-- survey: how much there is to back up; no lock on a table is waited for. What indexes take is known as of the last vacuum
SELECT split_part(current_setting('server_version'), ' ', 1) AS version, current_setting('server_version_num')::int AS number,
    pg_is_in_recovery() AS standby, pg_database_size(current_database()) AS size,
    greatest(pg_database_size(current_database()) - coalesce(sum(c.relpages) FILTER (WHERE c.relkind = 'i'), 0)::int8
        * current_setting('block_size')::int8, 0) AS content,
    count(*) FILTER (WHERE c.relkind = 'r' AND c.oid >= 16384) AS tables,
    coalesce(sum(greatest(c.reltuples, 0)) FILTER (WHERE c.relkind = 'r' AND c.oid >= 16384), 0)::int8 AS rows
FROM pg_class c;

-- table_sizes: bytes of each table with its TOAST, by the name that pg_dump calls it
SELECT n.nspname || '.' || c.relname AS name,
    (c.relpages + coalesce(t.relpages, 0))::int8 * current_setting('block_size')::int8 AS bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384;

-- export_snapshot: what the dump and the census both see
SELECT pg_export_snapshot() AS snapshot,
    CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END::text AS lsn;

-- waits_for_backup: who has waited longest, and too long, for a lock that a session of the backup holds
SELECT a.pid, left(regexp_replace(a.query, '\s+', ' ', 'g'), 80) AS statement, extract(epoch FROM clock_timestamp() - a.query_start) AS seconds
FROM pg_stat_activity a
WHERE a.wait_event_type = 'Lock' AND a.query_start < clock_timestamp() - %(patience)s::interval AND a.application_name <> %(application)s
    AND EXISTS (SELECT FROM unnest(pg_blocking_pids(a.pid)) AS b JOIN pg_stat_activity d ON d.pid = b WHERE d.application_name = %(application)s)
ORDER BY a.query_start LIMIT 1;

-- steady: values are written the same whatever the database or the role is set to, and row policies do not hide rows silently
SELECT set_config(name, value, true) FROM (VALUES ('timezone', 'UTC'), ('datestyle', 'ISO, MDY'), ('intervalstyle', 'postgres'),
    ('bytea_output', 'hex'), ('extra_float_digits', '3'), ('lc_monetary', 'C'), ('xmloption', 'content'), ('xmlbinary', 'base64'),
    ('search_path', 'pg_catalog'), ('row_security', 'off'), ('array_nulls', 'on'), ('quote_all_identifiers', 'off')) AS v (name, value);

-- tables_to_compare: every table with rows of its own to compare: columns, keys that tell rows apart, and why it can not be read
SELECT n.nspname::text AS schema, c.relname::text AS name, format('%I.%I', n.nspname, c.relname) AS "full",
    c.relkind::text AS kind, c.relpersistence::text AS persistence,
    greatest(c.reltuples, 0)::int8 AS estimate,
    CASE WHEN NOT has_schema_privilege(n.oid, 'USAGE') THEN 'our role may not use the schema'
         WHEN NOT has_table_privilege(c.oid, 'SELECT') THEN 'our role may not read it'
         WHEN row_security_active(c.oid) THEN 'row level security hides rows from our role' END AS hidden,
    coalesce((SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
            'exact', t.typnamespace = 'pg_catalog'::regnamespace AND t.typname IN ('bool', 'int2', 'int4', 'int8', 'text', 'varchar',
                'uuid', 'timestamptz', 'timestamp', 'date', 'bytea') AND coalesce(l.collisdeterministic, true),
            'generated', a.attgenerated <> '', 'identity', a.attidentity, 'not_null', a.attnotnull) ORDER BY a.attnum)
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns,
    coalesce((SELECT jsonb_agg(key ORDER BY indisprimary DESC, indnkeyatts, indexrelid) FROM (
        SELECT i.indisprimary, i.indnkeyatts, i.indexrelid, jsonb_agg(a.attname ORDER BY k.place) AS key
        FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
          AND k.place <= i.indnkeyatts GROUP BY 1, 2, 3 HAVING bool_and(a.attnotnull)) AS unique_index), '[]') AS keys
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
                    AND c.oid <> ALL (coalesce(e.extconfig, '{}')))
ORDER BY 1, 2;

-- standing: what the server's catalog says of databases beside their content, by name or number
SELECT d.oid::int8 AS oid, d.datname::text AS name, pg_get_userbyid(d.datdba)::text AS owner, d.datconnlimit AS "limit",
    d.datallowconn AS allows, d.datistemplate AS template, d.datacl::text[] AS acl, acldefault('d', d.datdba)::text[] AS usual_acl,
    coalesce((SELECT json_agg(json_build_object('grantor', pg_get_userbyid(e.grantor), 'privilege', e.privilege_type,
            'grantee', CASE WHEN e.grantee <> 0 THEN pg_get_userbyid(e.grantee) END, 'grantable', e.is_grantable) ORDER BY i.n, e.k)
        FROM unnest(coalesce(d.datacl, acldefault('d', d.datdba))) WITH ORDINALITY AS i (entry, n),
            aclexplode(ARRAY[i.entry]) WITH ORDINALITY AS e (grantor, grantee, privilege_type, is_grantable, k)), '[]') AS grants,
    coalesce((SELECT json_agg(json_build_object('role', CASE WHEN s.setrole <> 0 THEN pg_get_userbyid(s.setrole) END,
            'settings', s.setconfig) ORDER BY s.setrole)
        FROM pg_db_role_setting s WHERE s.setdatabase = d.oid), '[]') AS settings,
    shobj_description(d.oid, 'pg_database') AS comment,
    coalesce((SELECT json_agg(json_build_object('provider', l.provider, 'label', l.label) ORDER BY l.provider)
        FROM pg_shseclabel l WHERE l.objoid = d.oid AND l.classoid = 'pg_database'::regclass), '[]') AS labels,
    (SELECT t.spcname::text FROM pg_tablespace t WHERE t.oid = d.dattablespace) AS tablespace,
    json_build_object('encoding', pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype,
        'provider', to_jsonb(d) ->> 'datlocprovider',
        'locale', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale')) AS locale
FROM pg_database d WHERE d.datname = ANY (%(names)s) OR d.oid = ANY (%(oids)s::int8[]::oid[]);

-- names_taken: of these, the names that a database bears
SELECT datname::text AS name FROM pg_database WHERE datname = ANY (%(names)s);

-- database_sizes: bytes, where our role may see them, and rows changed since the counters began
SELECT d.oid::int8 AS oid, CASE WHEN has_database_privilege(d.oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
    THEN pg_database_size(d.oid) END AS bytes,
    (SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database s WHERE s.datid = d.oid) AS changes
FROM pg_database d WHERE d.oid = ANY (%(oids)s::int8[]::oid[]);

-- changes_so_far: rows inserted, updated and deleted in a database as its counters say
SELECT tup_inserted + tup_updated + tup_deleted AS n FROM pg_stat_database WHERE datid = %(oid)s::int8::oid;

-- sessions_of: who is connected to these databases
SELECT datid::int8 AS oid, coalesce(usename, backend_type)::text AS role, coalesce(application_name, '') AS application,
    host(client_addr) AS client, count(*) AS n
FROM pg_stat_activity WHERE datid = ANY (%(oids)s::int8[]::oid[]) AND pid <> pg_backend_pid() GROUP BY 1, 2, 3, 4 ORDER BY n DESC LIMIT 50;

-- end_sessions: tell whatever is connected to these databases to end; one row for each that is still there
SELECT pid, coalesce(usename, backend_type)::text AS role, pg_terminate_backend(pid) AS told
FROM pg_stat_activity WHERE datid = ANY (%(oids)s::int8[]::oid[]) AND pid <> ALL (%(ours)s);

-- in_the_way: what holds a database by its number, so that a rename fails or leaves it behind
SELECT 'prepared' AS kind, gid AS name, owner::text AS detail FROM pg_prepared_xacts WHERE database = %(name)s
UNION ALL SELECT 'slot', slot_name, CASE WHEN active THEN 'active' ELSE 'inactive' END FROM pg_replication_slots WHERE database = %(name)s
UNION ALL SELECT CASE WHEN subenabled THEN 'subscription' ELSE 'subscription_off' END, subname, '' FROM pg_subscription
    WHERE subdbid = %(oid)s::int8::oid;

-- rights_to_rename: whether our role may rename these databases
SELECT d.datname::text AS name, me.rolsuper OR (me.rolcreatedb AND pg_has_role(d.datdba, 'USAGE')) AS renames, me.rolname::text AS role,
    pg_get_userbyid(d.datdba)::text AS owner, me.rolsuper AS super
FROM pg_database d, pg_roles me WHERE d.oid = ANY (%(oids)s::int8[]::oid[]) AND me.rolname = current_user;

-- outsiders: what stands in the database itself and is bound to its name or number: publications, and where pg_cron keeps its jobs
SELECT ARRAY(SELECT pubname::text FROM pg_publication ORDER BY 1) AS publications, current_setting('cron.database_name', true) AS cron;

-- cron_jobs: the jobs that pg_cron runs in a database, by its name
SELECT count(*) AS n FROM cron.job WHERE database = %(name)s AND active;

-- swap_lock: the lock that a swap holds while its transaction is open, so that nobody settles it meanwhile
SELECT pg_try_advisory_xact_lock(hashtextextended('fireline swap ' || %(token)s, 0)) AS mine;

-- swap_begin: take the lock's word for it, note the transaction, and have an abandoned swap end by itself
SELECT pg_current_xact_id()::text AS xid, set_config('statement_timeout', '10s', true),
    set_config('idle_in_transaction_session_timeout', '15s', true), set_config('lock_timeout', '5s', true);

-- begin_swap: row first: what is exchanged, and how it was
UPDATE restore SET state = 'swapping', swap = %(swap)s, error = NULL WHERE id = %(id)s AND state = %(was)s;

-- end_swap: the restored database bears the name in use
UPDATE restore SET state = 'swapped', kept = %(kept)s, swapped_at = coalesce(swapped_at, %(at)s), keep_until = %(keep_until)s,
    swap = %(swap)s, error = %(error)s WHERE id = %(id)s AND state = 'swapping';

-- unswap: the restored database stands beside again
UPDATE restore SET state = %(was)s, kept = NULL, swapped_at = NULL, keep_until = NULL, swap = %(swap)s, error = %(error)s
WHERE id = %(id)s AND state = 'swapping';

-- stuck_swap: it can not be told what became of it
UPDATE restore SET error = %(error)s WHERE id = %(id)s AND state = 'swapping';

-- open_swaps: exchanges that somebody began and nobody has ended
SELECT * FROM restore WHERE state = 'swapping' AND (%(target)s::text IS NULL OR target = %(target)s) ORDER BY id;

-- mark_kept_dropped: the replaced database is gone, so there is no way back to it
UPDATE restore SET kept = NULL, keep_until = NULL, swap = swap || jsonb_build_object('kept_dropped_at', %(at)s::timestamptz) WHERE id = %(id)s;

-- made_relations: tables, views, sequences of a database: their kind, and what a view shows
SELECT format('%I.%I', n.nspname, c.relname) AS name, NULL::text AS parent,
    CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
    concat_ws('|', c.relpersistence, array_to_string(c.reloptions, ','), pg_get_expr(c.relpartbound, c.oid),
        CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
        CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END) AS what, NULL::text AS state
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('e', 'i'));

-- made_columns: the columns of tables, with type, default and whether they may be empty
SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname) AS name, format('%I.%I', n.nspname, c.relname) AS parent, 'column' AS kind,
    concat_ws('|', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)) AS what,
    NULL::text AS state
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e');

-- made_constraints: constraints of tables and domains
SELECT format('%I on %s', k.conname, coalesce(format('%I.%I', n.nspname, c.relname), format_type(k.contypid, NULL))) AS name,
    format('%I.%I', n.nspname, c.relname) AS parent, 'constraint' AS kind, pg_get_constraintdef(k.oid) AS what, NULL::text AS state
FROM pg_constraint k LEFT JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = k.connamespace
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND k.conparentid = 0 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.deptype = 'e'
                  AND (e.classid = 'pg_class'::regclass AND e.objid = k.conrelid OR e.classid = 'pg_type'::regclass AND e.objid = k.contypid));

-- made_indexes: indexes that no constraint has made
SELECT format('%I.%I', n.nspname, x.relname) AS name, format('%I.%I', n.nspname, c.relname) AS parent, 'index' AS kind,
    pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END AS what, NULL::text AS state
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relpersistence <> 't'
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e');

-- made_policies: row level security: which tables have it on, and each policy
SELECT format('%I on %I.%I', p.polname, n.nspname, c.relname) AS name, format('%I.%I', n.nspname, c.relname) AS parent, 'policy' AS kind,
    concat_ws('|', p.polcmd, p.polpermissive, (SELECT string_agg(CASE o WHEN 0 THEN 'public' ELSE pg_get_userbyid(o) END, ',' ORDER BY 1) FROM unnest(p.polroles) o),
        pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) AS what, NULL::text AS state
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
UNION ALL
SELECT format('%I.%I', n.nspname, c.relname), format('%I.%I', n.nspname, c.relname), 'row level security',
    concat_ws('|', c.relrowsecurity, c.relforcerowsecurity), CASE WHEN c.relrowsecurity THEN 'on' ELSE 'off' END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relpersistence <> 't';

-- made_triggers: triggers, event triggers and rules, whether they are on, and whether they call out to the network
SELECT format('%I on %I.%I', t.tgname, n.nspname, c.relname) AS name, format('%I.%I', n.nspname, c.relname) AS parent,
    CASE WHEN fn.nspname IN ('supabase_functions', 'net') OR p.prosrc ~* '(net\.http_|http_(get|post|put|delete|patch|request)|dblink)' THEN 'webhook' ELSE 'trigger' END AS kind,
    pg_get_triggerdef(t.oid) AS what, CASE t.tgenabled WHEN 'D' THEN 'off' ELSE 'on' END AS state
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace fn ON fn.oid = p.pronamespace
WHERE NOT t.tgisinternal AND NOT c.relispartition
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
UNION ALL
SELECT quote_ident(e.evtname), NULL, 'event trigger', concat_ws('|', e.evtevent, e.evtfoid::regprocedure, array_to_string(e.evttags, ',')),
    CASE e.evtenabled WHEN 'D' THEN 'off' ELSE 'on' END
FROM pg_event_trigger e WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e')
UNION ALL
SELECT format('%I on %I.%I', r.rulename, n.nspname, c.relname), format('%I.%I', n.nspname, c.relname), 'rule', pg_get_ruledef(r.oid),
    CASE r.ev_enabled WHEN 'D' THEN 'off' ELSE 'on' END
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema';

-- made_functions: functions, procedures, aggregates, types and schemas
SELECT format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS name, NULL::text AS parent,
    CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END AS kind,
    CASE WHEN p.prokind = 'a' THEN p.prorettype::regtype::text ELSE pg_get_functiondef(p.oid) END AS what, NULL::text AS state
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT format('%I.%I', n.nspname, t.typname), NULL, CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END,
    concat_ws('|', t.typtype, format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
        (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
        (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ',' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = t.typrelid AND NOT a.attisdropped)), NULL
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
UNION ALL
SELECT quote_ident(n.nspname), NULL, 'schema', '', NULL FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e');

-- made_publications: publications with their tables, and foreign servers
SELECT quote_ident(p.pubname) AS name, NULL::text AS parent, 'publication' AS kind, concat_ws('|', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
    (SELECT string_agg(format('%I.%I', t.schemaname, t.tablename), ',' ORDER BY t.schemaname, t.tablename) FROM pg_publication_tables t WHERE t.pubname = p.pubname)) AS what,
    NULL::text AS state
FROM pg_publication p
UNION ALL
SELECT quote_ident(s.srvname), NULL, 'foreign server', w.fdwname, NULL FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw;

-- made_owners: whose each thing is
SELECT format('%I.%I', n.nspname, c.relname) AS name, pg_get_userbyid(c.relowner)::text AS owner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
UNION ALL SELECT 'schema ' || quote_ident(n.nspname), pg_get_userbyid(n.nspowner) FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema';

-- made_grants: who else than its owner may do what with each thing
WITH acl (name, acl, owner) AS (
    SELECT format('%I.%I', n.nspname, c.relname), coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)), c.relowner
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname), a.attacl, c.relowner
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE a.attacl IS NOT NULL AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL SELECT format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), coalesce(p.proacl, acldefault('f', p.proowner)), p.proowner
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL SELECT 'schema ' || quote_ident(n.nspname), coalesce(n.nspacl, acldefault('n', n.nspowner)), n.nspowner
    FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL SELECT 'type ' || format_type(t.oid, NULL), t.typacl, t.typowner FROM pg_type t WHERE t.typacl IS NOT NULL
    UNION ALL SELECT format('new %s of %s%s', CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' ELSE 'schemas' END,
        pg_get_userbyid(d.defaclrole), coalesce(' in ' || quote_ident(n.nspname), '')), d.defaclacl, d.defaclrole
    FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace)
SELECT acl.name, CASE x.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(x.grantee)::text END AS grantee,
    x.privilege_type || CASE WHEN x.is_grantable THEN ' with grant option' ELSE '' END AS privilege
FROM acl CROSS JOIN aclexplode(acl.acl) AS x WHERE x.grantee <> acl.owner;

-- made_extensions: the extensions and their versions
SELECT extname::text AS name, extversion AS version FROM pg_extension ORDER BY 1;

-- made_sequences: how far each sequence is; null when our role may not see it, or nothing was taken from it
SELECT format('%I.%I', schemaname, sequencename) AS name, last_value AS last, increment_by AS step,
    has_sequence_privilege(format('%I.%I', schemaname, sequencename), 'USAGE, SELECT') AS seen FROM pg_sequences ORDER BY 1;

-- large_objects: which there are, and whether our role may read them
SELECT (SELECT count(*) FROM pg_largeobject_metadata) AS number, has_table_privilege('pg_largeobject', 'SELECT') AS readable;

-- large_object_hashes: each with a hash of its content
SELECT loid::int8 AS id, sum(hashtextextended(pageno || ':' || encode(data, 'hex'), 0))::text AS hash FROM pg_largeobject GROUP BY 1 ORDER BY 1;

-- never_analyzed: how many tables the planner knows nothing of
SELECT count(*) AS number FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND (c.reltuples < 0 OR c.reltuples = 0 AND c.relpages > 0);

-- of_databases: what the server keeps of each of the two databases, beside them
SELECT d.datname::text AS name, pg_get_userbyid(d.datdba)::text AS owner, d.datacl::text AS acl, d.datconnlimit AS connection_limit,
    pg_encoding_to_char(d.encoding)::text AS encoding, d.datcollate::text AS collate, d.datctype::text AS ctype,
    t.spcname::text AS tablespace, shobj_description(d.oid, 'pg_database') AS comment,
    coalesce((SELECT jsonb_agg(jsonb_build_object('role', coalesce(r.rolname, '*'), 'settings', s.setconfig) ORDER BY r.rolname)
        FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE s.setdatabase = d.oid), '[]') AS settings,
    coalesce((SELECT jsonb_agg(jsonb_build_object('name', s.subname, 'enabled', s.subenabled) ORDER BY s.subname) FROM pg_subscription s WHERE s.subdbid = d.oid), '[]') AS subscriptions,
    coalesce((SELECT jsonb_agg(jsonb_build_object('name', s.slot_name, 'active', s.active) ORDER BY s.slot_name) FROM pg_replication_slots s WHERE s.database = d.datname), '[]') AS slots,
    (SELECT count(*) FROM pg_prepared_xacts x WHERE x.database = d.datname) AS prepared
FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = ANY (%(names)s);

-- jobs_to_compare: jobs of pg_cron, by what they are and run
SELECT jobid, coalesce(to_jsonb(j) ->> 'jobname', 'job ' || jobid) AS name, schedule, left(command, 60) AS command, active FROM cron.job j ORDER BY jobid;

-- begin_restore: row first: a database will be made
INSERT INTO restore (target, source, backup_id, database, beside, token, state, begun_at, snapshot_at, by)
VALUES (%(target)s, %(source)s, %(backup)s, %(database)s, %(beside)s, %(token)s, 'restoring', %(at)s, %(snapshot_at)s, %(by)s)
RETURNING id;

-- end_restore: what became of it
UPDATE restore SET state = %(state)s, ended_at = %(at)s, report = coalesce(%(report)s, report), error = %(error)s
WHERE id = %(id)s AND state IN ('restoring', 'failed');

-- drop_restore: its database was dropped
UPDATE restore SET state = 'dropped', ended_at = coalesce(ended_at, %(at)s) WHERE id = %(id)s;

-- restore: one of them
SELECT * FROM restore WHERE (%(target)s::text IS NULL OR target = %(target)s)
    AND (id = %(id)s OR beside = %(name)s OR kept = %(name)s OR (%(latest)s AND state NOT IN ('failed', 'dropped')))
ORDER BY id DESC LIMIT 1;

-- failed_restores: whose databases may be left
SELECT * FROM restore WHERE target = %(target)s AND state = 'failed' ORDER BY id;

-- list_restores: newest first
SELECT * FROM restore WHERE (%(target)s::text IS NULL OR target = %(target)s) AND (%(all)s OR state NOT IN ('failed', 'dropped'))
ORDER BY id DESC LIMIT %(limit)s;

-- roles_missing: of these names, those that are no role here
SELECT name FROM unnest(%(roles)s::text[]) AS name WHERE name <> 'public' AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) ORDER BY 1;

-- likeness: how the database in use was made; columns that only some versions have are read through its row as JSON
SELECT pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS collate, d.datctype AS ctype,
    CASE to_jsonb(d) ->> 'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' WHEN 'c' THEN 'libc' END AS provider,
    CASE WHEN to_jsonb(d) ->> 'datlocprovider' = 'i' THEN coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') END AS icu_locale,
    CASE WHEN to_jsonb(d) ->> 'datlocprovider' = 'b' THEN to_jsonb(d) ->> 'datlocale' END AS builtin_locale,
    to_jsonb(d) ->> 'daticurules' AS icu_rules
FROM pg_database d WHERE d.datname = current_database();

-- comment_of: the comment of a database, if the database is there
SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = %(name)s;

-- loaded: rows that have come into this database, as the server counts them: finished and under way
SELECT coalesce((SELECT sum(n_tup_ins) FROM pg_stat_user_tables), 0)::int8
    + coalesce((SELECT sum(tuples_processed) FROM pg_stat_progress_copy WHERE datname = current_database()), 0)::int8 AS rows;

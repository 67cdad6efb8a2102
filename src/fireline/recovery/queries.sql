-- begin_backup: row first: a backup is taken now
INSERT INTO backup (name, target, database, state, host, folder, begun_at, encrypted, by)
VALUES (%(name)s, %(target)s, %(database)s, 'taking', %(host)s, %(folder)s, %(at)s, %(encrypted)s, %(by)s) RETURNING id;

-- end_backup: it is whole, and what its manifest says
UPDATE backup SET state = 'whole', ended_at = %(at)s, snapshot_at = %(snapshot_at)s, bytes = %(bytes)s, rows = %(rows)s,
    tables = %(tables)s, manifest = %(manifest)s, signer = %(signer)s, folder = %(folder)s, host = %(host)s, error = NULL,
    verified_at = CASE WHEN manifest = %(manifest)s THEN verified_at END,
    proved_at = CASE WHEN manifest = %(manifest)s THEN proved_at END
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

-- database_sizes: bytes, where our role may see them
SELECT d.oid::int8 AS oid, CASE WHEN has_database_privilege(d.oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
    THEN pg_database_size(d.oid) END AS bytes
FROM pg_database d WHERE d.oid = ANY (%(oids)s::int8[]::oid[]);

-- changes_so_far: rows inserted, updated and deleted in a database as its counters say
SELECT tup_inserted + tup_updated + tup_deleted AS n FROM pg_stat_database WHERE datid = %(oid)s::int8::oid;

-- sessions_of: who is connected to these databases
SELECT datid::int8 AS oid, coalesce(usename, backend_type)::text AS role, coalesce(application_name, '') AS application,
    host(client_addr) AS client, count(*) AS n
FROM pg_stat_activity WHERE datid = ANY (%(oids)s::int8[]::oid[]) AND pid <> pg_backend_pid() GROUP BY 1, 2, 3, 4 ORDER BY n DESC LIMIT 50;

-- end_sessions: tell whatever is connected to these databases to end; one row for each that was still there
SELECT pid, pg_terminate_backend(pid) AS told FROM pg_stat_activity
WHERE datid = ANY (%(oids)s::int8[]::oid[]) AND (current_setting('is_superuser')::bool OR backend_type <> 'autovacuum worker');

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

-- made_owners: whose each thing is; what comes with an extension belongs to whoever makes that, and is in no dump
SELECT format('%I.%I', n.nspname, c.relname) AS name, pg_get_userbyid(c.relowner)::text AS owner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
UNION ALL SELECT 'schema ' || quote_ident(n.nspname), pg_get_userbyid(n.nspowner) FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e');

-- made_grants: who else than its owner may do what with each thing
WITH acl (name, thing, acl, owner) AS (
    SELECT format('%I.%I', n.nspname, c.relname), format('%I.%I', n.nspname, c.relname), coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)), c.relowner
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname), format('%I.%I', n.nspname, c.relname), a.attacl, c.relowner
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE a.attacl IS NOT NULL AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL SELECT format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
        format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), coalesce(p.proacl, acldefault('f', p.proowner)), p.proowner
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL SELECT 'schema ' || quote_ident(n.nspname), 'schema ' || quote_ident(n.nspname), coalesce(n.nspacl, acldefault('n', n.nspowner)), n.nspowner
    FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL SELECT 'type ' || format_type(t.oid, NULL), NULL, t.typacl, t.typowner FROM pg_type t WHERE t.typacl IS NOT NULL
    UNION ALL SELECT format('new %s of %s%s', CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' ELSE 'schemas' END,
        pg_get_userbyid(d.defaclrole), coalesce(' in ' || quote_ident(n.nspname), '')), NULL, d.defaclacl, d.defaclrole
    FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace)
SELECT acl.name, acl.thing, CASE x.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(x.grantee)::text END AS grantee,
    x.privilege_type || CASE WHEN x.is_grantable THEN ' with grant option' ELSE '' END AS privilege
FROM acl LEFT JOIN aclexplode(acl.acl) AS x ON x.grantee <> acl.owner;

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
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND (c.reltuples < 0 OR c.reltuples = 0 AND (c.relpages > 0 OR current_setting('server_version_num')::int < 140000));  -- 13 can not tell it from empty

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

-- compare_restore: it was compared once more; what loading it took stays in the report
UPDATE restore SET state = %(state)s, report = coalesce(report, '{}') || %(report)s
WHERE id = %(id)s AND state IN ('passed', 'differs', 'unchecked');

-- drop_restore: its database was dropped
UPDATE restore SET state = 'dropped', ended_at = coalesce(ended_at, %(at)s) WHERE id = %(id)s;

-- restore: one of them
SELECT * FROM restore WHERE (%(target)s::text IS NULL OR target = %(target)s)
    AND (id = %(id)s OR beside = %(name)s OR kept = %(name)s OR (%(latest)s AND state NOT IN ('failed', 'dropped')))
ORDER BY id DESC LIMIT 1;

-- hold_restore: so that others see that its process lives
SELECT pg_advisory_xact_lock(%(room)s, %(id)s::int);

-- failed_restores: whose databases may be left: those that failed, and those whose process does not live any more
SELECT * FROM restore WHERE target = %(target)s
    AND (state = 'failed' OR (state = 'restoring' AND pg_try_advisory_xact_lock(%(room)s, id::int))) ORDER BY id;

-- fail_dead_restores: those whose process does not live any more; the young may not have their lock yet
UPDATE restore SET state = 'failed', ended_at = %(at)s, error = %(error)s
WHERE state = 'restoring' AND begun_at < %(before)s AND pg_try_advisory_xact_lock(%(room)s, id::int);

-- list_restores: newest first
SELECT * FROM restore WHERE (%(target)s::text IS NULL OR target = %(target)s) AND (%(all)s OR state NOT IN ('failed', 'dropped'))
ORDER BY id DESC LIMIT %(limit)s;

-- owner_to_give: the owner of a database, where it is not our role, and ours may make another database its
SELECT r.rolname AS owner FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba
WHERE d.datname = %(database)s AND r.rolname <> current_user AND pg_has_role(r.oid, 'USAGE')
    AND pg_has_role(r.oid, CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)
    AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);

-- roles_missing: of these names, those that are no role here
SELECT name FROM unnest(%(roles)s::text[]) AS name WHERE name <> 'public' AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) ORDER BY 1;

-- comment_of: the comment of a database, if the database is there
SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = %(name)s;

-- subscriptions_here: those of this database
SELECT subname AS name FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database());

-- to_analyze: what has statistics of its own in this database, the biggest first; partitioned tables have some, too
SELECT n.nspname::text AS schema, c.relname::text AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't' AND NOT c.relisshared AND n.nspname <> 'pg_toast'
ORDER BY pg_relation_size(c.oid) DESC, c.oid;

-- loaded: rows that have come into this database, as the server counts them: finished and under way
SELECT coalesce((SELECT sum(n_tup_ins) FROM pg_stat_user_tables), 0)::int8
    + coalesce((SELECT sum(tuples_processed) FROM pg_stat_progress_copy WHERE datname = current_database()), 0)::int8 AS rows;

-- census_steady: values are written the same whatever the database or the role is set to, and row policies do not hide rows silently
SELECT set_config(name, value, true) FROM (VALUES ('search_path', ''), ('row_security', 'off'), ('datestyle', 'ISO, YMD'), ('timezone', 'UTC'),
    ('intervalstyle', 'postgres'), ('extra_float_digits', '1'), ('bytea_output', 'hex'), ('lc_monetary', 'C'), ('xmloption', 'content'),
    ('quote_all_identifiers', 'off'), ('jit', 'off'), ('enable_seqscan', 'on')) AS s (name, value);

-- census_tables: what has rows of its own that a backup holds or that it must say it does not; columns with their types, domains seen through
WITH RECURSIVE root AS (
    SELECT oid, oid AS root FROM pg_type WHERE typtype <> 'd'
    UNION ALL SELECT t.oid, r.root FROM root r JOIN pg_type t ON t.typtype = 'd' AND t.typbasetype = r.oid),
member AS (SELECT d.objid, e.extname, e.extcondition[array_position(e.extconfig, d.objid)] AS condition, d.objid = ANY (e.extconfig) AS configuration
    FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e')
SELECT c.oid::int8 AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, c.relpersistence::text AS persistence,
    c.relispopulated AS populated, pg_is_in_recovery() AS standby, m.extname::text AS extension, coalesce(m.configuration, false) AS configuration,
    m.condition, (SELECT coalesce(json_agg(json_build_object('name', a.attname, 'domain', t.typtype = 'd', 'type', format_type(b.oid, -1),
            'builtin', CASE WHEN b.typnamespace = 'pg_catalog'::regnamespace THEN b.typname END,
            'out', json_build_array(o.nspname, f.proname)) ORDER BY a.attnum), '[]')
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN root r ON r.oid = t.oid JOIN pg_type b ON b.oid = r.root
        JOIN pg_proc f ON f.oid = b.typoutput JOIN pg_namespace o ON o.oid = f.pronamespace
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v') AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN member m ON m.objid = c.oid
WHERE c.relkind IN ('r', 'm', 'f') AND c.relpersistence <> 't' AND (m.configuration OR n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
    AND (%(only)s::oid IS NULL OR c.oid = %(only)s::oid)
ORDER BY 2, 3;

-- census_size: bytes of some tables with what is stored out of line; they are locked already, so nothing is waited for
SELECT oid::int8 AS oid, pg_table_size(oid) AS bytes FROM unnest(%(oids)s::oid[]) AS oid;

-- census_in_the_way: who holds or awaits a lock that lets nobody read one of these tables
SELECT l.relation::int8 AS oid, a.pid, a.usename::text AS role, a.application_name AS application, left(a.query, 200) AS query
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.relation = ANY (%(oids)s::oid[]) AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY l.granted DESC, a.xact_start LIMIT 1;

-- census_sequences: the sequences whose numbers a backup holds, and by what each goes on
SELECT n.nspname::text AS schema, c.relname::text AS name, s.seqincrement AS increment
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
LEFT JOIN pg_extension e ON e.oid = d.refobjid
WHERE c.relpersistence <> 't' AND (c.oid = ANY (e.extconfig) OR d.objid IS NULL AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
    AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery())
ORDER BY 1, 2;

-- census_large_objects: how many, and a hash of their content that no order changes; large ones are read in parts
WITH opened AS MATERIALIZED (SELECT oid, lo_open(oid, 262144) AS fd FROM pg_largeobject_metadata),
sized AS MATERIALIZED (SELECT oid, lo_lseek64(fd, 0, 2) AS bytes, lo_close(fd) AS closed FROM opened)
SELECT (SELECT count(*) FROM sized) AS count, (SELECT coalesce(sum(bytes), 0)::int8 FROM sized) AS bytes,
    coalesce(sum(hashfloat8extended((hashoidextended(oid, 1) # hashint8extended(start, 2)
        # hash_array_extended(ARRAY[lo_get(oid, start, 8388608)], 3))::float8, 0)), 0) AS total
FROM sized, generate_series(0, bytes, 8388608) AS start;

-- census_database: what the server keeps of the database beside its content
SELECT current_setting('server_version_num')::int / 10000 AS major, d.datname::text AS name, pg_encoding_to_char(d.encoding)::text AS encoding,
    d.datcollate::text AS "collate", d.datctype::text AS ctype, coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') AS provider,
    coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale, to_jsonb(d) ->> 'daticurules' AS icu_rules,
    pg_get_userbyid(d.datdba)::text AS owner, d.datacl::text[] AS acl, d.datconnlimit AS connection_limit, d.datistemplate AS template,
    shobj_description(d.oid, 'pg_database') AS comment, t.spcname::text AS tablespace,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('role', r.rolname, 'settings', s.setconfig) ORDER BY r.rolname), '[]')
     FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE s.setdatabase = d.oid) AS settings
FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = current_database();

-- objects_ground: what every look at the schema starts from: what is neither PostgreSQL's own, nor an extension's, nor temporary
WITH member AS MATERIALIZED (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
ns AS (SELECT * FROM pg_namespace n WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
rel AS (SELECT c.*, n.nspname FROM pg_class c JOIN ns n ON n.oid = c.relnamespace WHERE c.relpersistence <> 't'
    AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)),
typ AS (SELECT t.*, n.nspname FROM pg_type t JOIN ns n ON n.oid = t.typnamespace
    WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid))

-- object_schemas: who owns each, and what others may do in it
SELECT ARRAY[nspname::text] AS path, pg_get_userbyid(nspowner)::text AS owner, coalesce(nspacl, acldefault('n', nspowner))::text[] AS acl,
    CASE WHEN nspname = 'public' THEN CASE WHEN current_setting('server_version_num')::int >= 150000 THEN
        pg_get_userbyid(nspowner) = 'pg_database_owner' ELSE nspowner = 10 END END AS standard
FROM ns n WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_namespace'::regclass AND m.objid = n.oid);

-- object_tables: tables, views and foreign tables with all that is not said of a column
SELECT ARRAY[nspname, relname]::text[] AS path, pg_get_userbyid(relowner)::text AS owner, coalesce(relacl, acldefault('r', relowner))::text[] AS acl,
    jsonb_build_object('kind', relkind, 'persistence', relpersistence, 'row security', relrowsecurity, 'forced', relforcerowsecurity,
        'replica identity', relreplident, 'options', ARRAY(SELECT unnest(reloptions) ORDER BY 1),
        'toast options', ARRAY(SELECT unnest(t.reloptions) FROM pg_class t WHERE t.oid = r.reltoastrelid ORDER BY 1),
        'method', (SELECT amname FROM pg_am WHERE oid = relam), 'of type', CASE WHEN reloftype <> 0 THEN format_type(reloftype, NULL) END,
        'parents', ARRAY(SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = r.oid ORDER BY inhseqno),
        'foreign', (SELECT jsonb_build_object('server', s.srvname, 'options', f.ftoptions) FROM pg_foreign_table f
                    JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = r.oid)) AS facts,
    ARRAY[CASE WHEN relkind = 'p' THEN pg_get_partkeydef(oid) END, pg_get_expr(relpartbound, oid)] AS code
FROM rel r WHERE relkind IN ('r', 'p', 'v', 'm', 'f');

-- object_columns: those of tables, views and composite types; without its place where inheritance may move it, and without the server's own count of changes (pg_attver)
SELECT ARRAY[nspname, relname, attname]::text[] AS path, attacl::text[] AS acl, relkind = 'c' AS of_type,
    jsonb_build_object('type', format_type(atttypid, atttypmod), 'not null', attnotnull, 'identity', attidentity, 'generated', attgenerated,
        'collation', (SELECT format('%I.%I', o.nspname, l.collname) FROM pg_collation l JOIN pg_namespace o ON o.oid = l.collnamespace
                      WHERE l.oid = attcollation AND attcollation <> t.typcollation),
        'storage', CASE WHEN relkind IN ('r', 'p') THEN attstorage END, 'compression', CASE WHEN relkind IN ('r', 'p') THEN
            coalesce(to_jsonb(a) ->> 'attcompression', '') END,
        'statistics', CASE WHEN relkind <> 'v' THEN coalesce(nullif(attstattarget, -1), -1) END, 'options', ARRAY(SELECT o FROM unnest(attoptions) o WHERE o !~ '^pg_attver=' ORDER BY 1),
        'foreign options', attfdwoptions, 'place', CASE WHEN relispartition OR NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = r.oid) THEN
            row_number() OVER (PARTITION BY attrelid ORDER BY attnum) END) AS facts,
    ARRAY[pg_get_expr(d.adbin, d.adrelid)] AS code
FROM rel r JOIN pg_attribute a ON a.attrelid = r.oid JOIN pg_type t ON t.oid = atttypid LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = attnum
WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND attnum > 0 AND NOT attisdropped;

-- object_not_nulls_from_18: how a column that must not be empty came to that; before 18 no more than that it is so
SELECT ARRAY[nspname, relname, attname]::text[] AS path, jsonb_build_object('valid', convalidated, 'not inherited', connoinherit) AS facts
FROM pg_constraint c JOIN rel r ON r.oid = c.conrelid JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = c.conkey[1] WHERE contype = 'n';

-- object_views: what each shows, and whether a materialized one has been filled
SELECT ARRAY[nspname, relname]::text[] AS path, jsonb_build_object('filled', relispopulated) AS facts, ARRAY[pg_get_viewdef(oid)] AS code
FROM rel WHERE relkind IN ('v', 'm');

-- object_sequences: how each counts, and which column it belongs to
SELECT ARRAY[nspname, relname]::text[] AS path, pg_get_userbyid(relowner)::text AS owner, coalesce(relacl, acldefault('s', relowner))::text[] AS acl,
    jsonb_build_object('type', format_type(seqtypid, NULL), 'start', seqstart, 'increment', seqincrement, 'max', seqmax, 'min', seqmin,
        'cycle', seqcycle, 'cache', seqcache, 'of', (SELECT array_agg(jsonb_build_array(d.refobjid::regclass::text, a.attname, d.deptype))
            FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))) AS facts
FROM rel r JOIN pg_sequence s ON s.seqrelid = r.oid;

-- object_indexes: those that a dump carries: an invalid one it leaves out
SELECT ARRAY[r.nspname, r.relname]::text[] AS path, jsonb_build_object('table', t.oid::regclass::text, 'primary', indisprimary, 'clustered', indisclustered,
        'replica identity', indisreplident, 'parents', ARRAY(SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = r.oid),
        'statistics', (SELECT array_agg(coalesce(nullif(attstattarget, -1), -1) ORDER BY attnum) FROM pg_attribute WHERE attrelid = r.oid)) AS facts,
    ARRAY[pg_get_indexdef(r.oid)] AS code
FROM rel r JOIN pg_index i ON i.indexrelid = r.oid JOIN rel t ON t.oid = i.indrelid WHERE indisvalid OR r.relkind = 'I';

-- object_constraints: those of tables and domains; of a foreign key between partitions only what was said, not what follows
SELECT ARRAY[coalesce(r.nspname, t.nspname), coalesce(r.relname, t.typname), conname]::text[] AS path,
    jsonb_build_object('type', contype, 'valid', convalidated, 'deferrable', condeferrable, 'deferred', condeferred,
        'not inherited', contype = 'c' AND connoinherit, 'enforced', coalesce(to_jsonb(c) ->> 'conenforced', 'true')) AS facts,
    ARRAY[pg_get_constraintdef(c.oid)] AS code
FROM pg_constraint c LEFT JOIN rel r ON r.oid = conrelid LEFT JOIN typ t ON t.oid = contypid
WHERE coalesce(r.oid, t.oid) IS NOT NULL AND contype NOT IN ('n', 't') AND NOT (contype = 'f' AND conparentid <> 0);

-- object_triggers: whether each is on, too; those of partitions only where they are not as their parent's
SELECT ARRAY[nspname, relname, t.tgname]::text[] AS path, jsonb_build_object('enabled', t.tgenabled) AS facts, ARRAY[pg_get_triggerdef(t.oid)] AS code
FROM pg_trigger t JOIN rel r ON r.oid = t.tgrelid LEFT JOIN pg_trigger p ON p.oid = t.tgparentid
WHERE CASE WHEN t.tgparentid = 0 THEN NOT t.tgisinternal ELSE NOT p.tgisinternal AND p.tgenabled <> t.tgenabled END;

-- object_rules: what is done instead of a change
SELECT ARRAY[nspname, relname, rulename]::text[] AS path, jsonb_build_object('enabled', ev_enabled) AS facts, ARRAY[pg_get_ruledef(w.oid)] AS code
FROM pg_rewrite w JOIN rel r ON r.oid = ev_class WHERE rulename <> '_RETURN';

-- object_policies: which rows a role may see or change
SELECT ARRAY[nspname, relname, polname]::text[] AS path, jsonb_build_object('for', polcmd, 'permissive', polpermissive) AS facts,
    ARRAY(SELECT DISTINCT CASE WHEN o = 0 THEN '' ELSE pg_get_userbyid(o) END::text FROM unnest(polroles) o ORDER BY 1) AS roles,
    ARRAY[pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)] AS code
FROM pg_policy p JOIN rel r ON r.oid = polrelid;

-- object_functions: functions, procedures, window functions and aggregates with their text
SELECT ARRAY[n.nspname, proname]::text[] AS path, '(' || pg_get_function_identity_arguments(p.oid) || ')' AS signature,
    pg_get_userbyid(proowner)::text AS owner, coalesce(proacl, acldefault('f', proowner))::text[] AS acl,
    jsonb_build_object('kind', prokind, 'language', l.lanname, 'text', prosrc, 'library', probin, 'volatile', provolatile, 'strict', proisstrict,
        'definer', prosecdef, 'leakproof', proleakproof, 'parallel', proparallel, 'cost', procost, 'rows', prorows, 'support', prosupport::text,
        'settings', ARRAY(SELECT unnest(proconfig) ORDER BY 1), 'transforms', protrftypes::regtype[]::text[],
        'aggregate', (SELECT to_jsonb(a) - ARRAY['aggfnoid', 'aggtranstype', 'aggmtranstype', 'aggsortop'] || jsonb_build_object(
            'state', a.aggtranstype::regtype::text, 'moving state', a.aggmtranstype::regtype::text, 'sort', a.aggsortop::regoperator::text)
            FROM pg_aggregate a WHERE a.aggfnoid = p.oid)) AS facts,
    ARRAY[pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
        CASE WHEN to_jsonb(p) ->> 'prosqlbody' IS NOT NULL THEN pg_get_functiondef(p.oid) END] AS code
FROM pg_proc p JOIN ns n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = prolang
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i'
                    AND d.refclassid = 'pg_type'::regclass);

-- object_types: enums with their labels, domains, ranges, composites and base types
SELECT ARRAY[nspname, typname]::text[] AS path, pg_get_userbyid(typowner)::text AS owner, coalesce(typacl, acldefault('T', typowner))::text[] AS acl,
    jsonb_build_object('kind', typtype, 'defined', typisdefined, 'not null', typnotnull,
        'of', CASE WHEN typtype = 'd' THEN format_type(typbasetype, typtypmod) END,
        'collation', (SELECT collname FROM pg_collation l WHERE l.oid = typcollation AND typtype = 'd'),
        'labels', ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder),
        'range', (SELECT jsonb_build_array(g.rngsubtype::regtype::text, o.opcname, l.collname, g.rngcanonical::text, g.rngsubdiff::text)
            FROM pg_range g LEFT JOIN pg_opclass o ON o.oid = g.rngsubopc LEFT JOIN pg_collation l ON l.oid = g.rngcollation WHERE g.rngtypid = t.oid),
        'made of', CASE WHEN typtype = 'b' THEN jsonb_build_array(typinput::text, typoutput::text, typreceive::text, typsend::text, typmodin::text,
            typmodout::text, typanalyze::text, typlen, typbyval, typalign, typstorage, typcategory, typispreferred, typdelim) END,
        'default', typdefault) AS facts
FROM typ t WHERE typtype <> 'm' AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
    AND (typtype <> 'c' OR EXISTS (SELECT FROM pg_class c WHERE c.oid = typrelid AND c.relkind = 'c'));

-- object_multiranges_from_14: the names of the types that hold several ranges
SELECT ARRAY[nspname, typname]::text[] AS path, jsonb_build_object('of', g.rngtypid::regtype::text) AS facts
FROM typ t JOIN pg_range g ON g.rngmultitypid = t.oid;

-- object_casts: between which types values may be turned, and how
SELECT '(' || format_type(castsource, NULL) || ' AS ' || format_type(casttarget, NULL) || ')' AS signature,
    jsonb_build_object('by', castfunc::regprocedure::text, 'when', castcontext, 'how', castmethod) AS facts
FROM pg_cast c WHERE oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid
    AND d.deptype IN ('e', 'i'));

-- object_operators: what each stands for
SELECT ARRAY[n.nspname, oprname]::text[] AS path, '(' || format_type(oprleft, NULL) || ', ' || format_type(oprright, NULL) || ')' AS signature,
    pg_get_userbyid(oprowner)::text AS owner, jsonb_build_object('by', oprcode::text, 'commutator', oprcom::regoperator::text,
        'negator', oprnegate::regoperator::text, 'restrict', oprrest::text, 'join', oprjoin::text, 'hashes', oprcanhash, 'merges', oprcanmerge) AS facts
FROM pg_operator o JOIN ns n ON n.oid = oprnamespace
WHERE oprcode <> 0 AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_operator'::regclass AND m.objid = o.oid);

-- object_operator_classes: how indexes deal with a type
SELECT ARRAY[n.nspname, opcname]::text[] AS path, ' USING ' || amname AS signature, pg_get_userbyid(opcowner)::text AS owner,
    jsonb_build_object('for', opcintype::regtype::text, 'stored as', opckeytype::regtype::text, 'default', opcdefault, 'family', opfname) AS facts
FROM pg_opclass o JOIN ns n ON n.oid = opcnamespace JOIN pg_am a ON a.oid = opcmethod JOIN pg_opfamily f ON f.oid = opcfamily
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_opclass'::regclass AND m.objid = o.oid);

-- object_operator_families: the operators and functions of each
SELECT ARRAY[n.nspname, opfname]::text[] AS path, ' USING ' || amname AS signature, pg_get_userbyid(opfowner)::text AS owner,
    jsonb_build_object('operators', ARRAY(SELECT amopstrategy || ' ' || amopopr::regoperator || ' ' || amoppurpose::text FROM pg_amop
            WHERE amopfamily = f.oid ORDER BY 1),
        'functions', ARRAY(SELECT format('%s (%s, %s) %s', amprocnum, amproclefttype::regtype, amprocrighttype::regtype, amproc) FROM pg_amproc
            WHERE amprocfamily = f.oid ORDER BY 1)) AS facts
FROM pg_opfamily f JOIN ns n ON n.oid = opfnamespace JOIN pg_am a ON a.oid = opfmethod
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_opfamily'::regclass AND m.objid = f.oid);

-- object_collations: how texts are ordered
SELECT ARRAY[n.nspname, collname]::text[] AS path, pg_get_userbyid(collowner)::text AS owner,
    jsonb_build_object('provider', collprovider, 'deterministic', collisdeterministic, 'rules', to_jsonb(c) ->> 'collicurules',
        'locale', CASE WHEN collprovider = 'c' THEN concat(collcollate, ' ', collctype)
                  ELSE coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale', collcollate::text) END) AS facts
FROM pg_collation c JOIN ns n ON n.oid = collnamespace
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_collation'::regclass AND m.objid = c.oid);

-- object_conversions: how encodings are turned
SELECT ARRAY[n.nspname, conname]::text[] AS path, pg_get_userbyid(conowner)::text AS owner, jsonb_build_object('by', conproc::text, 'default', condefault,
    'from', pg_encoding_to_char(conforencoding), 'to', pg_encoding_to_char(contoencoding)) AS facts
FROM pg_conversion c JOIN ns n ON n.oid = connamespace
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_conversion'::regclass AND m.objid = c.oid);

-- object_text_search: configurations, dictionaries, parsers and templates
SELECT * FROM (
    SELECT 'pg_ts_config'::regclass AS class, c.oid, ARRAY[n.nspname, cfgname]::text[] AS path, ' configuration' AS signature,
        pg_get_userbyid(cfgowner)::text AS owner, jsonb_build_object('parser', (SELECT prsname FROM pg_ts_parser WHERE oid = cfgparser),
            'words', ARRAY(SELECT format('%s %s %s', maptokentype, mapseqno, mapdict::regdictionary) FROM pg_ts_config_map
                           WHERE mapcfg = c.oid ORDER BY maptokentype, mapseqno)) AS facts
    FROM pg_ts_config c JOIN ns n ON n.oid = cfgnamespace
    UNION ALL SELECT 'pg_ts_dict'::regclass, c.oid, ARRAY[n.nspname, dictname]::text[], ' dictionary', pg_get_userbyid(dictowner)::text,
        jsonb_build_object('template', (SELECT tmplname FROM pg_ts_template WHERE oid = dicttemplate), 'options', dictinitoption)
    FROM pg_ts_dict c JOIN ns n ON n.oid = dictnamespace
    UNION ALL SELECT 'pg_ts_parser'::regclass, c.oid, ARRAY[n.nspname, prsname]::text[], ' parser', NULL,
        jsonb_build_array(prsstart::text, prstoken::text, prsend::text, prsheadline::text, prslextype::text)
    FROM pg_ts_parser c JOIN ns n ON n.oid = prsnamespace
    UNION ALL SELECT 'pg_ts_template'::regclass, c.oid, ARRAY[n.nspname, tmplname]::text[], ' template', NULL,
        jsonb_build_array(tmplinit::text, tmpllexize::text)
    FROM pg_ts_template c JOIN ns n ON n.oid = tmplnamespace) AS found
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = found.class AND m.objid = found.oid);

-- object_statistics: what the planner is told to look at together
SELECT ARRAY[n.nspname, stxname]::text[] AS path, pg_get_userbyid(stxowner)::text AS owner,
    jsonb_build_object('target', coalesce(nullif(stxstattarget, -1), -1)) AS facts, ARRAY[pg_get_statisticsobjdef(s.oid)] AS code
FROM pg_statistic_ext s JOIN ns n ON n.oid = stxnamespace
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_statistic_ext'::regclass AND m.objid = s.oid);

-- object_languages: those that no extension brought
SELECT ARRAY[lanname]::text[] AS path, pg_get_userbyid(lanowner)::text AS owner, coalesce(lanacl, acldefault('l', lanowner))::text[] AS acl,
    jsonb_build_object('trusted', lanpltrusted, 'by', lanplcallfoid::regproc::text, 'inline', laninline::regproc::text,
        'checked by', lanvalidator::regproc::text) AS facts
FROM pg_language l WHERE oid >= 16384 AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_language'::regclass AND m.objid = l.oid);

-- object_transforms: how a language sees a type
SELECT 'for ' || format_type(trftype, NULL) || ' language ' || l.lanname AS signature,
    jsonb_build_object('from', trffromsql::regprocedure::text, 'to', trftosql::regprocedure::text) AS facts
FROM pg_transform t JOIN pg_language l ON l.oid = trflang
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_transform'::regclass AND m.objid = t.oid);

-- object_access_methods: kinds of tables and indexes that no extension brought
SELECT ARRAY[amname]::text[] AS path, jsonb_build_object('type', amtype, 'by', amhandler::text) AS facts
FROM pg_am a WHERE oid >= 16384 AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_am'::regclass AND m.objid = a.oid);

-- object_foreign_data_wrappers: ways to other servers
SELECT ARRAY[fdwname]::text[] AS path, pg_get_userbyid(fdwowner)::text AS owner, coalesce(fdwacl, acldefault('F', fdwowner))::text[] AS acl,
    jsonb_build_object('by', fdwhandler::regproc::text, 'checked by', fdwvalidator::regproc::text, 'options', fdwoptions) AS facts
FROM pg_foreign_data_wrapper w
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_foreign_data_wrapper'::regclass AND m.objid = w.oid);

-- object_foreign_servers: where other servers are
SELECT ARRAY[srvname]::text[] AS path, pg_get_userbyid(srvowner)::text AS owner, coalesce(srvacl, acldefault('S', srvowner))::text[] AS acl,
    jsonb_build_object('type', srvtype, 'version', srvversion, 'wrapper', fdwname, 'options', srvoptions) AS facts
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = srvfdw
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_foreign_server'::regclass AND m.objid = s.oid);

-- object_user_mappings: who goes to another server; the names of the options only, as their values are secret
SELECT ARRAY[srvname, usename]::text[] AS path, ARRAY(SELECT usename::text WHERE umuser <> 0) AS roles,
    jsonb_build_object('options', ARRAY(SELECT split_part(unnest(umoptions), '=', 1) ORDER BY 1)) AS facts
FROM pg_user_mappings;

-- object_extensions: what is installed, and where to
SELECT ARRAY[extname]::text[] AS path, jsonb_build_object('schema', nspname) AS facts
FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace;

-- object_event_triggers: what happens at changes of the schema
SELECT ARRAY[evtname]::text[] AS path, pg_get_userbyid(evtowner)::text AS owner, jsonb_build_object('event', evtevent, 'by', evtfoid::regproc::text,
    'enabled', evtenabled, 'tags', ARRAY(SELECT unnest(evttags) ORDER BY 1)) AS facts
FROM pg_event_trigger t WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_event_trigger'::regclass AND m.objid = t.oid);

-- object_publications: what is told to subscribers
SELECT ARRAY[pubname]::text[] AS path, pg_get_userbyid(pubowner)::text AS owner, jsonb_build_array(puballtables, pubinsert, pubupdate, pubdelete,
    pubtruncate, pubviaroot) AS facts
FROM pg_publication p WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_publication'::regclass AND m.objid = p.oid);

-- object_publication_tables: of which tables, rows and columns
SELECT ARRAY[pubname, schemaname, tablename]::text[] AS path, jsonb_build_object('columns', CASE WHEN EXISTS (SELECT FROM pg_publication_rel r
        WHERE r.prpubid = p.oid AND r.prrelid = c.oid AND to_jsonb(r) ->> 'prattrs' IS NOT NULL) THEN to_jsonb(t) -> 'attnames' END) AS facts,
    ARRAY[to_jsonb(t) ->> 'rowfilter'] AS code
FROM pg_publication_tables t JOIN pg_publication p USING (pubname) JOIN pg_namespace n ON n.nspname = schemaname
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = tablename;

-- object_publication_schemas_from_15: of which whole schemas
SELECT ARRAY[pubname, nspname]::text[] AS path
FROM pg_publication_namespace x JOIN pg_publication p ON p.oid = pnpubid JOIN pg_namespace n ON n.oid = pnnspid;

-- object_default_privileges: what others may do with what a role will make
SELECT 'by ' || pg_get_userbyid(defaclrole) || coalesce(' in ' || nspname, '') || ' on ' || defaclobjtype::text AS signature,
    ARRAY[pg_get_userbyid(defaclrole)]::text[] AS roles, defaclacl::text[] AS acl
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = defaclnamespace;

-- object_comments: what was noted of anything
SELECT i.type || ' ' || i.identity AS signature, jsonb_build_object('text', d.description) AS facts
FROM pg_description d CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i
WHERE (d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass AND d.objoid = to_regnamespace('public') AND d.description <> 'standard public schema')
    AND NOT EXISTS (SELECT FROM member m WHERE m.classid = d.classoid AND m.objid = d.objoid) AND i.identity !~ 'pg_temp_\d';

-- object_security_labels: what a security provider knows of anything
SELECT i.type || ' ' || i.identity || ' for ' || s.provider AS signature, jsonb_build_object('label', s.label) AS facts
FROM pg_seclabel s CROSS JOIN LATERAL pg_identify_object(s.classoid, s.objoid, s.objsubid) AS i
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = s.classoid AND m.objid = s.objoid);

-- object_rights: what was granted or revoked on PostgreSQL's own things and on those of extensions
SELECT i.type || ' ' || i.identity AS signature, coalesce(o.acl, acldefault(o.kind, o.owner))::text[] AS acl,
    coalesce(p.initprivs, acldefault(o.kind, o.owner))::text[] AS before
FROM (SELECT 'pg_class'::regclass AS class, oid, relnamespace AS schema, relowner AS owner,
        (CASE relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char" AS kind, relacl AS acl FROM pg_class
      UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace, proowner, 'f', proacl FROM pg_proc
      UNION ALL SELECT 'pg_namespace'::regclass, oid, oid, nspowner, 'n', nspacl FROM pg_namespace
      UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace, typowner, 'T', typacl FROM pg_type
      UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, 'pg_catalog'::regnamespace, fdwowner, 'F', fdwacl FROM pg_foreign_data_wrapper
      UNION ALL SELECT 'pg_language'::regclass, oid, 'pg_catalog'::regnamespace, lanowner, 'l', lanacl FROM pg_language) AS o
LEFT JOIN pg_init_privs p ON p.classoid = o.class AND p.objoid = o.oid AND p.objsubid = 0
CROSS JOIN LATERAL pg_identify_object(o.class, o.oid, 0) AS i
WHERE o.acl IS DISTINCT FROM p.initprivs AND (o.oid < 16384 AND o.schema = 'pg_catalog'::regnamespace
    OR EXISTS (SELECT FROM member m WHERE m.classid = o.class AND m.objid = o.oid));

-- object_large_objects: how many of them belong to whom, and what others may do with them
SELECT pg_get_userbyid(lomowner)::text || ': ' || lomacl::text AS signature, pg_get_userbyid(lomowner)::text AS owner, lomacl::text[] AS acl,
    jsonb_build_object('count', count(*)) AS facts
FROM (SELECT lomowner, coalesce(lomacl, acldefault('L', lomowner)) AS lomacl FROM pg_largeobject_metadata) AS l GROUP BY lomowner, lomacl::text, lomacl;

-- extension_versions: which version of each is here
SELECT extname::text AS name, extversion AS version FROM pg_extension ORDER BY 1;

-- foreign_keys: which table refers to which, by which columns; partitions are spoken for by their table
SELECT format('%I.%I', cn.nspname, c.relname) AS child, format('%I.%I', pn.nspname, p.relname) AS parent,
    ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (n, place) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY place) AS columns,
    ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (n, place) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY place) AS refers
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 ORDER BY k.oid;

-- unique_keys: the columns of every unique index of a table that holds for all of its rows
SELECT array_agg(a.attname::text ORDER BY k.place) AS columns
FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = %(table)s::regclass AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place <= i.indnkeyatts
GROUP BY i.indexrelid;

-- sequences_of_table: the rising sequences that fill columns of a table
SELECT a.attname::text AS column, format('%%I.%%I', n.nspname, s.relname) AS sequence
FROM pg_attribute a JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
JOIN pg_depend e ON e.classid = 'pg_attrdef'::regclass AND e.objid = d.oid AND e.refclassid = 'pg_class'::regclass
JOIN pg_class s ON s.oid = e.refobjid AND s.relkind = 'S' JOIN pg_namespace n ON n.oid = s.relnamespace JOIN pg_sequence q ON q.seqrelid = s.oid
WHERE a.attrelid = %(table)s::regclass AND q.seqincrement > 0
UNION
SELECT a.attname::text, format('%%I.%%I', n.nspname, s.relname)
FROM pg_depend e JOIN pg_class s ON s.oid = e.objid AND s.relkind = 'S' JOIN pg_namespace n ON n.oid = s.relnamespace
JOIN pg_attribute a ON a.attrelid = e.refobjid AND a.attnum = e.refobjsubid JOIN pg_sequence q ON q.seqrelid = s.oid
WHERE e.classid = 'pg_class'::regclass AND e.refclassid = 'pg_class'::regclass AND e.refobjid = %(table)s::regclass AND e.deptype IN ('a', 'i')
  AND q.seqincrement > 0;

-- triggers_of_table: the triggers of a table that are on, and how
SELECT t.tgname::text AS name, t.tgenabled::text AS mode FROM pg_trigger t
WHERE t.tgrelid = %(table)s::regclass AND NOT t.tgisinternal AND t.tgenabled <> 'D' ORDER BY 1;

-- begin_rescue: row first: the transaction that will insert, and where its id means something
INSERT INTO rescue (token, restore_id, target, source, destination, state, server, xid, begun_at, by)
VALUES (%(token)s, %(restore)s, %(target)s, %(source)s, %(destination)s, 'copying', %(server)s, %(xid)s, %(at)s, %(by)s)
ON CONFLICT (token) DO UPDATE SET state = 'copying', xid = excluded.xid, server = excluded.server, begun_at = excluded.begun_at,
    tables = NULL, ended_at = NULL, by = excluded.by
WHERE rescue.state IN ('failed', 'undone');

-- filled_rescue: what the transaction has inserted, before it is committed
UPDATE rescue SET tables = %(tables)s WHERE token = %(token)s;

-- end_rescue: what became of it
UPDATE rescue SET state = %(state)s, ended_at = %(at)s WHERE token = %(token)s;

-- rescue: one of them by its token
SELECT * FROM rescue WHERE token = %(token)s;

-- single_table: a table by its name, with or without its schema: how it is called, and its columns that hold what was written
SELECT c.oid::int8 AS oid, c.relkind::text AS kind, quote_ident(n.nspname) AS schema, quote_ident(c.relname) AS table,
    quote_ident(left(c.relname, 40) || '_before') AS before, quote_ident(left(c.relname, 40) || '_before_undo') AS undo,
    ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum) AS columns,
    ARRAY(SELECT json_build_object('column', quote_ident(a.attname), 'sequence', s.name)
        FROM pg_attribute a, pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname) AS s (name)
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND s.name IS NOT NULL ORDER BY a.attnum) AS sequences
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(%(name)s) AND c.relkind IN ('r', 'p');

-- referencing: the foreign keys of other tables that point to a table, as they would be made again
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS child, quote_ident(k.conname) AS name, pg_get_constraintdef(k.oid) AS definition,
    k.convalidated AS validated
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.confrelid = %(oid)s::int8::oid AND k.conrelid <> k.confrelid AND k.conparentid = 0 ORDER BY 1, 2;

-- own_comment: of the database we are in
SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = current_database();

-- kept_databases: those that a swap has replaced, all or the one of this name
SELECT oid::int8 AS oid, datname AS name, datallowconn AS allows, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser
FROM pg_database WHERE starts_with(shobj_description(oid, 'pg_database'), %(mark)s) AND (%(name)s::text IS NULL OR datname = %(name)s);

-- read_kept: say that it is read, as long as this session lasts
SELECT pg_advisory_lock_shared(hashtextextended('fireline reading ' || %(oid)s::text, 0));

-- close_kept: whether nobody reads it, and nobody begins to until we are done
SELECT pg_try_advisory_lock(hashtextextended('fireline reading ' || %(oid)s::text, 0)) AS mine;

-- kept_targets: targets on which a replaced database is kept
SELECT DISTINCT target FROM restore WHERE state = 'swapped' AND kept IS NOT NULL;

-- own_tablespaces: how many there are beside the two that every server has
SELECT count(*) AS n FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global');

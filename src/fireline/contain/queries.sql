-- server: which server, which database, as whom
SELECT split_part(current_setting('server_version'), ' ', 1) AS version, current_setting('server_version_num')::int AS number,
    current_database()::text AS database, current_user::text AS role, pg_is_in_recovery() AS standby,
    pg_postmaster_start_time() AS started, pg_conf_load_time() AS configured;

-- settings: every setting that is not PostgreSQL's own default
SELECT name, setting AS value, unit, source, pending_restart FROM pg_settings
WHERE source NOT IN ('default', 'override', 'client', 'session') ORDER BY name;

-- overrides: settings of roles and databases
SELECT coalesce(d.datname, '*')::text AS database, coalesce(r.rolname, '*')::text AS role, s.setconfig AS settings
FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole
ORDER BY 1, 2;

-- roles: what each role may do, and of which roles it is a member
SELECT r.rolname::text AS name, r.rolsuper AS superuser, r.rolcreaterole AS makes_roles, r.rolcreatedb AS makes_databases,
    r.rolcanlogin AS login, r.rolreplication AS replication, r.rolbypassrls AS bypasses_rls, r.rolconnlimit AS connection_limit,
    r.rolvaliduntil::text AS valid_until,
    ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid ORDER BY 1) AS member_of
FROM pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY 1;

-- extensions: what is installed
SELECT e.extname::text AS name, e.extversion AS version, n.nspname::text AS schema
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY 1;

-- schema: each object of ours with a hash of what the catalog says of it; raw catalogs, so that no table lock is waited for
WITH own AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
rel AS (SELECT c.*, format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN own n ON n.oid = c.relnamespace
        WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
SELECT part, name, left(md5(what), 16) AS hash FROM (
    SELECT 'tables' AS part, r.name, concat_ws('|', r.relkind, r.relpersistence, r.relrowsecurity, r.relforcerowsecurity,
            pg_get_userbyid(r.relowner), r.relacl::text, r.reloptions::text,
            (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                                         a.attgenerated, a.attcollation, a.attacl::text, d.adbin::text), ',' ORDER BY a.attnum)
             FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped)) AS what
    FROM rel r WHERE r.relkind IN ('r', 'p', 'f', 'm')
    UNION ALL SELECT 'views', r.name, concat_ws('|', pg_get_userbyid(r.relowner), r.relacl::text, r.reloptions::text, w.ev_action::text)
    FROM rel r JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename = '_RETURN' WHERE r.relkind IN ('v', 'm')
    UNION ALL SELECT 'sequences', r.name, concat_ws('|', pg_get_userbyid(r.relowner), r.relacl::text, s.seqtypid, s.seqstart,
            s.seqincrement, s.seqmax, s.seqmin, s.seqcycle)
    FROM rel r JOIN pg_sequence s ON s.seqrelid = r.oid
    UNION ALL SELECT 'indexes', r.name, concat_ws('|', t.name, i.indisunique, i.indisprimary, i.indisvalid, i.indisready,
            i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text, r.relam, r.reloptions::text,
            i.indexprs::text, i.indpred::text)
    FROM rel r JOIN pg_index i ON i.indexrelid = r.oid JOIN rel t ON t.oid = i.indrelid
    UNION ALL SELECT 'constraints', r.name || '.' || quote_ident(c.conname), concat_ws('|', c.contype, c.conkey::text, f.name,
            c.confkey::text, c.confupdtype, c.confdeltype, c.convalidated, c.condeferrable, c.condeferred, c.conbin::text)
    FROM pg_constraint c JOIN rel r ON r.oid = c.conrelid LEFT JOIN rel f ON f.oid = c.confrelid
    UNION ALL SELECT 'policies', r.name || '.' || quote_ident(p.polname), concat_ws('|', p.polcmd, p.polpermissive,
            (SELECT string_agg(pg_get_userbyid(o), ',' ORDER BY 1) FROM unnest(p.polroles) o WHERE o <> 0),
            p.polqual::text, p.polwithcheck::text)
    FROM pg_policy p JOIN rel r ON r.oid = p.polrelid
    UNION ALL SELECT 'triggers', r.name || '.' || quote_ident(t.tgname), concat_ws('|', t.tgfoid, t.tgtype, t.tgenabled,
            t.tgattr::text, t.tgdeferrable, t.tginitdeferred, t.tgargs, t.tgqual::text)
    FROM pg_trigger t JOIN rel r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal OR t.tgenabled <> 'O'
    UNION ALL SELECT 'functions', format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
            concat_ws('|', l.lanname, p.prosrc, to_jsonb(p) ->> 'prosqlbody', p.provolatile, p.prosecdef, p.proconfig::text,
                      p.prorettype::regtype, p.proacl::text, pg_get_userbyid(p.proowner))
    FROM pg_proc p JOIN own n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    UNION ALL SELECT 'types', format('%I.%I', n.nspname, t.typname), concat_ws('|', t.typtype, format_type(t.typbasetype, t.typtypmod),
            (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
            (SELECT string_agg(c.conbin::text, ',' ORDER BY c.conname) FROM pg_constraint c WHERE c.contypid = t.oid))
    FROM pg_type t JOIN own n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd', 'r')
    UNION ALL SELECT 'schemas', quote_ident(s.nspname), concat_ws('|', pg_get_userbyid(s.nspowner), s.nspacl::text)
    FROM pg_namespace s JOIN own n ON n.oid = s.oid
) AS object ORDER BY 1, 2;

-- sizes: rows and bytes as PostgreSQL estimated them at the last vacuum or analyze
SELECT format('%%I.%%I', n.nspname, c.relname) AS name, CASE WHEN c.reltuples >= 0 THEN c.reltuples::int8 END AS rows,
    c.relpages::int8 * current_setting('block_size')::int8 AS bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY c.relpages DESC, 1 LIMIT %(most)s;

-- sessions: who is there and what they do
SELECT pid, backend_start, backend_type AS kind, usename::text AS "user", datname::text AS database, application_name AS application,
    host(client_addr) AS client, state, wait_event_type AS wait_type, wait_event AS wait, xact_start, state_change,
    left(query, 200) AS query
FROM pg_stat_activity WHERE pid <> pg_backend_pid() ORDER BY xact_start NULLS LAST, pid LIMIT %(most)s;

-- locks: how many of each kind, and who waits
SELECT locktype AS kind, mode, granted, count(*) AS n, array_agg(DISTINCT pid) FILTER (WHERE NOT granted) AS waiting
FROM pg_locks WHERE pid IS DISTINCT FROM pg_backend_pid() GROUP BY 1, 2, 3 ORDER BY 3, 1, 2;

-- prepared: transactions that no session holds
SELECT gid, prepared, owner::text AS owner, database::text AS database FROM pg_prepared_xacts ORDER BY prepared;

-- standbys: who replicates from here
SELECT application_name AS application, host(client_addr) AS client, state, sync_state, sent_lsn::text AS sent, replay_lsn::text AS replayed
FROM pg_stat_replication ORDER BY 1;

-- slots: what WAL is kept for
SELECT slot_name::text AS name, slot_type AS kind, active, restart_lsn::text AS restart, wal_status AS wal FROM pg_replication_slots ORDER BY 1;

-- subscriptions: what is replicated to here
SELECT s.subname::text AS name, s.subenabled AS enabled, s.subslotname::text AS slot FROM pg_subscription s
WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1;

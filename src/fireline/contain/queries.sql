-- server: which server, which database, as whom
SELECT split_part(current_setting('server_version'), ' ', 1) AS version, current_setting('server_version_num')::int AS number,
    version() AS build, current_database()::text AS database,
    (SELECT d.oid::int8 FROM pg_database d WHERE d.datname = current_database()) AS database_oid, current_user::text AS role,
    pg_is_in_recovery() AS standby, pg_postmaster_start_time() AS started, pg_conf_load_time() AS configured,
    current_setting('data_checksums') AS checksums, current_setting('wal_level') AS wal_level,
    CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text AS lsn;

-- settings: every setting that is not PostgreSQL's own default, and where it comes from as far as our role may see
SELECT name, setting AS value, unit, source, sourcefile AS file, sourceline AS line, pending_restart FROM pg_settings
WHERE source NOT IN ('default', 'override', 'client', 'session') ORDER BY name;

-- overrides: settings of roles and databases
SELECT coalesce(d.datname, '*')::text AS database, coalesce(r.rolname, '*')::text AS role, s.setconfig AS settings
FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole
ORDER BY 1, 2;

-- roles: what each role may do
SELECT r.rolname::text AS name, r.rolsuper AS superuser, r.rolcreaterole AS makes_roles, r.rolcreatedb AS makes_databases,
    r.rolcanlogin AS login, r.rolinherit AS inherits, r.rolreplication AS replication, r.rolbypassrls AS bypasses_rls,
    r.rolconnlimit AS connection_limit, r.rolvaliduntil::text AS valid_until
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
    UNION ALL SELECT 'rules', r.name || '.' || quote_ident(w.rulename), concat_ws('|', w.ev_type, w.ev_enabled, w.is_instead,
            w.ev_qual::text, w.ev_action::text)
    FROM rel r JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
    UNION ALL SELECT 'event triggers', quote_ident(e.evtname), concat_ws('|', e.evtevent, e.evtenabled, e.evtfoid::regproc, e.evttags::text)
    FROM pg_event_trigger e
    UNION ALL SELECT 'default rights', concat_ws(' ', pg_get_userbyid(a.defaclrole), a.defaclnamespace::regnamespace, a.defaclobjtype),
            a.defaclacl::text
    FROM pg_default_acl a
    UNION ALL SELECT 'foreign servers', quote_ident(f.srvname), concat_ws('|', pg_get_userbyid(f.srvowner), f.srvacl::text, f.srvoptions::text)
    FROM pg_foreign_server f
    UNION ALL SELECT 'statistics', format('%I.%I', n.nspname, x.stxname), concat_ws('|', r.name, x.stxkeys::text, x.stxkind::text)
    FROM pg_statistic_ext x JOIN own n ON n.oid = x.stxnamespace JOIN rel r ON r.oid = x.stxrelid
) AS object ORDER BY 1, 2;

-- sizes: rows and bytes as PostgreSQL estimates them, of the table with its TOAST and indexes; no file is looked at
SELECT format('%%I.%%I', n.nspname, c.relname) AS name, CASE WHEN c.reltuples >= 0 THEN c.reltuples::int8 END AS rows,
    pg_stat_get_live_tuples(c.oid) AS live, pg_stat_get_dead_tuples(c.oid) AS dead,
    (c.relpages + coalesce(t.relpages, 0))::int8 * current_setting('block_size')::int8 AS bytes,
    coalesce(i.pages, 0)::int8 * current_setting('block_size')::int8 AS index_bytes,
    greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid)) AS vacuumed,
    greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)) AS analyzed
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN (SELECT x.indrelid, sum(k.relpages) AS pages FROM pg_index x JOIN pg_class k ON k.oid = x.indexrelid GROUP BY 1) i
    ON i.indrelid = c.oid
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

-- slots: for whom WAL is kept, and how much
SELECT slot_name::text AS name, slot_type AS kind, plugin::text AS plugin, database::text AS database, active, temporary,
    restart_lsn::text AS restart, confirmed_flush_lsn::text AS confirmed, wal_status AS wal, safe_wal_size AS bytes_left,
    pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn)::int8
        AS bytes_kept
FROM pg_replication_slots ORDER BY 1;

-- subscriptions: what is replicated to here
SELECT s.subname::text AS name, pg_get_userbyid(s.subowner)::text AS owner, s.subenabled AS enabled, s.subslotname::text AS slot,
    s.subpublications AS publications
FROM pg_subscription s WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1;

-- file_settings: what the configuration files say of the settings that our own session has set otherwise
SELECT DISTINCT ON (f.name) f.name, f.setting AS value, s.unit, 'configuration file' AS source, f.sourcefile AS file,
    f.sourceline AS line, false AS pending_restart
FROM pg_file_settings f JOIN pg_settings s ON s.name = f.name
WHERE s.source IN ('client', 'session') AND f.applied ORDER BY f.name, f.seqno DESC;

-- waiting_settings: the values in the files that only a restart would bring, which pg_settings does not tell
SELECT DISTINCT ON (f.name) f.name, f.setting AS value FROM pg_file_settings f JOIN pg_settings s ON s.name = lower(f.name)
WHERE s.pending_restart ORDER BY f.name, f.seqno DESC;

-- sight: what our role may see; a part that it sees only partly is said to be
SELECT pg_has_role('pg_read_all_settings', 'USAGE') AS settings, pg_has_role('pg_read_all_stats', 'USAGE') AS sessions,
    has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') AS files,
    ARRAY(SELECT name::text FROM pg_settings WHERE source IN ('client', 'session') AND name NOT IN
          ('application_name', 'client_encoding', 'TimeZone', 'DateStyle', 'IntervalStyle') ORDER BY 1) AS ours;

-- file_faults: lines of the configuration files that the server can not use
SELECT f.sourcefile AS file, f.sourceline AS line, f.name, f.error FROM pg_file_settings f
WHERE f.error IS NOT NULL AND NOT EXISTS (SELECT FROM pg_settings s WHERE s.name = lower(f.name) AND s.pending_restart)
ORDER BY f.seqno;

-- access_rules: who may connect from where, as the file says now
SELECT to_jsonb(r) AS rule FROM pg_hba_file_rules r ORDER BY line_number LIMIT %(most)s;

-- memberships: who is a member of what; inherit and set are options of a membership from 16 on
SELECT pg_get_userbyid(m.member)::text AS member, pg_get_userbyid(m.roleid)::text AS role, pg_get_userbyid(m.grantor)::text AS grantor,
    m.admin_option AS admin, (to_jsonb(m) ->> 'inherit_option')::bool AS inherit, (to_jsonb(m) ->> 'set_option')::bool AS "set"
FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname !~ '^pg_' ORDER BY 1, 2, 3;

-- databases: what is set for each database; names of columns differ between versions
SELECT d.datname::text AS name, d.oid::int8 AS oid, pg_get_userbyid(d.datdba)::text AS owner, pg_encoding_to_char(d.encoding)::text AS encoding,
    d.datcollate::text AS "collate", d.datctype::text AS ctype, to_jsonb(d) ->> 'datlocprovider' AS provider,
    coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale, d.datistemplate AS template,
    d.datallowconn AS allows_connections, d.datconnlimit AS connection_limit, d.datacl::text[] AS acl,
    t.spcname::text AS tablespace, shobj_description(d.oid, 'pg_database') AS comment
FROM pg_database d LEFT JOIN pg_tablespace t ON t.oid = d.dattablespace ORDER BY 1;

-- database_sizes: bytes on disk, of the databases that our role may look into
SELECT d.datname::text AS name, CASE WHEN has_database_privilege(d.oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
    THEN pg_database_size(d.oid) END AS bytes, age(d.datfrozenxid) AS transactions_since_freeze
FROM pg_database d ORDER BY 1;

-- tablespaces: where data lies besides the data folder
SELECT t.spcname::text AS name, pg_get_userbyid(t.spcowner)::text AS owner, pg_tablespace_location(t.oid) AS location,
    t.spcoptions AS options, t.spcacl::text[] AS acl
FROM pg_tablespace t WHERE t.spcname !~ '^pg_' ORDER BY 1;

-- connections: how many there are, of how many
SELECT current_setting('max_connections')::int AS most, current_setting('superuser_reserved_connections')::int AS reserved,
    (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) AS used,
    (SELECT coalesce(jsonb_agg(to_jsonb(g) ORDER BY g.n DESC, g.role), '[]') FROM (
        SELECT coalesce(usename, '')::text AS role, coalesce(application_name, '') AS application, coalesce(datname, '')::text AS database,
            coalesce(state, '') AS state, count(*)::int AS n
        FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
        GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4 LIMIT %(most)s) AS g) AS by;

-- waiting: who waits for a lock, for what, and behind whom
SELECT l.pid, l.locktype AS kind, l.mode, pg_blocking_pids(l.pid) AS blocked_by, format('%%I.%%I', n.nspname, c.relname) AS relation
FROM pg_locks l LEFT JOIN pg_class c ON c.oid = l.relation
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT l.granted AND l.pid IS DISTINCT FROM pg_backend_pid() ORDER BY l.pid LIMIT %(most)s;

-- held: the locks on tables of this database that keep others from writing or reading
SELECT format('%%I.%%I', n.nspname, c.relname) AS relation, l.mode, array_agg(DISTINCT l.pid) AS pids
FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE l.granted AND l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') AND c.relkind IN ('r', 'p', 'm')
GROUP BY 1, 2 ORDER BY 1, 2 LIMIT %(most)s;

-- receiver: from whom this standby gets its WAL
SELECT status, sender_host AS host, sender_port AS port, slot_name AS slot, latest_end_lsn::text AS received,
    pg_last_wal_replay_lsn()::text AS replayed, pg_is_wal_replay_paused() AS paused
FROM pg_stat_wal_receiver WHERE pg_is_in_recovery();

-- publications: what is offered to others
SELECT p.pubname::text AS name, pg_get_userbyid(p.pubowner)::text AS owner, p.puballtables AS all_tables,
    concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
              CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END) AS publishes,
    (SELECT array_agg(format('%I.%I', n.nspname, c.relname) ORDER BY n.nspname, c.relname) FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid
     JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.prpubid = p.oid) AS tables
FROM pg_publication p ORDER BY 1;

-- cron_place: whether pg_cron keeps its jobs in this database, or in which other
SELECT to_regclass('cron.job') IS NOT NULL AS here, current_setting('cron.database_name', true) AS elsewhere;

-- cron_jobs: what pg_cron runs by itself
SELECT j.jobid::text AS name, to_jsonb(j) - 'jobid' AS job FROM cron.job j ORDER BY j.jobid LIMIT %(most)s;

-- list_snapshots: the recorded states, newest first, without their content
SELECT a.id, a.target, a.made_at, a.incident_id, t.run_id AS run, a.payload -> 'server' ->> 'version' AS version,
    a.payload -> 'server' ->> 'database' AS database, left(a.payload -> 'schema' ->> 'fingerprint', 12) AS fingerprint,
    a.payload -> 'schema' -> 'counts' AS counts, (SELECT array_agg(k ORDER BY k) FROM jsonb_object_keys(a.payload -> 'unknown') k) AS unknown
FROM artefact a LEFT JOIN attempt t ON t.id = a.attempt_id
WHERE a.kind = 'snapshot' AND (%(target)s::text IS NULL OR a.target = %(target)s)
    AND (%(incident)s::bigint IS NULL OR a.incident_id = %(incident)s)
ORDER BY a.id DESC LIMIT %(limit)s;

-- one_snapshot: a recorded state with its content
SELECT a.id, a.target, a.made_at, a.incident_id, t.run_id AS run, a.payload
FROM artefact a LEFT JOIN attempt t ON t.id = a.attempt_id WHERE a.kind = 'snapshot' AND a.id = %(id)s;

-- recent_snapshots: the newest recorded states of a target, the latest first
SELECT a.id FROM artefact a WHERE a.kind = 'snapshot' AND (%(target)s::text IS NULL OR a.target = %(target)s)
ORDER BY a.id DESC LIMIT 2;

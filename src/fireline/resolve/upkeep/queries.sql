-- place: the server, the moment by its clock, and whether our limits hold on this connection
SELECT clock_timestamp() AS at, pg_is_in_recovery() AS standby, current_database()::text AS database,
    current_setting('server_version_num')::int AS version, current_setting('block_size')::int AS block,
    (SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout') AS lock_timeout_ms,
    EXISTS (SELECT FROM pg_settings WHERE name = 'client_connection_check_interval') AS hears_hangup,
    CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END AS folder,
    (SELECT count(*)::int FROM pg_stat_replication WHERE state IN ('streaming', 'catchup')) AS standbys,
    (SELECT count(*)::int FROM pg_stat_replication WHERE state IN ('streaming', 'catchup') AND replay_lsn IS NULL) AS unseen;

-- tables: those that are over a trigger of autovacuum's, or were never analyzed; by the catalog and the counters alone
WITH setting AS MATERIALIZED (
    SELECT current_setting('autovacuum_vacuum_threshold')::float8 AS vacuum_base,
        current_setting('autovacuum_vacuum_scale_factor')::float8 AS vacuum_part,
        coalesce(nullif(current_setting('autovacuum_vacuum_max_threshold', true), '-1')::float8, 'infinity') AS vacuum_most,
        current_setting('autovacuum_vacuum_insert_threshold')::float8 AS insert_base,
        current_setting('autovacuum_vacuum_insert_scale_factor')::float8 AS insert_part,
        current_setting('autovacuum_analyze_threshold')::float8 AS analyze_base,
        current_setting('autovacuum_analyze_scale_factor')::float8 AS analyze_part,
        current_setting('autovacuum_freeze_max_age')::float8 AS freeze_most,
        current_setting('autovacuum_multixact_freeze_max_age')::float8 AS multi_most,
        current_setting('server_version_num')::int AS version,
        (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) AS super,
        (SELECT pg_has_role(d.datdba, 'USAGE') FROM pg_database d WHERE d.datname = current_database()) AS owns_database
), every AS (
    SELECT c.oid, format('%%I.%%I', n.nspname, c.relname) AS name, n.nspname, c.relname, c.relkind, c.relpages, c.relowner,
        n.nspname ~ '^pg_' OR n.nspname = 'information_schema' AS of_system,
        CASE WHEN c.reltuples >= 0 THEN c.reltuples ELSE 0 END AS tuples,
        pg_stat_get_live_tuples(c.oid) AS live, pg_stat_get_dead_tuples(c.oid) AS dead,
        pg_stat_get_mod_since_analyze(c.oid) AS changed, pg_stat_get_ins_since_vacuum(c.oid) AS inserted,
        greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid)) AS vacuumed,
        greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)) AS analyzed,
        CASE WHEN c.relkind = 'p' THEN 0 ELSE greatest(age(c.relfrozenxid), age(toast.relfrozenxid)) END AS age,
        CASE WHEN c.relkind = 'p' THEN 0 ELSE greatest(mxid_age(c.relminmxid), mxid_age(toast.relminmxid)) END AS multi_age,
        coalesce(least((to_jsonb(c) ->> 'relallfrozen')::float8 / nullif(c.relpages, 0), 1), 0) AS frozen_part,
        CASE WHEN c.reloptions IS NOT NULL
            THEN (SELECT jsonb_object_agg(option_name, option_value) FROM pg_options_to_table(c.reloptions)) END AS own
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid AND c.reltoastrelid <> 0
    WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_(toast|temp_)'
), judged AS (
    SELECT e.*, s.super OR pg_has_role(e.relowner, 'USAGE') OR s.owns_database
            OR CASE WHEN s.version >= 170000 THEN has_table_privilege(e.oid, 'MAINTAIN') ELSE false END AS allowed,
        least(coalesce((own ->> 'autovacuum_vacuum_threshold')::float8, vacuum_base)
            + coalesce((own ->> 'autovacuum_vacuum_scale_factor')::float8, vacuum_part) * tuples,
            coalesce(nullif(own ->> 'autovacuum_vacuum_max_threshold', '-1')::float8, vacuum_most)) AS vacuum_trigger,
        CASE WHEN coalesce((own ->> 'autovacuum_vacuum_insert_threshold')::float8, insert_base) >= 0
            THEN coalesce((own ->> 'autovacuum_vacuum_insert_threshold')::float8, insert_base)
            + coalesce((own ->> 'autovacuum_vacuum_insert_scale_factor')::float8, insert_part) * tuples * (1 - frozen_part)
            ELSE 'infinity' END AS insert_trigger,
        coalesce((own ->> 'autovacuum_analyze_threshold')::float8, analyze_base)
            + coalesce((own ->> 'autovacuum_analyze_scale_factor')::float8, analyze_part) * tuples AS analyze_trigger,
        least((own ->> 'autovacuum_freeze_max_age')::float8, freeze_most) AS freeze_most_here,
        least((own ->> 'autovacuum_multixact_freeze_max_age')::float8, multi_most) AS multi_most_here
    FROM every e, setting s
), wanting AS (
    SELECT j.*, relkind <> 'p' AND NOT of_system AND dead > vacuum_trigger AS much_dead,
        relkind <> 'p' AND NOT of_system AND inserted > insert_trigger AS much_new,
        relkind <> 'p' AND NOT of_system AND changed > analyze_trigger AS much_changed,
        relkind <> 'p' AND (age > %(near)s * freeze_most_here OR multi_age > %(near)s * multi_most_here) AS old,
        -- counters are lost in a crash and by an upgrade, so the statistics themselves are looked for
        CASE WHEN analyzed IS NULL AND NOT of_system AND (has_table_privilege(oid, 'SELECT') AND NOT row_security_active(oid))
                  AND (relkind = 'p' OR tuples > 0 OR live > 0)
             THEN NOT EXISTS (SELECT FROM pg_stats p WHERE p.schemaname = nspname AND p.tablename = relname)
                  AND (relkind <> 'p' OR EXISTS (SELECT FROM pg_inherits i JOIN pg_class leaf ON leaf.oid = i.inhrelid
                                                 WHERE i.inhparent = judged_oid AND (leaf.reltuples > 0 OR leaf.relkind = 'p'
                                                       OR pg_stat_get_live_tuples(leaf.oid) > 0)))
             ELSE false END AS unknown
    FROM (SELECT judged.*, judged.oid AS judged_oid FROM judged) j
)
SELECT oid::int8 AS oid, name, relkind::text AS kind, of_system, relpages::int8 AS pages, greatest(tuples, live)::int8 AS rows, dead::int8, changed::int8, inserted::int8,
    age::int8, multi_age::int8, vacuumed, analyzed, vacuum_trigger, insert_trigger, analyze_trigger, freeze_most_here AS freeze_most,
    multi_most_here AS multi_most, allowed, much_dead, much_new, much_changed, old, unknown
FROM wanting WHERE much_dead OR much_new OR much_changed OR old OR unknown
ORDER BY greatest(dead, changed) DESC, relpages DESC, name LIMIT 500;

-- holders: who keeps dead rows from being removed here, oldest first; seconds is empty where nobody knows since when
SELECT * FROM (
    SELECT CASE WHEN a.backend_type = 'walsender' THEN 'standby' ELSE 'session' END AS kind, a.pid, coalesce(a.application_name, '') AS name,
        a.usename::text AS "user", a.state, extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds,
        greatest(age(a.backend_xmin), age(a.backend_xid))::int8 AS age, true AS active
    FROM pg_stat_activity a
    WHERE (a.datname = current_database() OR a.backend_type = 'walsender') AND a.pid <> pg_backend_pid()
      AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL) AND a.pid <> ALL (%(ours)s::int[])
      AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum v WHERE v.pid = a.pid)
    UNION ALL
    SELECT 'prepared', NULL, p.gid, p.owner::text, NULL, extract(epoch FROM clock_timestamp() - p.prepared), age(p.transaction), true
    FROM pg_prepared_xacts p WHERE p.database = current_database()
    UNION ALL
    SELECT 'slot', s.active_pid, s.slot_name::text, NULL, NULL, NULL, age(s.xmin), s.active FROM pg_replication_slots s WHERE s.xmin IS NOT NULL
) AS h ORDER BY seconds DESC NULLS LAST, age DESC LIMIT 20;

-- indexes: invalid ones, and B-trees far larger than what is in them needs; the size is worked out from the widths of the columns
WITH chosen AS (
    SELECT i.indexrelid, i.indrelid, i.indkey, i.indisvalid, i.indisunique, i.indclass, i.indcollation, i.indoption,
        i.indexprs, i.indpred, c.relname, t.relname AS of_table, n.nspname, c.relpages, c.reltablespace, a.amname, t.relowner,
        CASE WHEN i.indisvalid THEN c.reltuples ELSE t.reltuples END AS tuples, t.relpages AS table_pages, c.relname ~ '_cc(new|old)\d*$' AS of_rebuild,
        coalesce((SELECT option_value::float8 FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), 90) AS fill
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am a ON a.oid = c.relam
    WHERE c.relkind = 'i' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND (NOT i.indisvalid OR (a.amname = 'btree' AND c.relpages >= %(pages)s AND c.reltuples >= 0))
), widths AS (
    SELECT c.indexrelid, sum(CASE WHEN p.attlen > 0 THEN p.attlen ELSE s.avg_width END) AS width,
        bool_or(p.attlen < 0 AND s.avg_width IS NULL) AS unknown, bool_or(coalesce(s.null_frac, 0) > 0) AS nulls
    FROM chosen c JOIN pg_attribute p ON p.attrelid = c.indexrelid AND p.attnum > 0
    LEFT JOIN pg_attribute o ON o.attrelid = c.indrelid AND o.attnum = c.indkey[p.attnum - 1] AND o.attnum <> 0
    LEFT JOIN pg_stats s ON s.schemaname = c.nspname AND NOT s.inherited
        AND s.tablename = CASE WHEN o.attname IS NULL THEN c.relname ELSE c.of_table END AND s.attname = coalesce(o.attname, p.attname)
    GROUP BY c.indexrelid
), sized AS (
    SELECT c.*, CASE WHEN c.amname = 'btree' AND NOT w.unknown AND c.tuples >= 0 THEN
            2 + ceil(c.tuples / greatest(floor((current_setting('block_size')::int - 40) * c.fill / 100
                / (8 + CASE WHEN w.nulls THEN 8 ELSE 0 END + 8 * ceil(w.width / 8.0) + 4)), 1)) END AS needed
    FROM chosen c JOIN widths w USING (indexrelid)
)
SELECT s.indexrelid::int8 AS oid, format('%%I.%%I', s.nspname, s.relname) AS name, format('%%I.%%I', s.nspname, s.of_table) AS "table", s.indrelid::int8 AS table_oid,
    s.indisvalid AS valid, s.indisunique AS uniq, s.of_rebuild, s.relpages::int8 AS pages, s.needed::int8 AS needed, s.table_pages::int8 AS table_pages,
    s.amname::text AS method, twin.name AS twin, twin.valid AS twin_valid,
    coalesce((SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user), false) OR pg_has_role(s.relowner, 'USAGE') AS owned,
    CASE WHEN current_setting('server_version_num')::int >= 170000 THEN has_table_privilege(s.indrelid, 'MAINTAIN') ELSE false END AS maintained,
    pg_tablespace_location(CASE WHEN s.reltablespace <> 0 THEN s.reltablespace
        ELSE (SELECT d.dattablespace FROM pg_database d WHERE d.datname = current_database()) END) AS folder,
    (SELECT min(l.pid) FROM pg_locks l LEFT JOIN pg_stat_activity b ON b.pid = l.pid
      WHERE l.locktype = 'relation' AND l.relation = s.indrelid AND l.granted AND l.pid <> pg_backend_pid()
        AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
        AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock') AND b.backend_type IS DISTINCT FROM 'autovacuum worker') AS busy
FROM sized s LEFT JOIN LATERAL (
    SELECT format('%%I.%%I', s.nspname, oc.relname) AS name, o.indisvalid AS valid
    FROM pg_index o JOIN pg_class oc ON oc.oid = o.indexrelid
    WHERE o.indrelid = s.indrelid AND o.indexrelid <> s.indexrelid AND o.indkey::text = s.indkey::text AND o.indclass::text = s.indclass::text
      AND o.indcollation::text = s.indcollation::text AND o.indoption::text = s.indoption::text
      AND regexp_replace(o.indexprs::text, ':location -?\d+', '', 'g') IS NOT DISTINCT FROM regexp_replace(s.indexprs::text, ':location -?\d+', '', 'g') AND regexp_replace(o.indpred::text, ':location -?\d+', '', 'g') IS NOT DISTINCT FROM regexp_replace(s.indpred::text, ':location -?\d+', '', 'g')
      AND oc.relname !~ '_cc(new|old)\d*$'
    ORDER BY o.indisvalid DESC, oc.relname LIMIT 1) AS twin ON true
WHERE NOT s.indisvalid OR (s.relpages >= %(times)s * s.needed AND s.relpages - s.needed >= %(pages)s)
ORDER BY s.indisvalid, s.relpages - s.needed DESC NULLS LAST, 2 LIMIT 200;

-- constraints: those that new rows must obey and old ones were never checked for
SELECT c.oid::int8 AS oid, quote_ident(c.conname) AS name, format('%%I.%%I', n.nspname, t.relname) AS "table", t.oid::int8 AS table_oid,
    c.contype::text AS kind, t.relpages::int8 AS pages, greatest(t.reltuples, pg_stat_get_live_tuples(t.oid), 0)::int8 AS rows, pg_get_constraintdef(c.oid) AS says,
    coalesce((SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user), false) OR pg_has_role(t.relowner, 'USAGE') AS owned
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE NOT c.convalidated AND c.contype IN ('f', 'c', 'n') AND c.conparentid = 0 AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND (c.contype = 'f' OR c.coninhcount = 0)
ORDER BY t.relpages, 3, 2 LIMIT 100;

-- sequences: those that fill a column whose largest value an index tells at once
SELECT s.seqrelid::int8 AS oid, format('%%I.%%I', n.nspname, q.relname) AS name, quote_literal(format('%%I.%%I', n.nspname, q.relname)) AS literal, format('%%I.%%I', tn.nspname, t.relname) AS "table", t.oid::int8 AS table_oid,
    quote_ident(a.attname) AS "column", s.seqmax AS most,
    CASE WHEN has_sequence_privilege(s.seqrelid, 'USAGE, SELECT') THEN coalesce(pg_sequence_last_value(s.seqrelid), s.seqstart - 1) END AS last,
    has_sequence_privilege(s.seqrelid, 'UPDATE') AND has_column_privilege(t.oid, a.attnum, 'SELECT') AS allowed
FROM pg_sequence s JOIN pg_class q ON q.oid = s.seqrelid JOIN pg_namespace n ON n.oid = q.relnamespace
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i') AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE s.seqincrement > 0 AND NOT s.seqcycle AND t.relkind IN ('r', 'p') AND t.relpersistence <> 't' AND a.atttypid IN (20, 21, 23)
  AND EXISTS (SELECT FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_am m ON m.oid = ic.relam
              WHERE i.indrelid = t.oid AND i.indkey[0] = a.attnum AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree')
ORDER BY t.relpages DESC, 2 LIMIT 200;

-- table_now: the numbers of one table
SELECT greatest(c.reltuples, 0)::int8 AS rows, c.relpages::int8 AS pages, pg_stat_get_dead_tuples(c.oid) AS dead, pg_stat_get_mod_since_analyze(c.oid) AS changed,
    greatest(age(c.relfrozenxid), age(toast.relfrozenxid)) AS age,
    greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid)) AS vacuumed,
    greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)) AS analyzed,
    -- of a partitioned table, which older servers do not count: it is planned only when it has no statistics at all
    c.relkind = 'p' AND EXISTS (SELECT FROM pg_stats p WHERE p.schemaname = n.nspname AND p.tablename = c.relname) AS known
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid AND c.reltoastrelid <> 0 WHERE c.oid = %(oid)s;

-- index_now: the index of a name; rebuilt, it is another object of the same name
SELECT c.oid::int8 AS oid, i.indisvalid AS valid, c.relpages::int8 * current_setting('block_size')::int AS bytes
FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE format('%%I.%%I', n.nspname, c.relname) = %(object)s;

-- constraint_now: whether a constraint is validated
SELECT convalidated AS validated FROM pg_constraint WHERE oid = %(oid)s;

-- sequence_now: where a sequence stands
SELECT coalesce(pg_sequence_last_value(s.seqrelid), s.seqstart - 1) AS last FROM pg_sequence s WHERE s.seqrelid = %(oid)s;

-- leftovers: what a rebuild that was cut off has left on a table
SELECT c.oid::int8 AS oid, format('%%I.%%I', n.nspname, c.relname) AS name
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.indrelid = %(table)s AND NOT i.indisvalid AND c.relname ~ '_cc(new|old)\d*$';

-- pulse: who waits for this session, how many wait at all, and how far the slowest standby is behind
SELECT (SELECT count(*)::int FROM (SELECT DISTINCT l.pid FROM pg_locks l WHERE NOT l.granted AND l.pid <> %(pid)s LIMIT 300) AS w
         WHERE %(pid)s = ANY (pg_blocking_pids(w.pid))) AS behind,
    (SELECT count(DISTINCT l.pid)::int FROM pg_locks l WHERE NOT l.granted AND l.pid <> %(pid)s) AS waiting,
    CASE WHEN NOT pg_is_in_recovery() THEN
        (SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn))::int8 FROM pg_stat_replication r WHERE r.state IN ('streaming', 'catchup')) END AS lag;

-- alone: take the right to tend this database, which one session at a time may have
SELECT pg_try_advisory_lock(hashtext('fireline upkeep'), 0) AS had;

-- duplicates: indexes that say exactly what another one says; the one that may go is the one nothing rests on
SELECT format('%%I.%%I', n.nspname, c.relname) AS name, format('%%I.%%I', n.nspname, k.relname) AS kept, c.relpages::int8 AS pages,
    pg_stat_get_numscans(c.oid) AS scans
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i' JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_index o ON o.indrelid = i.indrelid AND o.indexrelid <> i.indexrelid AND o.indisvalid AND o.indkey::text = i.indkey::text
    AND o.indclass::text = i.indclass::text AND o.indcollation::text = i.indcollation::text AND o.indoption::text = i.indoption::text
    AND regexp_replace(o.indexprs::text, ':location -?\d+', '', 'g') IS NOT DISTINCT FROM regexp_replace(i.indexprs::text, ':location -?\d+', '', 'g') AND regexp_replace(o.indpred::text, ':location -?\d+', '', 'g') IS NOT DISTINCT FROM regexp_replace(i.indpred::text, ':location -?\d+', '', 'g')
JOIN pg_class k ON k.oid = o.indexrelid AND k.relam = c.relam
WHERE i.indisvalid AND NOT i.indisreplident AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND (NOT i.indisunique OR o.indisunique)
  AND NOT EXISTS (SELECT FROM pg_constraint x WHERE x.conindid = i.indexrelid)
  AND (o.indisreplident OR EXISTS (SELECT FROM pg_constraint x WHERE x.conindid = o.indexrelid) OR (o.indisunique AND NOT i.indisunique)
       OR (o.indisunique = i.indisunique AND o.indexrelid < i.indexrelid))
ORDER BY c.relpages DESC, 1 LIMIT 20;

-- unused: large indexes that no statement has used since the counters began
SELECT format('%%I.%%I', n.nspname, c.relname) AS name, c.relpages::int8 AS pages, d.stats_reset AS since,
    extract(epoch FROM clock_timestamp() - coalesce(d.stats_reset, pg_postmaster_start_time()))::float8 AS seconds
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i' JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_stat_database d ON d.datname = current_database()
WHERE i.indisvalid AND NOT i.indisunique AND NOT i.indisreplident AND c.relpages >= %(pages)s AND pg_stat_get_numscans(c.oid) = 0
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_constraint x WHERE x.conindid = i.indexrelid)
ORDER BY c.relpages DESC, 1 LIMIT 20;

-- unindexed: foreign keys whose own columns no index begins with, so that each change of a parent reads the whole child
SELECT quote_ident(c.conname) AS name, format('%%I.%%I', n.nspname, t.relname) AS "table", greatest(t.reltuples, 0)::int8 AS rows, t.relpages::int8 AS pages,
    c.confrelid::regclass::text AS parent, pg_stat_get_tuples_deleted(c.confrelid) + pg_stat_get_tuples_updated(c.confrelid) AS changes,
    (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.at) FROM unnest(c.conkey) WITH ORDINALITY AS k(num, at)
       JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.num) AS columns
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE c.contype = 'f' AND c.conparentid = 0 AND t.relkind = 'r' AND t.relpages >= %(pages)s
  AND pg_stat_get_tuples_deleted(c.confrelid) + pg_stat_get_tuples_updated(c.confrelid) > 0
  AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid AND i.indisvalid AND i.indpred IS NULL
                  AND (SELECT array_agg(num) FROM unnest((i.indkey::int2[])[0:cardinality(c.conkey) - 1]) AS num) @> c.conkey)
ORDER BY t.relpages DESC, 2 LIMIT 20;

-- loose: tables that occupy far more than their rows need, which no VACUUM gives back
SELECT format('%%I.%%I', n.nspname, c.relname) AS name, c.relpages::int8 AS pages, x.needed::int8 AS needed
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT ceil(c.reltuples / greatest(floor((current_setting('block_size')::int - 24) / (28 + 8 * ceil(w.width / 8.0))), 1)) AS needed, w.unknown
    FROM (SELECT sum(coalesce(s.avg_width, CASE WHEN a.attlen > 0 THEN a.attlen END)) AS width,
                 bool_or(s.avg_width IS NULL AND a.attlen < 0) AS unknown
          FROM pg_attribute a LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS w) AS x
WHERE c.relkind = 'r' AND c.relpages >= %(pages)s AND c.reltuples >= 0 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT coalesce(x.unknown, true) AND c.relpages >= %(times)s * x.needed
ORDER BY c.relpages - x.needed DESC LIMIT 10;

-- pairs: the first two columns of indexes of several, where nothing tells the planner whether they go together
SELECT DISTINCT ON (t.relpages, t.oid, a.attnum, b.attnum) t.oid::int8 AS oid, format('%%I.%%I', n.nspname, t.relname) AS "table",
    quote_ident(a.attname) AS one, quote_ident(b.attname) AS two, t.relpages::int8 AS pages,
    format('%%I.%%I', n.nspname, left(concat_ws('_', t.relname, a.attname, b.attname), 58) || '_both') AS statistic
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] JOIN pg_attribute b ON b.attrelid = t.oid AND b.attnum = i.indkey[1]
WHERE i.indnkeyatts >= 2 AND NOT i.indisunique AND i.indisvalid AND t.relkind = 'r' AND t.reltuples >= 10000
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND has_table_privilege(t.oid, 'SELECT') AND NOT row_security_active(t.oid)
  AND NOT EXISTS (SELECT FROM pg_statistic_ext e WHERE e.stxrelid = t.oid AND e.stxkeys::int2[] @> ARRAY[a.attnum, b.attnum])
ORDER BY t.relpages DESC, t.oid, a.attnum, b.attnum LIMIT 10;

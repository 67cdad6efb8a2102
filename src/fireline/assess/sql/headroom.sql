-- How far the end is: transaction ids, sequences, log that is kept, dead rows that may not be removed.
CREATE OR REPLACE FUNCTION {schema}.see_headroom()
RETURNS TABLE (label text, severity text, title text, fact text, remedy text, takes integer, explained_by text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $fireline$
#variable_conflict use_column
DECLARE
    position pg_lsn := CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END;
    usual numeric := 2 * (SELECT s.setting::numeric FROM pg_settings s WHERE s.name = 'max_wal_size') * 1048576;
    found record;
    last bigint;
BEGIN
    RETURN QUERY
    SELECT 'transaction ids', 'symptom', format('Database %s: %s transactions old, %s left', w.datname, w.old, greatest(2144483648 - w.old, 0)),
        format('autovacuum_freeze_max_age = %s', current_setting('autovacuum_freeze_max_age')), 'Find who holds the oldest transaction, end it, then VACUUM (FREEZE) the oldest tables', p.points,
        ARRAY['xmin_held_by_session', 'xmin_held_by_prepared', 'xmin_held_by_slot']
    FROM (SELECT d.datname, age(d.datfrozenxid) AS old FROM pg_database d ORDER BY 2 DESC LIMIT 1) w
    CROSS JOIN LATERAL {schema}.ramp('transaction ids', w.old / 2147483648.0, 0.40, 0.90, 800) p(points)
    WHERE w.old > 1.1 * current_setting('autovacuum_freeze_max_age')::numeric;

    -- Dead rows that VACUUM had to leave, and who keeps them.
    RETURN QUERY
    WITH kept AS (
        SELECT t.relid, t.n_dead_tup, t.n_live_tup, greatest(t.last_vacuum, t.last_autovacuum) AS at FROM pg_stat_user_tables t
        WHERE t.n_dead_tup >= greatest(1000, 0.2 * t.n_live_tup) AND greatest(t.last_vacuum, t.last_autovacuum) IS NOT NULL),
    holders AS (
        SELECT 'xmin_held_by_session' AS cause, greatest(age(a.backend_xmin), age(a.backend_xid)) AS old, a.xact_start AS since,
            format('pid %s (%s, %s)', a.pid, coalesce(nullif(a.application_name, ''), a.usename), a.state) AS who, format('SELECT pg_terminate_backend(%s)', a.pid) AS cure
        FROM pg_stat_activity a WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
            AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL) AND a.xact_start < clock_timestamp() - interval '1 s'
        UNION ALL
        SELECT 'xmin_held_by_prepared', age(p.transaction), p.prepared, format('prepared transaction %L', p.gid), format('ROLLBACK PREPARED %L', p.gid)
        FROM pg_prepared_xacts p WHERE p.database = current_database()
        UNION ALL
        SELECT 'xmin_held_by_slot', age(s.xmin), NULL, format('slot %s', s.slot_name), format('SELECT pg_drop_replication_slot(%L)', s.slot_name)
        FROM pg_replication_slots s WHERE s.xmin IS NOT NULL AND NOT s.active),
    oldest AS (SELECT h.* FROM holders h ORDER BY h.old DESC LIMIT 1)
    SELECT o.cause, CASE WHEN max(k.n_dead_tup::numeric / greatest(k.n_live_tup, 1)) >= 1 THEN 'high' ELSE 'medium' END,
        'Dead rows stay after VACUUM, because an old transaction may still see them',
        format('%s holds back %s transactions; %s keeps %s dead rows', o.who, o.old, min(k.relid::regclass::text), max(k.n_dead_tup)), o.cure || '; then VACUUM',
        NULL::integer, NULL::text[]
    FROM oldest o JOIN kept k ON o.since IS NULL OR k.at > o.since - interval '1 s' GROUP BY o.cause, o.who, o.old, o.cure;

    -- Log that slots keep, and the archiver.
    RETURN QUERY
    SELECT 'inactive_slot_retains_wal', CASE WHEN w.kept > 5 * usual THEN 'high' ELSE 'medium' END, format('Slot %s keeps log that nobody reads', w.slot_name),
        format('%s GB kept, inactive, status %s', round(w.kept / 1073741824, 1), coalesce(w.status, '?')),
        format('SELECT pg_drop_replication_slot(%L), when its reader is gone for good', w.slot_name), NULL::integer, NULL::text[]
    FROM (SELECT s.slot_name, pg_wal_lsn_diff(position, s.restart_lsn) AS kept, to_jsonb(s) ->> 'wal_status' AS status FROM pg_replication_slots s WHERE NOT s.active) w
    WHERE w.kept > usual;
    RETURN QUERY
    SELECT 'log kept by slots', 'symptom', format('Slot %s keeps %s GB of log', w.slot_name, round(w.kept / 1073741824, 1)), NULL::text, 'Look why its reader lags', p.points,
        ARRAY['inactive_slot_retains_wal']
    FROM (SELECT s.slot_name, pg_wal_lsn_diff(position, s.restart_lsn) AS kept FROM pg_replication_slots s) w
    CROSS JOIN LATERAL {schema}.ramp('log kept by slots', w.kept, usual, 10 * usual, 200) p(points);
    RETURN QUERY
    SELECT 'archiver_failing', 'high', 'Log files can not be archived', format('%s failures, the last for %s at %s', a.failed_count, a.last_failed_wal, a.last_failed_time),
        'Run archive_command by hand and mend what it says; until then the log grows', NULL::integer, NULL::text[]
    FROM pg_stat_archiver a WHERE current_setting('archive_mode') <> 'off' AND a.last_failed_time > coalesce(a.last_archived_time, '-infinity')
        AND a.last_failed_time > clock_timestamp() - interval '1 h';

    -- Sequences; one that somebody has locked is passed over.
    FOR found IN SELECT s.seqrelid, s.seqmax, s.seqmin, s.seqincrement FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
        LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i') LEFT JOIN pg_class t ON t.oid = d.refobjid
        WHERE NOT s.seqcycle AND s.seqincrement > 0 AND c.relpersistence <> 't' AND has_sequence_privilege(s.seqrelid, 'SELECT,USAGE')
            AND NOT EXISTS (SELECT FROM pg_locks k WHERE k.relation = s.seqrelid AND k.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))
        ORDER BY t.reltuples DESC NULLS LAST LIMIT 300
    LOOP
        BEGIN
            last := pg_sequence_last_value(found.seqrelid);
        EXCEPTION WHEN lock_not_available OR undefined_table THEN
            CONTINUE;
        END;
        RETURN QUERY
        SELECT 'sequences', 'symptom', format('Sequence %s is used up to %s %%', found.seqrelid::regclass, floor(100 * w.share)), format('%s of %s', last, found.seqmax),
            'Widen the column to bigint, or give it another sequence', p.points, NULL::text[]
        FROM (SELECT (last - found.seqmin)::numeric / (found.seqmax::numeric - found.seqmin) AS share WHERE last IS NOT NULL AND found.seqmax > found.seqmin) w
        CROSS JOIN LATERAL {schema}.ramp('sequences', w.share, 0.75, 0.98, 500) p(points);
    END LOOP;
END $fireline$;

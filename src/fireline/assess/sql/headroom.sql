-- Who holds back what may be removed and frozen: sessions, prepared transactions, slots, standbys. cause: NULL where it passes soon.
CREATE OR REPLACE FUNCTION {schema}.holders()
RETURNS TABLE (cause text, old integer, whole boolean, since timestamptz, stuck boolean, who text, cure text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $fireline$
    SELECT CASE WHEN a.backend_type <> 'walsender' AND a.backend_type NOT LIKE 'autovacuum%' AND a.datname = current_database()
            AND a.xact_start <= clock_timestamp() - make_interval(secs => {moment}) THEN 'xmin_held_by_session' END,
        greatest(age(a.backend_xmin), age(a.backend_xid)), true, a.xact_start, coalesce(a.state LIKE 'idle in transaction%', false),
        format('pid %s (%s, %s)', a.pid, coalesce(nullif(a.application_name, ''), a.usename, a.backend_type), a.state), format('SELECT pg_terminate_backend(%s)', a.pid)
    FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
    UNION ALL
    SELECT CASE WHEN p.database = current_database() THEN 'xmin_held_by_prepared' END, age(p.transaction), true, p.prepared, false,
        format('prepared transaction %L', p.gid), format('ROLLBACK PREPARED %L', p.gid)
    FROM pg_prepared_xacts p
    UNION ALL
    SELECT CASE WHEN NOT s.active AND (s.database IS NULL OR s.database = current_database()) THEN 'xmin_held_by_slot' END, greatest(age(s.xmin), age(s.catalog_xmin)),
        s.xmin IS NOT NULL, (to_jsonb(s) ->> 'inactive_since')::timestamptz, false, format('slot %s', s.slot_name), format('SELECT pg_drop_replication_slot(%L)', s.slot_name)
    FROM pg_replication_slots s WHERE s.xmin IS NOT NULL OR s.catalog_xmin IS NOT NULL
$fireline$;

-- Tables with many dead rows that their last vacuum had to leave.
CREATE OR REPLACE FUNCTION {schema}.kept()
RETURNS TABLE (relation oid, system boolean, dead bigint, ratio numeric, at timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $fireline$
    SELECT c.oid, c.oid < 16384, s.dead, s.dead::numeric / greatest(s.live, 1), s.at
    FROM pg_class c CROSS JOIN LATERAL (SELECT pg_stat_get_dead_tuples(c.oid) AS dead, pg_stat_get_live_tuples(c.oid) AS live,
        greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid)) AS at) s
    WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND s.dead >= greatest({kept_dead}, {kept_part} * s.live) AND s.at IS NOT NULL
$fireline$;

-- How far the end is: transaction ids, sequences, log that is kept, dead rows that may not be removed.
CREATE OR REPLACE FUNCTION {schema}.see_headroom()
RETURNS TABLE (label text, severity text, title text, fact text, remedy text, takes integer, explained_by text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $fireline$
#variable_conflict use_column
DECLARE
    position pg_lsn := CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) ELSE pg_current_wal_insert_lsn() END;
    most_wal numeric := (SELECT s.setting::numeric FROM pg_settings s WHERE s.name = 'max_wal_size') * 1048576;
    usual numeric := 2 * most_wal;
    freeze_age numeric := current_setting('autovacuum_freeze_max_age')::numeric;
    archives boolean := current_setting('archive_mode') <> 'off';
    aged record;
    pressed boolean;
    ready bigint;
    found record;
    last bigint;
    spent numeric;
    far numeric := 0;
    furthest regclass;
    ends bigint;
    short text[] := '{{}}';
    shortest numeric := 0;
BEGIN
    -- Transaction ids: how old the oldest database is, and how long the rest lasts at the average rate.
    SELECT d.datname, age(d.datfrozenxid)::numeric AS old INTO aged FROM pg_database d ORDER BY 2 DESC LIMIT 1;
    RETURN QUERY
    SELECT 'transaction ids', 'symptom', format('Database %s: %s transactions old, %s left%s', aged.datname, aged.old, w.rest,
            CASE WHEN w.seconds > 86400 AND w.used > 0 THEN format(', about %s days at the average rate', round(w.rest / (w.used / w.seconds) / 86400)) END),
        format('autovacuum_freeze_max_age = %s', freeze_age), 'Find who holds the oldest transaction, end it, then VACUUM (FREEZE) the oldest tables', max(p.points), ARRAY['storage']
    FROM (SELECT greatest({xids} - aged.old, 0) AS rest, sum(s.xact_commit + s.xact_rollback)::numeric AS used,
            extract(epoch FROM clock_timestamp() - coalesce(max(s.stats_reset) FILTER (WHERE s.datname = current_database()), pg_postmaster_start_time()))::numeric AS seconds
        FROM pg_stat_database s WHERE s.datid <> 0) w
    CROSS JOIN LATERAL (SELECT * FROM {schema}.ramp('transaction ids', aged.old / 2147483648.0, 0.40, 0.90, 800) UNION ALL
        SELECT * FROM {schema}.ramp('transaction ids', w.rest / (w.used / w.seconds), {far}, {soon}, 800) WHERE w.seconds > 86400 AND w.used > 0) p(points)
    WHERE aged.old > 1.1 * freeze_age GROUP BY w.rest, w.used, w.seconds;

    -- Who holds back what may be removed and frozen.
    SELECT coalesce(aged.old >= freeze_age AND max(h.old) >= 0.8 * least(freeze_age, aged.old), false) INTO pressed FROM {schema}.holders() h;
    RETURN QUERY
    SELECT 'wraparound_pressure_holder', CASE WHEN aged.old >= {wraparound_far} THEN 'critical' ELSE 'high' END,
        'An old transaction keeps tables from being frozen, and transaction ids run out', format('%s holds back %s transactions; database %s is %s old, autovacuum_freeze_max_age is %s',
            h.who, h.old, aged.datname, aged.old, freeze_age), h.cure || '; then VACUUM (FREEZE) the oldest tables', NULL::integer, NULL::text[]
    FROM {schema}.holders() h WHERE pressed ORDER BY h.old DESC LIMIT 1;
    RETURN QUERY
    WITH firsts AS MATERIALIZED (
        SELECT DISTINCT ON (h.cause) h.* FROM {schema}.holders() h WHERE h.cause IS NOT NULL AND NOT pressed ORDER BY h.cause, h.old DESC),
    worst AS (
        SELECT f.cause, f.who, f.cure, f.old, f.since, f.stuck, count(k.relation) AS tables, max(k.ratio) AS ratio, min(k.relation::regclass::text) AS name, max(k.dead) AS dead
        FROM firsts f LEFT JOIN {schema}.kept() k ON (f.since IS NULL OR k.at > f.since - interval '1 s')
            AND CASE WHEN f.cause = 'xmin_held_by_slot' THEN k.system OR f.whole ELSE NOT k.system END
        GROUP BY f.cause, f.who, f.cure, f.old, f.since, f.stuck)
    SELECT w.cause, CASE WHEN w.ratio >= 1 THEN 'high' ELSE 'medium' END, 'Dead rows stay after VACUUM, because an old transaction may still see them',
        format('%s holds back %s transactions%s', w.who, w.old, CASE WHEN w.tables > 0 THEN format('; %s keeps %s dead rows', w.name, w.dead) END),
        w.cure || '; then VACUUM', NULL::integer, NULL::text[]
    FROM worst w WHERE CASE w.cause
        WHEN 'xmin_held_by_session' THEN w.tables > 0 OR (w.stuck AND w.since <= clock_timestamp() - make_interval(secs => {held_seconds}) AND w.old >= {held_many})
        WHEN 'xmin_held_by_prepared' THEN (w.tables > 0 OR w.since <= clock_timestamp() - make_interval(secs => {prepared_seconds}))
            AND NOT EXISTS (SELECT FROM pg_locks k WHERE NOT k.granted AND k.pid IS NOT NULL AND 0 = ANY (pg_blocking_pids(k.pid)))
        ELSE w.tables > 0 OR w.old >= {slot_many} END;

    -- Log that slots keep, and the archiver. How much room the disk has is not to be seen from here.
    RETURN QUERY
    WITH slots AS (
        SELECT s.*, greatest(pg_wal_lsn_diff(position, s.restart_lsn), 0) AS bytes, to_jsonb(s) ->> 'wal_status' AS status, (to_jsonb(s) ->> 'safe_wal_size')::numeric AS safe,
            coalesce(to_jsonb(s) ->> 'invalidation_reason', CASE WHEN to_jsonb(s) ->> 'conflicting' = 'true' THEN 'conflict' END) AS invalid,
            (to_jsonb(s) ->> 'inactive_since')::timestamptz AS since
        FROM pg_replication_slots s WHERE s.restart_lsn IS NOT NULL)
    (SELECT 'inactive_slot_retains_wal', CASE WHEN w.bytes >= most_wal THEN 'high' ELSE 'medium' END, format('Slot %s keeps log that nobody reads', w.slot_name),
        format('%s MB kept, inactive, status %s', round(w.bytes / 1048576), coalesce(w.status, '?')),
        format('SELECT pg_drop_replication_slot(%L), when its reader is gone for good', w.slot_name), NULL::integer, NULL::text[]
    FROM slots w WHERE NOT w.active AND NOT w.temporary AND coalesce(w.status, '') <> 'lost' AND w.invalid IS NULL AND w.bytes >= {worth_a_word}
        AND NOT ((w.xmin IS NOT NULL OR w.catalog_xmin IS NOT NULL) AND EXISTS (SELECT FROM {schema}.kept() k
            WHERE (k.system OR w.xmin IS NOT NULL) AND (w.since IS NULL OR k.at > w.since - interval '1 s')))
    ORDER BY w.bytes DESC LIMIT 5)
    UNION ALL
    SELECT 'log kept by slots', 'symptom', format('Slot %s keeps %s GB of log', w.slot_name, round(w.bytes / 1073741824, 1)), NULL, 'Look why its reader lags', p.points, ARRAY['storage']
    FROM slots w CROSS JOIN LATERAL (
        SELECT * FROM {schema}.ramp('log kept by slots', w.bytes / (w.bytes + greatest(w.safe, 0)), 0.30, 0.90, 500) WHERE w.safe IS NOT NULL
        UNION ALL SELECT * FROM {schema}.ramp('log kept by slots', w.bytes, usual, 10 * usual, 200) WHERE w.safe IS NULL) p(points)
    WHERE w.bytes > usual;
    IF has_function_privilege('pg_ls_archive_statusdir()', 'EXECUTE') THEN
        IF archives THEN
            EXECUTE $ready$SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name ~ '\.ready$'$ready$ INTO ready;
        END IF;
    ELSE
        RETURN QUERY SELECT 'archiver_failing', 'unknown', format('role %s may not list the folder of the log', current_user), NULL::text,
            'GRANT pg_monitor TO ' || quote_ident(current_user), NULL::integer, NULL::text[];
    END IF;
    RETURN QUERY
    SELECT 'archiver_failing', CASE WHEN coalesce(ready, 0) * {segment} >= most_wal THEN 'high' ELSE 'medium' END, 'Write-ahead log can not be archived',
        format('%s failures, the last for %s at %s; %s files wait', a.failed_count, a.last_failed_wal, a.last_failed_time, coalesce(ready::text, '?')),
        'Run archive_command by hand and mend what it says; until then the log grows', NULL::integer, NULL::text[]
    FROM pg_stat_archiver a WHERE archives AND (a.last_failed_time > coalesce(a.last_archived_time, '-infinity')
        OR (current_setting('archive_command') IN ('', '(disabled)') AND coalesce(current_setting('archive_library', true), '') = '' AND ready > 0 AND NOT pg_is_in_recovery()));

    -- Sequences: the one that is used up most, and those that have few numbers left that fit into their column. One that somebody has locked is passed over.
    FOR found IN
        WITH chosen AS MATERIALIZED (
            SELECT s.* FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
            LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
            LEFT JOIN pg_class t ON t.oid = d.refobjid
            WHERE s.seqrelid >= 16384 AND NOT s.seqcycle AND s.seqmax > s.seqmin AND c.relpersistence <> 't' AND has_sequence_privilege(s.seqrelid, 'SELECT,USAGE')
                AND NOT EXISTS (SELECT FROM pg_locks k WHERE k.relation = s.seqrelid AND k.mode = ANY ({strong}))
            ORDER BY greatest(t.reltuples, pg_stat_get_tuples_inserted(t.oid)) DESC NULLS LAST, s.seqrelid LIMIT 300)
        SELECT s.seqrelid, s.seqmax, s.seqmin, s.seqincrement, least(s.seqmax, (
            SELECT min(CASE a.atttypid WHEN 'smallint'::regtype THEN 32767 WHEN 'integer'::regtype THEN 2147483647 END) FROM pg_attribute a JOIN (
                SELECT d.refobjid, d.refobjsubid FROM pg_depend d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
                UNION SELECT f.adrelid, f.adnum FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
                WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = s.seqrelid) taking (relation, number)
            ON a.attrelid = taking.relation AND a.attnum = taking.number)) AS ceiling
        FROM chosen s
    LOOP
        BEGIN
            last := pg_sequence_last_value(found.seqrelid);
        EXCEPTION WHEN lock_not_available OR undefined_table THEN
            CONTINUE;
        END;
        spent := abs(last::numeric - CASE WHEN found.seqincrement > 0 THEN found.seqmin ELSE found.seqmax END) / (found.seqmax::numeric - found.seqmin);
        IF spent > far THEN
            far := spent;
            furthest := found.seqrelid;
            ends := found.seqmax;
        END IF;
        IF last IS NOT NULL AND found.seqincrement > 0 AND found.ceiling > found.seqmin
            AND (last::numeric - found.seqmin) / (found.ceiling::numeric - found.seqmin) >= {sequence_near} THEN
            short := short || format('%s at %s of %s', found.seqrelid::regclass, last, found.ceiling);
            shortest := greatest(shortest, CASE WHEN last::numeric + found.seqincrement > found.ceiling THEN 9 ELSE (last::numeric - found.seqmin) / (found.ceiling::numeric - found.seqmin) END);
        END IF;
    END LOOP;
    RETURN QUERY
    SELECT 'sequence_exhausted_int4', CASE WHEN shortest >= 9 THEN 'critical' WHEN shortest >= {sequence_very_near} THEN 'high' ELSE 'medium' END,
        'Sequences have no numbers left, or few', array_to_string(short, '; '), 'Widen the column and the sequence to bigint; look at the size of the table first',
        NULL::integer, NULL::text[]
    WHERE shortest > 0;
    RETURN QUERY
    SELECT 'sequences', 'symptom', format('Sequence %s is used up to %s %%', furthest, floor(100 * far)), format('ends at %s', ends),
        'Widen the column to bigint, or give it another sequence', p.points, ARRAY['integrity', 'storage']
    FROM {schema}.ramp('sequences', far, 0.75, 0.98, 500) p(points);
END $fireline$;

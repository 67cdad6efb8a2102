-- backups_page: those of a target as their rows have them, newest first, from one of them on
SELECT b.* FROM backup b
WHERE b.target = %(target)s AND (%(gone)s OR b.state <> 'gone')
    AND (%(before)s::text IS NULL OR (b.begun_at, b.id) < (SELECT f.begun_at, f.id FROM backup f WHERE f.name = %(before)s))
ORDER BY b.begun_at DESC, b.id DESC LIMIT %(limit)s;

-- backup_counts: how many there are, and what they take
SELECT count(*) FILTER (WHERE state = 'whole') AS whole, count(*) FILTER (WHERE state = 'whole' AND verified_at IS NOT NULL) AS verified,
    count(*) FILTER (WHERE state = 'whole' AND proved_at IS NOT NULL) AS proved, count(*) FILTER (WHERE state = 'failed') AS failed,
    coalesce(sum(bytes) FILTER (WHERE state = 'whole'), 0)::int8 AS bytes
FROM backup WHERE target = %(target)s;

-- newest_proved: the newest that was restored and found equal
SELECT * FROM backup WHERE target = %(target)s AND state = 'whole' AND proved_at IS NOT NULL ORDER BY snapshot_at DESC, id DESC LIMIT 1;

-- newest_begun: the one that was begun last, whatever became of it
SELECT * FROM backup WHERE target = %(target)s ORDER BY begun_at DESC, id DESC LIMIT 1;

-- plans_of: what these runs were planned to do
SELECT run_id AS run, plan FROM step WHERE run_id = ANY(%(runs)s) AND plan IS NOT NULL ORDER BY run_id DESC, position;

-- incidents_of: the open incidents of a target, newest first
SELECT id, title FROM incident WHERE target = %(target)s AND status NOT IN ('resolved', 'reviewed', 'dismissed') ORDER BY id DESC LIMIT 20;

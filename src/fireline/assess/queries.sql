-- due_looks: open incidents that were never looked at though opened a while ago, or whose cause is not named yet or gone
SELECT i.id FROM incident i
WHERE i.status = ANY (%(active)s) AND i.target IS NOT NULL
  AND CASE WHEN i.assessed_at IS NULL THEN i.opened_at < %(begun)s
           ELSE i.assessed_at < CASE WHEN i.opened_at > %(young)s THEN %(soon)s ELSE %(seldom)s END::timestamptz
                AND NOT coalesce((SELECT f.probe_state IN ('red', 'unknown') FROM finding f WHERE f.incident_id = i.id
                                  ORDER BY f.taken_at DESC, f.rank, f.id LIMIT 1), false) END
ORDER BY i.assessed_at NULLS FIRST, i.severity_rank LIMIT %(most)s;

-- due_probes: open incidents whose root cause was not asked after for a while
SELECT i.id FROM incident i
CROSS JOIN LATERAL (SELECT f.probe_state, f.probed_at, f.probe FROM finding f WHERE f.incident_id = i.id
                    ORDER BY f.taken_at DESC, f.rank, f.id LIMIT 1) AS root
WHERE i.status = ANY (%(active)s) AND root.probe <> '{}'
  AND coalesce(root.probed_at, '-infinity') < CASE WHEN root.probe_state = 'green' THEN %(seldom)s ELSE %(soon)s END::timestamptz
ORDER BY root.probed_at NULLS FIRST LIMIT %(most)s;

-- due_look_arounds: open incidents around which nobody has looked for a while
SELECT id FROM incident
WHERE status = ANY (%(active)s)
  AND CASE WHEN looked_around_at IS NULL THEN opened_at < %(begun)s
           ELSE looked_around_at < CASE WHEN opened_at > %(young)s THEN %(soon)s ELSE %(seldom)s END::timestamptz END
ORDER BY looked_around_at NULLS FIRST, severity_rank LIMIT %(most)s;

-- said_by_alerts: what the newest alerts of an incident say, with the payload of the newest signal that is of one alert alone
SELECT a.title, a.labels, a.annotations, s.body FROM alert a
LEFT JOIN LATERAL (
    SELECT body FROM signal WHERE alert_ids @> ARRAY[a.id] AND alert_ids <> '{}' AND cardinality(alert_ids) = 1
      AND jsonb_typeof(body) = 'object' AND pg_column_size(body) < 100000
    ORDER BY id DESC LIMIT 1) AS s ON true
WHERE a.incident_id = %(incident)s ORDER BY a.last_at DESC, a.id DESC LIMIT %(most)s;

-- keep_health: one look at a target
INSERT INTO health (target, taken_at, score, status, dimensions, coverage, causes, ms, report)
SELECT %(target)s, %(at)s, %(score)s, %(status)s, %(dimensions)s, %(coverage)s, %(causes)s, %(ms)s, %(report)s
WHERE NOT EXISTS (SELECT FROM health WHERE target = %(target)s AND taken_at >= %(at)s);

-- forget_reports: of older looks only the figures are kept
UPDATE health SET report = NULL
WHERE report IS NOT NULL AND id IN (SELECT id FROM health WHERE target = %(target)s ORDER BY taken_at DESC OFFSET %(whole)s LIMIT 100);

-- forget_health: and in the end not even those
DELETE FROM health WHERE id IN (SELECT id FROM health WHERE taken_at < %(before)s LIMIT 1000);

-- seen_lately: targets looked at since a moment
SELECT DISTINCT target FROM health WHERE taken_at > %(since)s AND target = ANY (%(targets)s);

-- newest_health: the newest look at each target, without what it saw
SELECT h.* FROM unnest(%(targets)s::text[]) AS t (name)
CROSS JOIN LATERAL (
    SELECT target, taken_at, score, status, coverage, causes, ms, coalesce(report #>> '{diagnosis,causes,0,title}', report ->> 'away') AS title
    FROM health WHERE target = t.name ORDER BY taken_at DESC LIMIT 1) AS h;

-- open_on_targets: open incidents by target
SELECT target, count(*)::int AS n FROM incident WHERE status IN ('detected', 'assessing', 'containing', 'resolving') AND target IS NOT NULL GROUP BY target;

-- whole_health: the newest look with everything it saw
SELECT target, taken_at, score, status, dimensions, coverage, causes, ms, report
FROM health WHERE target = %(target)s ORDER BY taken_at DESC LIMIT 1;

-- health_curve: the worst score in each stretch of time
SELECT min(taken_at) AS at, min(score) AS score, bool_or(score IS NULL) AS unknown
FROM health WHERE target = %(target)s AND taken_at > %(since)s
GROUP BY floor(extract(epoch FROM taken_at - %(since)s) / extract(epoch FROM %(width)s::interval)) ORDER BY 1;

-- incidents_on_target: the open ones
SELECT 'INC-' || id AS id, title, severity, severity_rank, status FROM incident
WHERE target = %(target)s AND status IN ('detected', 'assessing', 'containing', 'resolving') ORDER BY severity_rank, id DESC LIMIT 20;

-- newest_statement_look: when statements of a target were kept last
SELECT taken_at FROM statement_look WHERE target = %(target)s ORDER BY taken_at DESC LIMIT 1;

-- keep_statements: each statement once, with its text; that it is still there is written down once a day
INSERT INTO statement (target, queryid, userid, dbid, nested, role, database, mark, text, first_at, seen_at)
SELECT %(target)s, s.*, %(at)s, %(at)s
FROM unnest(%(queryids)s::int8[], %(userids)s::int8[], %(dbids)s::int8[], %(nested)s::bool[], %(roles)s::text[], %(databases)s::text[],
    %(marks)s::text[], %(texts)s::text[]) AS s
ON CONFLICT (target, queryid, userid, dbid, nested) DO UPDATE SET seen_at = excluded.seen_at WHERE statement.seen_at < %(stale)s;

-- statement_ids: their numbers
SELECT id, queryid, userid, dbid, nested FROM statement WHERE target = %(target)s AND queryid = ANY (%(queryids)s);

-- keep_ground: what plans depend on, each state of it once
INSERT INTO plan_ground (target, hash, body, seen_at) VALUES (%(target)s, %(ground)s, %(body)s::jsonb, %(at)s)
ON CONFLICT (target, hash) DO UPDATE SET seen_at = excluded.seen_at WHERE plan_ground.seen_at < %(stale)s;

-- keep_statement_look: the counters of one look
INSERT INTO statement_look (target, taken_at, server, figures, tables, ground)
VALUES (%(target)s, %(at)s, %(server)s, %(figures)s, %(tables)s, %(ground)s);

-- forget_statement_looks: what is older than anybody compares with
DELETE FROM statement_look WHERE id IN (SELECT id FROM statement_look WHERE taken_at < %(before)s LIMIT 1000);

-- forget_statements: which were not seen for longer than their looks are kept
DELETE FROM statement WHERE id IN (SELECT id FROM statement WHERE seen_at < %(before)s LIMIT 1000);

-- forget_grounds: likewise
DELETE FROM plan_ground WHERE seen_at < %(before)s;

-- earlier_looks: those before a moment, and the newest since, the oldest first
SELECT * FROM (
    (SELECT taken_at, server, figures, tables, ground FROM statement_look
     WHERE target = %(target)s AND server ->> 'form' = %(form)s::text AND taken_at <= %(began)s ORDER BY taken_at DESC LIMIT %(before)s)
    UNION ALL
    (SELECT taken_at, server, figures, tables, ground FROM statement_look
     WHERE target = %(target)s AND server ->> 'form' = %(form)s::text AND taken_at > %(began)s AND taken_at <= %(latest)s ORDER BY taken_at DESC LIMIT 1)) AS l
ORDER BY taken_at;

-- statements_kept: the statements themselves
SELECT id, queryid, userid, dbid, nested, role, database, mark, text, first_at FROM statement WHERE id = ANY (%(ids)s);

-- grounds_kept: what plans depended on
SELECT hash, body FROM plan_ground WHERE target = %(target)s AND hash = ANY (%(hashes)s);

-- began_on_target: when the oldest trouble began that an open incident is about
SELECT min(least(detected_at, opened_at)) AS at FROM incident
WHERE target = %(target)s AND opened_at > %(since)s AND status IN ('detected', 'assessing', 'containing', 'resolving');

-- told_of_changes: whether the timeline of an incident tells what changed
SELECT EXISTS (SELECT FROM timeline WHERE incident_id = %(incident)s AND kind = 'changed') AS told;

-- told_of_log: whether the timeline of an incident tells what the log says around its start
SELECT EXISTS (SELECT FROM timeline WHERE incident_id = %(incident)s AND kind = 'logged') AS told;

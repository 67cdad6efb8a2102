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

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

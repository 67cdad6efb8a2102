-- workers: when each worker was last seen
SELECT name, seen_at FROM worker ORDER BY seen_at DESC;

-- figures: what a scrape counts, each kind in one pass over an index or a small table
SELECT 'fireline_incidents_open' AS name, severity AS label, count(*) AS value FROM incident
WHERE status NOT IN ('resolved', 'reviewed', 'dismissed') GROUP BY severity
UNION ALL SELECT 'fireline_alerts_firing', '', count(*) FROM alert WHERE status = 'firing'
UNION ALL SELECT 'fireline_alerts_stale', '', count(*) FROM alert WHERE status = 'stale'
UNION ALL SELECT 'fireline_alerts_flapping', '', count(*) FROM alert WHERE flap_state IS NOT NULL
UNION ALL SELECT 'fireline_signals_waiting', '', count(*) FROM signal WHERE taken_at IS NULL
UNION ALL SELECT 'fireline_outbox', state, count(*) FROM outbox WHERE state IN ('queued', 'sending', 'failed') GROUP BY state
UNION ALL SELECT 'fireline_runs_open', state, count(*) FROM run WHERE state IN ('running', 'waiting') GROUP BY state
UNION ALL SELECT 'fireline_approvals_waiting', '', count(*) FROM approval WHERE state = 'asked'
UNION ALL SELECT 'fireline_clocks_breached', '', count(*) FROM clock WHERE stopped_at IS NULL AND breached_at IS NOT NULL
UNION ALL SELECT 'fireline_halted', '', count(*) FROM halt WHERE lifted_at IS NULL;

-- watched: probes and jobs, and how they are
SELECT 'probe' AS kind, name, state <> 'ailing' AS well, ms, late_ms FROM probe
UNION ALL SELECT 'beat', name, state NOT IN ('failed', 'late'), NULL, NULL FROM beat ORDER BY kind, name;

-- sources: what each source has sent
SELECT name, accepted, refused, last_at FROM source_state ORDER BY name;

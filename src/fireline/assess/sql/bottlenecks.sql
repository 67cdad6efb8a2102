-- What slows the database or holds people up, the worst first, each with what helps; `info` needs a person's judgement.
CREATE OR REPLACE FUNCTION {schema}.detect_performance_bottlenecks()
RETURNS TABLE (bottleneck_type text, description text, severity text, impact_score numeric, recommendation text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $fireline$
    SELECT f.label, concat_ws(': ', f.title, f.fact),
        CASE WHEN f.severity = 'critical' THEN 'critical' WHEN f.severity IN ('high', 'medium') THEN 'warning'
            WHEN f.severity = 'symptom' AND f.takes >= 100 THEN 'warning' ELSE 'info' END,
        round(coalesce(f.takes, 0) / 10.0, 1), coalesce(f.remedy, '')
    FROM {schema}.findings() f
    ORDER BY coalesce(f.takes, 0) DESC, f.severity = 'unknown', f.label, f.title
$fireline$;

-- Everything the five looks see, with its dimension; the worst first.
CREATE OR REPLACE FUNCTION {schema}.findings()
RETURNS TABLE (number bigint, dimension text, family text, waste boolean, upkeep boolean, label text, severity text, title text, fact text, remedy text, takes integer, explained_by text[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $fireline$
    SELECT row_number() OVER (ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low'], f.severity), f.label, f.title),
        k.dimension, k.family, k.waste, k.upkeep, f.label, f.severity, f.title, f.fact, f.remedy,
        coalesce(f.takes, CASE f.severity WHEN 'critical' THEN {critical} WHEN 'high' THEN {high} WHEN 'medium' THEN {medium} WHEN 'low' THEN {low} END), f.explained_by
    FROM (SELECT * FROM {schema}.see_availability() UNION ALL SELECT * FROM {schema}.see_performance() UNION ALL SELECT * FROM {schema}.see_headroom()
        UNION ALL SELECT * FROM {schema}.see_integrity() UNION ALL SELECT * FROM {schema}.see_security()) f
    JOIN {schema}.known() k ON k.label = f.label
$fireline$;

-- What each thing leaves of a score, in thousandths, by the rules of the command `fireline health`: a root and the symptoms
-- that it explains (by its label or its family) count once, with the greater loss. What could not be seen is there too, and takes nothing.
CREATE OR REPLACE FUNCTION {schema}.shares()
RETURNS TABLE (dimension text, waste boolean, upkeep boolean, label text, severity text, title text, leaves numeric)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $fireline$
    WITH every AS MATERIALIZED (SELECT * FROM {schema}.findings()),
    seen AS (SELECT * FROM every WHERE takes IS NOT NULL),
    causes AS (SELECT * FROM seen WHERE severity <> 'symptom'),
    symptoms AS (
        SELECT s.*, (SELECT c.number FROM causes c WHERE c.label = ANY (s.explained_by) OR c.family = ANY (s.explained_by)
            ORDER BY c.dimension <> s.dimension, c.number LIMIT 1) AS root
        FROM seen s WHERE s.severity = 'symptom'),
    at_home AS (
        SELECT c.number, round(exp(sum(ln((1000 - s.takes) / 1000.0))), 9) AS leaves
        FROM causes c JOIN symptoms s ON s.root = c.number AND s.dimension = c.dimension WHERE s.takes < 1000 GROUP BY c.number)
    SELECT c.dimension, c.waste, c.upkeep, c.label, c.severity, c.title, least((1000 - c.takes) / 1000.0, h.leaves)
    FROM causes c LEFT JOIN at_home h ON h.number = c.number
    UNION ALL
    SELECT s.dimension, s.waste, s.upkeep, s.label, s.severity, s.title, (1000 - s.takes) / 1000.0
    FROM symptoms s WHERE NOT EXISTS (SELECT FROM causes c WHERE c.number = s.root AND c.dimension = s.dimension)
    UNION ALL
    SELECT e.dimension, e.waste, e.upkeep, e.label, e.severity, e.title, 1 FROM every e WHERE e.severity = 'unknown'
$fireline$;

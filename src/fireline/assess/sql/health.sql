-- The score: the worst of five dimensions, each point that is lost with its reason, and how much of what is known could be judged.
CREATE OR REPLACE FUNCTION {schema}.calculate_database_health_score()
RETURNS TABLE (health_score integer, performance_score integer, efficiency_score integer, maintenance_score integer, overall_status text,
    availability_score integer, integrity_score integer, security_score integer, headroom_score integer, coverage numeric, deductions jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $fireline$
#variable_conflict use_column
DECLARE
    share record;
    left_of jsonb := '{{"availability": 100, "performance": 100, "integrity": 100, "security": 100, "headroom": 100}}';
    waste numeric := 100;
    upkeep numeric := 100;
    before numeric;
    told jsonb := '[]';
    blind text[] := '{{}}';
    judged numeric;
    own numeric;
BEGIN
    FOR share IN SELECT s.* FROM {schema}.shares() s ORDER BY s.dimension, s.leaves, s.label, s.title LOOP
        IF share.severity = 'unknown' THEN
            blind := blind || share.label;
            CONTINUE;
        END IF;
        before := (left_of ->> share.dimension)::numeric;
        left_of := jsonb_set(left_of, ARRAY[share.dimension], to_jsonb(before * share.leaves));
        told := told || jsonb_build_object('dimension', share.dimension, 'points', floor(before) - floor(before * share.leaves), 'because', share.title,
            'cause', CASE WHEN share.severity <> 'symptom' THEN share.label END);
        waste := CASE WHEN share.waste THEN waste * share.leaves ELSE waste END;
        upkeep := CASE WHEN share.upkeep OR share.dimension = 'integrity' THEN upkeep * share.leaves ELSE upkeep END;
    END LOOP;
    SELECT count(*) FILTER (WHERE NOT k.label = ANY (blind)), count(*) INTO judged, own FROM {schema}.known() k WHERE k.kind IN ('cause', 'symptom');
    performance_score := floor((left_of ->> 'performance')::numeric);
    availability_score := floor((left_of ->> 'availability')::numeric);
    integrity_score := floor((left_of ->> 'integrity')::numeric);
    security_score := floor((left_of ->> 'security')::numeric);
    headroom_score := floor((left_of ->> 'headroom')::numeric);
    health_score := least(performance_score, availability_score, integrity_score, security_score, headroom_score);
    efficiency_score := least(headroom_score, floor(waste)::integer);
    maintenance_score := floor(upkeep);
    coverage := round(judged / greatest({total}, own), 2);
    deductions := told;
    overall_status := CASE WHEN health_score < {warning} THEN 'critical' WHEN health_score < {healthy} THEN 'warning'
        WHEN judged < 0.8 * own THEN 'unknown' ELSE 'healthy' END;
    RETURN NEXT;
END $fireline$;

-- Where a value lies between well (nothing) and bad (the whole weight), in thousandths; no row when it takes nothing.
CREATE OR REPLACE FUNCTION {schema}.ramp(what text, value numeric, well numeric, bad numeric, weight integer)
RETURNS SETOF integer LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $fireline$
    SELECT points FROM (SELECT round(weight * least(greatest((value - well) / (bad - well), 0), 1))::integer AS points) AS ramped
    WHERE points > 0
$fireline$;

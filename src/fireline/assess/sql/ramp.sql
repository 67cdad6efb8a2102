-- Where a value lies between well (nothing) and bad (the whole weight), in thousandths; no row when it takes nothing.
CREATE OR REPLACE FUNCTION {schema}.ramp(what text, value numeric, well numeric, bad numeric, weight integer)
RETURNS SETOF integer LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $fireline$
    SELECT points FROM (SELECT round(weight * least(greatest((value - well) / (bad - well), 0), 1))::integer AS points) AS ramped
    WHERE points > 0
$fireline$;

-- How many pages a relation's first file has now; NULL where our role may not see files. It takes no lock.
CREATE OR REPLACE FUNCTION {schema}.blocks(relation oid)
RETURNS bigint LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $fireline$
BEGIN
    IF NOT has_function_privilege('pg_stat_file(text, boolean)', 'EXECUTE') THEN
        RETURN NULL;
    END IF;
    RETURN (pg_stat_file(pg_relation_filepath(relation), true)).size / 8192;
END $fireline$;

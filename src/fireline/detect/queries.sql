-- store_signals: many at once, in order; sent as binary, since the driver would escape every quote of a text by itself
INSERT INTO signal (source, received_at, digest, body, events)
SELECT source, received_at, digest, body::jsonb, events::jsonb
FROM unnest(%(sources)b::text[], %(times)b::timestamptz[], %(digests)b::bytea[], %(bodies)b::text[], %(events)b::text[])
     WITH ORDINALITY AS given (source, received_at, digest, body, events, place)
ORDER BY place
RETURNING id;

-- count_source: what a door took and turned away
INSERT INTO source_state (name, last_at, accepted, refused, last_refusal)
VALUES (%(name)s, CASE WHEN %(accepted)s > 0 THEN %(now)s::timestamptz END, %(accepted)s, %(refused)s, %(refusal)s)
ON CONFLICT (name) DO UPDATE
SET last_at = COALESCE(EXCLUDED.last_at, source_state.last_at),
    accepted = source_state.accepted + EXCLUDED.accepted,
    refused = source_state.refused + EXCLUDED.refused,
    last_refusal = COALESCE(EXCLUDED.last_refusal, source_state.last_refusal);

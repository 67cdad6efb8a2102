-- store_signals: many at once, in order; sent as binary, since the driver would escape every quote of a text by itself
INSERT INTO signal (uid, source, received_at, digest, body, events)
SELECT uid, source, received_at, digest, body::jsonb, events::jsonb
FROM unnest(%(uids)b::uuid[], %(sources)b::text[], %(times)b::timestamptz[], %(digests)b::bytea[], %(bodies)b::text[],
            %(events)b::text[])
     WITH ORDINALITY AS given (uid, source, received_at, digest, body, events, place)
ORDER BY place
RETURNING id;

-- store_signals_again: the same, of which some may be stored already
INSERT INTO signal (uid, source, received_at, digest, body, events)
SELECT uid, source, received_at, digest, body::jsonb, events::jsonb
FROM unnest(%(uids)b::uuid[], %(sources)b::text[], %(times)b::timestamptz[], %(digests)b::bytea[], %(bodies)b::text[],
            %(events)b::text[])
     WITH ORDINALITY AS given (uid, source, received_at, digest, body, events, place)
ORDER BY place
ON CONFLICT (uid, received_at) DO NOTHING;

-- numbers_of_signals: in the order of their ids
SELECT signal.id FROM unnest(%(uids)b::uuid[], %(times)b::timestamptz[]) WITH ORDINALITY AS given (uid, received_at, place)
JOIN signal USING (uid, received_at) ORDER BY place;

-- signal_days: the tables of single days
SELECT partition.relname AS name, to_date(right(partition.relname, 8), 'YYYYMMDD') AS day,
       pg_total_relation_size(partition.oid) AS bytes
FROM pg_inherits JOIN pg_class AS partition ON partition.oid = inhrelid
WHERE inhparent = 'signal'::regclass AND partition.relname ~ '^signal_[0-9]{8}$' ORDER BY day;

-- day_in_the_net: one that has no table of its own
SELECT (received_at AT TIME ZONE 'UTC')::date AS day FROM signal_default LIMIT 1;

-- make_signal_day: with what of it is in the net
SELECT make_signal_day(%(day)s);

-- hold_signal_days: one worker at a time
SELECT pg_try_advisory_xact_lock(hashtextextended('fireline signal days', 0)) AS held;

-- count_source: what a door took and turned away
INSERT INTO source_state (name, last_at, accepted, refused, last_refusal)
VALUES (%(name)s, CASE WHEN %(accepted)s > 0 THEN %(now)s::timestamptz END, %(accepted)s, %(refused)s, %(refusal)s)
ON CONFLICT (name) DO UPDATE
SET last_at = COALESCE(EXCLUDED.last_at, source_state.last_at),
    accepted = source_state.accepted + EXCLUDED.accepted,
    refused = source_state.refused + EXCLUDED.refused,
    last_refusal = COALESCE(EXCLUDED.last_refusal, source_state.last_refusal);

-- any_waiting: whether intake has something to do; since: days before it are not looked at, which costs less
SELECT 1 AS found FROM signal WHERE taken_at IS NULL AND received_at >= %(since)s::timestamptz LIMIT 1;

-- hold_intake: one worker at a time; let go when the transaction ends
SELECT pg_try_advisory_xact_lock(hashtextextended('fireline intake', 0)) AS held;

-- waiting_signals: the first that nobody has taken
SELECT id, source, received_at, digest, events FROM signal
WHERE taken_at IS NULL AND received_at >= %(since)s::timestamptz ORDER BY id LIMIT %(limit)s;

-- newest_alerts: the newest alert of each key, with how its incident stands
SELECT alert.key, alert.id, alert.status, alert.severity, alert.once, alert.first_at, alert.resolved_at,
       alert.flap_state,
       incident.id AS incident,
       incident.status AS incident_status, incident.resolved_at AS incident_resolved_at
FROM unnest(%(keys)s::text[]) AS wanted (key)
CROSS JOIN LATERAL (SELECT * FROM alert WHERE alert.key = wanted.key ORDER BY id DESC LIMIT 1) AS alert
LEFT JOIN incident ON incident.id = alert.incident_id;

-- keys_of_alerts: of those that senders name by number
SELECT id, source, key FROM alert WHERE id = ANY(%(alerts)s::bigint[]);

-- alert_of_source: one of its own, and who is at it
SELECT alert.*, incident.acknowledged_at, incident.acknowledged_by
FROM alert LEFT JOIN incident ON incident.id = alert.incident_id
WHERE alert.id = %(alert)s AND alert.source = %(source)s;

-- signal_of_source: what became of it, with its first alert
SELECT signal.taken_at, signal.events, alert.id AS alert, alert.annotations
FROM signal LEFT JOIN alert ON alert.id = signal.alert_ids[1]
WHERE signal.uid = %(uid)s AND signal.source = %(source)s;

-- note_since: whether the same words of the same sender stand on an incident already
SELECT 1 AS found FROM timeline
WHERE incident_id = %(incident)s AND kind = 'note' AND actor = %(actor)s AND payload ->> 'text' = %(text)s
  AND at >= %(since)s
LIMIT 1;

-- open_alert: a new one
INSERT INTO alert (key, key_reason, source, target, title, status, severity, first_at, last_at, labels, annotations,
                   group_key, group_reason, once)
VALUES (%(key)s, %(key_reason)s, %(source)s, %(target)s, %(title)s, 'firing', %(severity)s, %(at)s, %(at)s, %(labels)s,
        %(annotations)s, %(group_key)s, %(group_reason)s, %(once)s)
RETURNING id;

-- renew_alert: its sender says something else of it now
UPDATE alert SET title = %(title)s, severity = %(severity)s, once = %(once)s, labels = %(labels)s,
                 annotations = %(annotations)s
WHERE id = %(alert)s;

-- changes_of_key: how often the alert of a key has begun and ended since a moment
SELECT count(*) FILTER (WHERE first_at >= %(since)s) + count(*) FILTER (WHERE resolved_at >= %(since)s) AS number
FROM alert WHERE key = %(key)s AND (first_at >= %(since)s OR resolved_at >= %(since)s);

-- hold_flapping: from now on its changes are counted and tell nobody
UPDATE alert SET flap_state = 'firing', flaps_since = %(at)s, flips = %(flips)s, flipped_at = %(at)s WHERE id = %(alert)s;

-- flip: it has changed again
UPDATE alert SET flap_state = %(state)s, flips = flips + 1, flipped_at = GREATEST(flipped_at, %(at)s),
                 last_at = GREATEST(last_at, %(at)s),
                 count = count + CASE WHEN %(state)s::text = 'firing' THEN 1 ELSE 0 END
WHERE id = %(alert)s;

-- calm_alerts: flapping ones that have not changed since a moment, with how their incidents stand; in the order of these
SELECT alert.*, incident.status AS incident_status
FROM alert LEFT JOIN incident ON incident.id = alert.incident_id
WHERE flap_state IS NOT NULL AND flipped_at <= %(since)s ORDER BY alert.incident_id, alert.id LIMIT 200;

-- calm: it flaps no more; when it ended last it has been over since then
UPDATE alert SET status = flap_state, flap_state = NULL,
                 resolved_at = CASE WHEN flap_state = 'resolved' THEN flipped_at END
WHERE id = %(alert)s;

-- grow_stale: what nobody has repeated for long, or for many times as long as was usual
UPDATE alert SET status = 'stale'
WHERE id IN (
    SELECT id FROM alert
    WHERE status = 'firing' AND flap_state IS NULL AND last_at <= %(quiet)s
      AND source NOT IN ('probe', 'fireline') AND key NOT LIKE 'beat:%%'  -- what is watched here is over when it is seen to be
      AND (last_at <= %(never_later)s
           OR (count > %(enough)s AND last_at - first_at >= %(least)s
               AND %(now)s - last_at > %(times)s * (last_at - first_at) / (count - 1)))
    ORDER BY id LIMIT 1000
)
RETURNING id, title, incident_id;

-- heard_again: a stale alert that is repeated fires
UPDATE alert SET status = 'firing' WHERE id = %(alert)s;

-- told_of_stale: whether the last that an incident was told of stale alerts is that it has one
SELECT kind FROM timeline WHERE incident_id = %(incident)s AND kind IN ('alert_stale', 'alert_again')
ORDER BY seq DESC LIMIT 1;

-- resolve_alert: over
UPDATE alert SET status = 'resolved', flap_state = NULL, resolved_at = %(at)s, last_at = GREATEST(last_at, %(at)s) WHERE id = %(alert)s
RETURNING title;

-- any_firing: whether an alert of this incident still fires, or was last known to
SELECT 1 AS found FROM alert WHERE incident_id = %(incident)s AND status <> 'resolved' LIMIT 1;

-- count_repeats: heard again
UPDATE alert SET count = count + given.number, last_at = GREATEST(last_at, given.at)
FROM unnest(%(alerts)s::bigint[], %(numbers)s::bigint[], %(times)b::timestamptz[]) AS given (alert, number, at)
WHERE alert.id = given.alert;

-- signals_since: what came since a moment; by their ids, which grow with time
SELECT id, source, digest, received_at FROM signal
WHERE received_at >= %(since)s::timestamptz AND uid >= %(least)s::uuid;

-- earlier_occurrence: whether an alert before this one was what its sender speaks of
SELECT 1 AS found FROM alert WHERE key = %(key)s AND id < %(alert)s AND once = %(once)s LIMIT 1;

-- mark_taken: alerts were made of these signals, which came between two moments: only those days are looked at
UPDATE signal SET taken_at = %(now)s, alert_ids = given.alerts::bigint[], fault = given.fault
FROM unnest(%(signals)s::bigint[], %(alerts)s::text[], %(faults)s::text[]) AS given (signal, alerts, fault)
WHERE signal.id = given.signal AND signal.taken_at IS NULL
  AND signal.received_at BETWEEN %(first)s::timestamptz AND %(last)s::timestamptz;

-- store_signal: one, inside somebody's transaction
INSERT INTO signal (source, received_at, digest, body, events)
VALUES (%(source)s, %(now)s, %(digest)s, %(body)s, %(events)s)
RETURNING id;

-- alerts: the newest, from a place on
SELECT * FROM alert
WHERE (%(before)s::bigint IS NULL OR id < %(before)s)
  AND (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(incident)s::bigint IS NULL OR incident_id = %(incident)s)
  AND (%(source)s::text IS NULL OR source = %(source)s) AND (%(target)s::text IS NULL OR target = %(target)s)
  AND (%(severity)s::text IS NULL OR lower(severity) = lower(%(severity)s))
  AND (%(labels)s::jsonb IS NULL OR (searched LIKE ALL (%(words)s::text[]) AND labels @> %(labels)s::jsonb))
  AND (%(search)s::text IS NULL OR searched LIKE lower(%(search)s))
ORDER BY id DESC LIMIT %(limit)s;

-- alert: one
SELECT * FROM alert WHERE id = %(alert)s;

-- alerts_of: those of an incident, firing ones first
SELECT * FROM alert WHERE incident_id = %(incident)s
ORDER BY status = 'firing' DESC, status = 'stale' DESC, last_at DESC, id DESC LIMIT %(limit)s;

-- signals_of: the newest signals of an alert, as they came; what nobody could read on a page is only measured
SELECT id AS signal, source, received_at, taken_at, fault,
       CASE WHEN octet_length(body::text) <= %(longest)s THEN body
            ELSE jsonb_build_object('too long to show, in bytes', octet_length(body::text)) END AS body
FROM signal WHERE alert_ids @> ARRAY[%(alert)s::bigint] AND alert_ids <> '{}'
  AND received_at BETWEEN %(first)s::timestamptz AND %(last)s::timestamptz ORDER BY id DESC LIMIT %(limit)s;

-- record_change: once, however often it is told
INSERT INTO change (kind, source, target, title, detail, by, url, not_before, at, seen_at, once, labels)
VALUES (%(kind)s, %(source)s, %(target)s, %(title)s, %(detail)s, %(by)s, %(url)s,
        CASE WHEN %(not_before)s::timestamptz < LEAST(%(at)s, %(seen_at)s) THEN %(not_before)s END, LEAST(%(at)s, %(seen_at)s), %(seen_at)s, %(once)s, %(labels)s)
ON CONFLICT (once) DO NOTHING RETURNING id;

-- changes: the newest first, from a place on; of one target those that may be about any as well
SELECT id AS change, kind, source, target, title, detail, by, url, not_before, at, seen_at, labels FROM change
WHERE (%(target)s::text IS NULL OR target IS NULL OR target = %(target)s)
  AND (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND (%(before)s::bigint IS NULL OR (at, id) < (SELECT at, id FROM change WHERE id = %(before)s))
  AND (%(search)s::text IS NULL OR title ILIKE %(search)s OR detail ILIKE %(search)s OR by ILIKE %(search)s
       OR source ILIKE %(search)s OR target ILIKE %(search)s)
ORDER BY at DESC, id DESC LIMIT %(limit)s;

-- beats: all
SELECT * FROM beat ORDER BY name;

-- keep_beat: as the settings have it now; a state it has stays
INSERT INTO beat (name, source, slug, provisioned, period, grace, since, due_at)
VALUES (%(name)s, %(source)s, %(slug)s, %(provisioned)s, %(period)s, %(grace)s, %(now)s, %(due_at)s)
ON CONFLICT (name) DO UPDATE
SET source = EXCLUDED.source, slug = EXCLUDED.slug, period = EXCLUDED.period, grace = EXCLUDED.grace,
    due_at = EXCLUDED.due_at;

-- provision_beat: one that a ping asks for; nothing comes back when it is there
INSERT INTO beat (name, source, slug, provisioned, period, grace, since, due_at)
VALUES (%(name)s, %(source)s, %(slug)s, true, %(period)s, %(grace)s, %(now)s, %(due_at)s)
ON CONFLICT DO NOTHING RETURNING name;

-- beat: one
SELECT * FROM beat WHERE name = %(name)s;

-- hold_beat: one, to be changed
SELECT * FROM beat WHERE name = %(name)s FOR UPDATE;

-- change_beat: a sign of life, or its absence
UPDATE beat SET state = %(state)s, since = %(since)s, last_at = %(last_at)s, started_at = %(started_at)s, rid = %(rid)s,
                took_ms = %(took_ms)s, detail = %(detail)s, due_at = %(due_at)s
WHERE name = %(name)s;

-- late_beats: those whose time is over, of whose source no signal waits; each is one worker's
SELECT * FROM beat WHERE state IN ('new', 'well') AND due_at <= %(now)s
  AND NOT EXISTS (SELECT 1 FROM signal WHERE taken_at IS NULL AND signal.source = beat.source)
ORDER BY due_at LIMIT 200 FOR UPDATE SKIP LOCKED;

-- forget_beat: the settings name it no more, or by another name
DELETE FROM beat WHERE name = %(name)s RETURNING state;

-- signals_replayed: in the order they were taken; bodies only of sources that are to be read again
SELECT id, source, received_at, digest, events, CASE WHEN source = ANY(%(reread)s::text[]) THEN body END AS body
FROM signal
WHERE received_at >= %(since)s::timestamptz AND (%(source)s::text IS NULL OR source = %(source)s)
ORDER BY received_at, id;

-- signals_to_replay: how many
SELECT count(*) AS signals, min(received_at) AS first, max(received_at) AS last FROM signal
WHERE received_at >= %(since)s::timestamptz AND (%(source)s::text IS NULL OR source = %(source)s);

-- kept_since: what really came of them
SELECT count(*) AS alerts, count(DISTINCT incident_id) AS incidents FROM alert
WHERE first_at >= %(since)s::timestamptz AND (%(source)s::text IS NULL OR source = %(source)s);

-- probes: all
SELECT * FROM probe ORDER BY name;

-- probe: one
SELECT * FROM probe WHERE name = %(name)s;

-- add_probe: one that the settings name
INSERT INTO probe (name, kind, since, due_at) VALUES (%(name)s, %(kind)s, %(now)s, %(due_at)s)
ON CONFLICT DO NOTHING;

-- hasten_probe: its interval is shorter now
UPDATE probe SET due_at = %(due_at)s WHERE name = %(name)s;

-- forget_probe: the settings name it no more
WITH results AS (DELETE FROM probe_result WHERE probe = %(name)s)
DELETE FROM probe WHERE name = %(name)s RETURNING state;

-- due_probes: those that nobody looks at and should; whoever is held by another worker is passed over
SELECT name FROM probe WHERE due_at <= %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s)
ORDER BY due_at LIMIT 200 FOR UPDATE SKIP LOCKED;

-- lease_probe: one worker's, until it is done or its time is over
UPDATE probe SET lease = %(lease)s, lease_until = %(until)s
WHERE name = %(name)s AND due_at <= %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s)
RETURNING name;

-- hold_probe: one, to be changed
SELECT * FROM probe WHERE name = %(name)s FOR UPDATE;

-- keep_probe: what was seen, and what that makes of it
UPDATE probe SET state = %(state)s, since = %(since)s, failures = %(failures)s, successes = %(successes)s, seen = %(seen)s,
                 checked_at = %(at)s, ms = %(ms)s, late_ms = %(late_ms)s, title = %(title)s, detail = %(detail)s,
                 due_at = %(due_at)s, lease = NULL, lease_until = NULL
WHERE name = %(name)s;

-- keep_probe_result: for the curve
INSERT INTO probe_result (probe, at, state, ms, late_ms, title)
VALUES (%(name)s, %(at)s, %(seen)s, %(ms)s, %(late_ms)s, %(title)s);

-- forget_probe_results: what is too old
DELETE FROM probe_result WHERE probe = %(name)s AND at < %(before)s;

-- looks_since: at a target, not yet taken into account; of those before the newest twelve only figures are kept
SELECT taken_at, ms, status, report ->> 'away' AS away, report #> '{diagnosis,causes}' AS found FROM health
WHERE target = %(target)s AND (%(since)s::timestamptz IS NULL OR taken_at > %(since)s)
ORDER BY taken_at LIMIT 20;

-- probe_results: in slices of time, for a curve; the worst of each
SELECT to_timestamp(floor(extract(epoch FROM at) / %(width)s) * %(width)s) AS at, count(*) AS looks,
       count(*) FILTER (WHERE state = 'ailing') AS ailing, count(*) FILTER (WHERE state = 'unknown') AS unknown,
       round(avg(ms))::int AS ms, max(ms) AS slowest_ms, max(late_ms) AS late_ms
FROM probe_result WHERE probe = %(name)s AND at >= %(since)s GROUP BY 1 ORDER BY 1;

-- newest_probe_results: one by one
SELECT at, state, ms, late_ms, title FROM probe_result WHERE probe = %(name)s ORDER BY at DESC, id DESC LIMIT %(limit)s;

-- seen_lately: targets that were looked at, or tried to be, since a moment
SELECT target FROM seen_state WHERE target = ANY(%(targets)s::text[]) AND tried_at > %(since)s;

-- target_of_incident: which database it is about
SELECT target FROM incident WHERE id = %(incident)s;

-- try_to_see: nothing, when another look has just begun
INSERT INTO seen_state (target, tried_at) VALUES (%(target)s, %(now)s)
ON CONFLICT (target) DO UPDATE SET tried_at = EXCLUDED.tried_at WHERE seen_state.tried_at <= %(fresh)s
RETURNING target;

-- lock_seen: what was seen last
SELECT taken_at, state FROM seen_state WHERE target = %(target)s FOR UPDATE;

-- keep_seen: what was seen now
UPDATE seen_state SET taken_at = %(taken_at)s, state = %(state)s WHERE target = %(target)s;

-- hold_sources: one worker at a time
SELECT pg_try_advisory_xact_lock(hashtextextended('fireline sources', 0)) AS held;

-- watched_sources: all
SELECT * FROM source_watch;

-- counts_of_sources: what the doors have counted
SELECT name, last_at, accepted, refused, last_refusal FROM source_state;

-- keep_watched_source: after a look
INSERT INTO source_watch (name, looked_at, watched_since, last_at, gaps, silent, refusing, window_at, accepted, refused)
VALUES (%(name)s, %(looked_at)s, %(watched_since)s, %(last_at)s, %(gaps)s, %(silent)s, %(refusing)s, %(window_at)s,
        %(accepted)s, %(refused)s)
ON CONFLICT (name) DO UPDATE
SET looked_at = EXCLUDED.looked_at, watched_since = EXCLUDED.watched_since, last_at = EXCLUDED.last_at,
    gaps = EXCLUDED.gaps, silent = EXCLUDED.silent, refusing = EXCLUDED.refusing, window_at = EXCLUDED.window_at,
    accepted = EXCLUDED.accepted, refused = EXCLUDED.refused;

-- forget_watched_source: the settings name it no more
DELETE FROM source_watch WHERE name = %(name)s;

-- source_states: what the doors counted
SELECT * FROM source_state ORDER BY name;

-- store_test: a signal by which a person sees that the way is open
INSERT INTO signal (uid, source, received_at, digest, body, events)
VALUES (%(uid)s, %(source)s, %(now)s, '', %(body)s, %(events)s)
RETURNING id;

-- tested: what became of it; the moment makes it a look at one day
SELECT id, source, received_at, taken_at, fault FROM signal
WHERE uid = %(uid)s AND received_at BETWEEN %(first)s::timestamptz AND %(last)s::timestamptz;

-- overdue_fences: those that stand although their time is over, and nobody was told
UPDATE fence SET told_at = %(now)s WHERE id IN (
    SELECT id FROM fence WHERE state <> 'lifted' AND expires_at < %(before)s AND told_at IS NULL
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING id, target, database, level, state, expires_at, error;

-- told_fences_gone: those that were told of and are lifted now
UPDATE fence SET told_at = NULL WHERE id IN (
    SELECT id FROM fence WHERE state = 'lifted' AND told_at IS NOT NULL ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING id, target, database, level, state, expires_at, error;

-- lock_incident: one writer at a time; a statement of its own, since a statement that waited still reads its old snapshot
SELECT id FROM incident WHERE id = %(incident)s FOR NO KEY UPDATE;

-- last_event: the newest event of an incident
SELECT seq, hash FROM timeline WHERE incident_id = %(incident)s ORDER BY seq DESC LIMIT 1;

-- append_event: one more event
INSERT INTO timeline (incident_id, seq, at, kind, actor, payload, previous, hash)
VALUES (%(incident)s, %(seq)s, %(at)s, %(kind)s, %(actor)s, %(payload)s, %(previous)s, %(hash)s);

-- events: the story in order
SELECT seq, at, kind, actor, payload, previous, hash
FROM timeline WHERE incident_id = %(incident)s AND seq > %(after)s ORDER BY seq;

-- newest_events: the end of the story, in order
SELECT * FROM (
    SELECT seq, at, kind, actor, payload FROM timeline
    WHERE incident_id = %(incident)s AND seq > %(after)s ORDER BY seq DESC LIMIT %(limit)s
) AS newest ORDER BY seq;

-- newest_match: how the procedures were last weighed
SELECT kind, payload FROM timeline
WHERE incident_id = %(incident)s AND kind IN ('matched', 'no_match') ORDER BY seq DESC LIMIT 1;

-- incident: one incident
SELECT * FROM incident WHERE id = %(incident)s;

-- lock_row: one incident, held; a row that changed while this waited is read as it is now
SELECT * FROM incident WHERE id = %(incident)s FOR NO KEY UPDATE;

-- incidents: the newest, those in one of these states only
SELECT * FROM incident WHERE status = ANY(%(statuses)s) ORDER BY id DESC LIMIT %(limit)s;

-- open_with_key: the newest open incident that alerts of this key belong to, also by way of one that was merged into it
WITH RECURSIVE way AS (
    SELECT id, merged_into, status FROM incident
    WHERE group_key = %(group_key)s
      AND (status NOT IN ('resolved', 'reviewed', 'dismissed') OR merged_into IS NOT NULL)
    UNION
    SELECT incident.id, incident.merged_into, incident.status FROM way JOIN incident ON incident.id = way.merged_into
)
SELECT * FROM incident WHERE id = (
    SELECT id FROM way WHERE status NOT IN ('resolved', 'reviewed', 'dismissed') ORDER BY id DESC LIMIT 1
);

-- open_incident: a new one
INSERT INTO incident (title, severity, severity_rank, severity_reason, severity_by, status, target, group_key, symptom,
                      declared_by, detected_at, opened_at)
VALUES (%(title)s, %(severity)s, %(rank)s, %(reason)s, %(severity_by)s, 'detected', %(target)s, %(group_key)s,
        %(symptom)s, %(declared_by)s, %(detected_at)s, %(now)s)
RETURNING id;

-- acknowledge: somebody is at it
UPDATE incident SET acknowledged_at = %(now)s, acknowledged_by = %(by)s WHERE id = %(incident)s;

-- forget_acknowledgement: it came back by itself, so somebody must respond again
UPDATE incident SET acknowledged_at = NULL, acknowledged_by = NULL WHERE id = %(incident)s;

-- set_commander: who leads
UPDATE incident SET commander = %(person)s WHERE id = %(incident)s;

-- set_status: where it stands
UPDATE incident SET status = %(status)s WHERE id = %(incident)s;

-- set_severity: how bad it is, and who said so (null: Fireline)
UPDATE incident SET severity = %(severity)s, severity_rank = %(rank)s, severity_reason = %(reason)s,
                    severity_by = COALESCE(%(by)s, severity_by)
WHERE id = %(incident)s;

-- set_impact: what users feel; null keeps what is known
UPDATE incident SET impact = COALESCE(%(text)s, impact), users_affected = COALESCE(%(users)s, users_affected)
WHERE id = %(incident)s;

-- set_role: who does what
INSERT INTO incident_role (incident_id, role, person, since) VALUES (%(incident)s, %(role)s, %(person)s, %(now)s)
ON CONFLICT (incident_id, role) DO UPDATE SET person = EXCLUDED.person, since = EXCLUDED.since;

-- roles: who does what
SELECT role, person FROM incident_role WHERE incident_id = %(incident)s ORDER BY since, role;

-- resolve: over; red says that the cause was still seen
UPDATE incident SET status = 'resolved', resolved_at = %(now)s, resolution = %(resolution)s, resolved_red = %(red)s
WHERE id = %(incident)s;

-- reopen: not over after all; it is to be assessed anew
UPDATE incident SET status = 'assessing', resolved_at = NULL, resolution = NULL, resolved_red = false, reviewed_at = NULL,
                    assessed_at = NULL, looked_around_at = NULL, merged_into = NULL
WHERE id = %(incident)s;

-- close: looked back at
UPDATE incident SET status = 'reviewed', reviewed_at = %(now)s WHERE id = %(incident)s;

-- runs_going: procedures that are still being carried out
SELECT id, title FROM run WHERE incident_id = %(incident)s AND state IN ('running', 'waiting') ORDER BY id;

-- postmortem_seen: whether a person has worked on the post-mortem since the incident was resolved; no row, no post-mortem
SELECT p.edited_at IS NOT NULL AND p.edited_at >= COALESCE(i.resolved_at, p.edited_at) AS seen
FROM postmortem p JOIN incident i ON i.id = p.incident_id WHERE p.incident_id = %(incident)s;

-- adopt_alert: an alert belongs to this incident
UPDATE alert SET incident_id = %(incident)s WHERE id = %(alert)s AND incident_id IS DISTINCT FROM %(incident)s;

-- hold_off_intake: nothing is made of signals until this transaction ends; waits for the batch that is under way
SELECT pg_advisory_xact_lock(hashtextextended('fireline intake', 0));

-- move_alerts: all of one incident to another
UPDATE alert SET incident_id = %(into)s WHERE incident_id = %(incident)s RETURNING id;

-- set_merged: it goes on as another incident
UPDATE incident SET status = 'dismissed', merged_into = %(into)s, silenced_until = NULL WHERE id = %(incident)s;

-- alerts_to_split: all of an incident, and which of them are meant
SELECT id, title, target, group_key, first_at, id = ANY(%(alerts)s::bigint[]) AS wanted
FROM alert WHERE incident_id = %(incident)s ORDER BY id;

-- adopt_alerts: these belong to this incident
UPDATE alert SET incident_id = %(incident)s WHERE id = ANY(%(alerts)s::bigint[]);

-- near_incidents: open ones that began about then, each with the labels that alerts of both have
WITH mine AS (
    SELECT DISTINCT label.key, label.value
    FROM (SELECT labels FROM alert WHERE incident_id = %(incident)s ORDER BY id DESC LIMIT 200) AS newest,
         jsonb_each_text(newest.labels) AS label
    WHERE label.key = ANY(%(labels)s::text[]) AND label.value <> ''
)
SELECT incident.id, incident.title, incident.severity, incident.target, ARRAY(
    SELECT DISTINCT label.key || ' ' || label.value
    FROM (SELECT labels FROM alert WHERE incident_id = incident.id ORDER BY id DESC LIMIT 200) AS newest,
         jsonb_each_text(newest.labels) AS label JOIN mine USING (key, value)
    ORDER BY 1 LIMIT 4
) AS shared
FROM incident
WHERE id <> %(incident)s AND status NOT IN ('resolved', 'reviewed', 'dismissed')
  AND opened_at BETWEEN %(since)s AND %(until)s ORDER BY id DESC LIMIT 50;

-- alerts_of: the alerts of an incident, firing ones first
SELECT * FROM alert WHERE incident_id = %(incident)s
ORDER BY status = 'firing' DESC, status = 'stale' DESC, last_at DESC, id DESC LIMIT %(limit)s;

-- alerts_counted: how many alerts an incident has, and how many of them still fire
SELECT count(*) AS all_of_them, count(*) FILTER (WHERE status = 'firing') AS firing,
       count(*) FILTER (WHERE status = 'stale') AS stale
FROM alert WHERE incident_id = %(incident)s;

-- start_clock: a clock, from its beginning; one of the same kind is started anew
INSERT INTO clock (incident_id, kind, phrase, started_at, at_risk_at, due_at)
VALUES (%(incident)s, %(kind)s, %(phrase)s, %(started_at)s, %(at_risk_at)s, %(due_at)s)
ON CONFLICT (incident_id, kind) DO UPDATE
SET phrase = EXCLUDED.phrase, started_at = EXCLUDED.started_at, at_risk_at = EXCLUDED.at_risk_at,
    due_at = EXCLUDED.due_at, stopped_at = NULL, at_risk_told_at = NULL, breached_at = NULL;

-- cancel_clock: no deadline any more
DELETE FROM clock WHERE incident_id = %(incident)s AND kind = %(kind)s AND stopped_at IS NULL;

-- running_clock: the clock of this kind, if it runs
SELECT * FROM clock WHERE incident_id = %(incident)s AND kind = %(kind)s AND stopped_at IS NULL;

-- stop_clock: somebody did what it waited for
UPDATE clock SET stopped_at = %(now)s WHERE id = %(clock)s RETURNING *;

-- clocks_of: all clocks of an incident
SELECT * FROM clock WHERE incident_id = %(incident)s ORDER BY started_at, id;

-- late_clocks: running clocks with something to tell that was not told, incident by incident
SELECT incident_id, kind FROM clock
WHERE stopped_at IS NULL AND at_risk_at <= %(now)s
  AND ((at_risk_told_at IS NULL AND due_at > %(now)s) OR (breached_at IS NULL AND due_at <= %(now)s))
ORDER BY incident_id, kind;

-- mark_clock: what was told; a breach counts as told of the risk too
UPDATE clock
SET at_risk_told_at = COALESCE(at_risk_told_at, %(now)s),
    breached_at = CASE WHEN %(breached)s THEN %(now)s ELSE breached_at END
WHERE id = %(clock)s;

-- record_finding: one cause of one look
INSERT INTO finding (incident_id, target, rank, cause, title, severity, confidence, verdict, probe, probe_state, taken_at,
                     probed_at, ms)
VALUES (%(incident)s, %(target)s, %(rank)s, %(cause)s, %(title)s, %(severity)s, %(confidence)s, %(verdict)s, %(probe)s,
        %(probe_state)s, %(taken_at)s, %(taken_at)s, %(ms)s)
RETURNING id;

-- set_assessed: the incident was looked at
UPDATE incident SET assessed_at = %(taken_at)s WHERE id = %(incident)s;

-- newest_finding: the root cause as last seen
SELECT * FROM finding WHERE incident_id = %(incident)s ORDER BY taken_at DESC, rank, id LIMIT 1;

-- findings_of: everything the looks saw, the newest look first
SELECT * FROM finding WHERE incident_id = %(incident)s ORDER BY taken_at DESC, rank, id LIMIT %(limit)s;

-- finding: one
SELECT * FROM finding WHERE id = %(finding)s;

-- set_probe_state: what its probe said when it was asked again
UPDATE finding SET probe_state = %(state)s, probed_at = %(now)s WHERE id = %(finding)s;

-- queue_message: something to be told; the same telling is never queued twice
INSERT INTO outbox (incident_id, event, channel, contact, address, message, once, state, next_at, created_at)
VALUES (%(incident)s, %(event)s, %(channel)s, %(contact)s, %(address)s, %(message)s, %(once)s, 'queued', %(next_at)s,
        %(now)s)
ON CONFLICT (once) DO NOTHING RETURNING id;

-- make_ack_link: a way to acknowledge from a message
INSERT INTO ack_link (token_hash, incident_id, contact, expires_at)
VALUES (%(token_hash)s, %(incident)s, %(contact)s, %(expires_at)s);

-- ack_link: one, with whether the contact is a person who has left
SELECT l.*, p.name AS person, p.role, p.disabled_at
FROM ack_link l LEFT JOIN person p ON p.name = l.contact
WHERE l.token_hash = %(token_hash)s;

-- use_ack_link: the first use is remembered
UPDATE ack_link SET used_at = %(now)s WHERE token_hash = %(token_hash)s AND used_at IS NULL;

-- sweep_ack_links: links nobody can use any more
DELETE FROM ack_link WHERE expires_at < %(before)s;

-- person: one person
SELECT * FROM person WHERE name = %(name)s;

-- persons: everybody
SELECT * FROM person ORDER BY disabled_at IS NOT NULL, name;

-- person_of_os_user: who an account of this machine is
SELECT * FROM person WHERE os_user = %(os_user)s;

-- anybody: whether there is a person at all, and whether one is bound to an account of this machine
SELECT EXISTS (SELECT FROM person) AS anybody, EXISTS (SELECT FROM person WHERE os_user IS NOT NULL) AS bound;

-- one_at_a_time: holds out others who would make the first account at the same moment
LOCK TABLE person IN SHARE ROW EXCLUSIVE MODE;

-- add_person: somebody new
INSERT INTO person (name, display, role, password_hash, os_user, email, created_at)
VALUES (%(name)s, %(display)s, %(role)s, %(password_hash)s, %(os_user)s, %(email)s, %(now)s)
ON CONFLICT (name) DO NOTHING RETURNING *;

-- bring_back: somebody who had left; nothing of the old account but the name stays
UPDATE person SET display = %(display)s, role = %(role)s, password_hash = %(password_hash)s, os_user = %(os_user)s,
                  email = %(email)s, disabled_at = NULL
WHERE name = %(name)s AND disabled_at IS NOT NULL RETURNING *;

-- change_person: null keeps what is there
UPDATE person SET display = COALESCE(%(display)s, display), role = COALESCE(%(role)s, role),
                  os_user = COALESCE(%(os_user)s, os_user), email = COALESCE(%(email)s, email)
WHERE name = %(name)s RETURNING *;

-- admins: those who could still do everything, held, so that two of them can not end each other
SELECT name FROM person WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id FOR UPDATE;

-- disable_person: somebody leaves
UPDATE person SET disabled_at = %(now)s WHERE name = %(name)s AND disabled_at IS NULL RETURNING id;

-- set_password: a new one
UPDATE person SET password_hash = %(password_hash)s WHERE id = %(person)s;

-- lock_login: logins by one name happen one after the other, so that the count of failures holds
SELECT pg_advisory_xact_lock(hashtextextended('fireline login ' || %(name)s, 0));

-- failures: failed logins by this name
SELECT count(*) AS failures, min(at) AS first_at FROM login_attempt WHERE name = %(name)s AND at > %(since)s AND NOT ok;

-- add_attempt: one login, failed or not
INSERT INTO login_attempt (name, at, ok) VALUES (%(name)s, %(now)s, %(ok)s);

-- sweep_attempts: logins nobody counts any more
DELETE FROM login_attempt WHERE at < %(before)s;

-- add_session: somebody is logged in
INSERT INTO login_session (token_hash, person_id, created_at, expires_at, csrf)
VALUES (%(token_hash)s, %(person)s, %(now)s, %(expires_at)s, %(csrf)s);

-- session: who a session belongs to, while it lasts
SELECT s.token_hash, s.created_at, s.expires_at, s.csrf, p.name, p.display, p.role
FROM login_session s JOIN person p ON p.id = s.person_id
WHERE s.token_hash = %(token_hash)s AND s.expires_at > %(now)s AND p.disabled_at IS NULL;

-- extend_session: it was used; skipped when another request is just doing the same
UPDATE login_session SET expires_at = %(expires_at)s WHERE token_hash =
    (SELECT token_hash FROM login_session WHERE token_hash = %(token_hash)s FOR UPDATE SKIP LOCKED);

-- end_session: logged out
DELETE FROM login_session WHERE token_hash = %(token_hash)s;

-- end_sessions: logged out everywhere
DELETE FROM login_session WHERE person_id = %(person)s;

-- sweep_sessions: sessions that have run out
DELETE FROM login_session WHERE expires_at <= %(now)s;

-- add_token: a key for a program
INSERT INTO api_token (person_id, label, token_hash, created_at, expires_at)
VALUES (%(person)s, %(label)s, %(token_hash)s, %(now)s, %(expires_at)s) RETURNING id;

-- token: who a token speaks for, while it holds
SELECT t.id, t.used_at, p.name, p.role
FROM api_token t JOIN person p ON p.id = t.person_id
WHERE t.token_hash = %(token_hash)s AND t.revoked_at IS NULL AND p.disabled_at IS NULL
  AND (t.expires_at IS NULL OR t.expires_at > %(now)s);

-- touch_token: it was used; skipped when another request is just doing the same
UPDATE api_token SET used_at = %(now)s WHERE id =
    (SELECT id FROM api_token WHERE id = %(token)s FOR UPDATE SKIP LOCKED);

-- tokens: tokens of one person, or of everybody
SELECT t.id AS token, t.label, p.name AS person, t.created_at, t.expires_at, t.used_at, t.revoked_at
FROM api_token t JOIN person p ON p.id = t.person_id
WHERE %(person)s::text IS NULL OR p.name = %(person)s ORDER BY t.id;

-- find_token: one token, by its number or by itself
SELECT t.id, t.label, p.name AS person, t.revoked_at
FROM api_token t JOIN person p ON p.id = t.person_id WHERE t.id = %(id)s OR t.token_hash = %(token_hash)s;

-- revoke_token: it opens nothing any more
UPDATE api_token SET revoked_at = %(now)s WHERE id = %(id)s;

-- revoke_tokens: none of this person's opens anything any more
UPDATE api_token SET revoked_at = %(now)s WHERE person_id = %(person)s AND revoked_at IS NULL;

-- newest_proposal: the severity proposed last, unless one was set since
SELECT payload FROM timeline t
WHERE incident_id = %(incident)s AND kind = 'severity_proposed'
  AND NOT EXISTS (SELECT FROM timeline s WHERE s.incident_id = t.incident_id AND s.kind = 'severity' AND s.seq > t.seq)
ORDER BY seq DESC LIMIT 1;

-- surroundings_of: what was last seen beside the database
SELECT * FROM surrounding WHERE incident_id = %(incident)s;

-- keep_surrounding: the newest answer
INSERT INTO surrounding (incident_id, source, name, state, title, detail, facts, told, since, seen_at, ms)
VALUES (%(incident)s, %(source)s, %(name)s, %(state)s, %(title)s, %(detail)s, %(facts)s, %(told)s, %(since)s, %(seen_at)s, %(ms)s)
ON CONFLICT (incident_id, source, name) DO UPDATE
SET state = EXCLUDED.state, title = EXCLUDED.title, detail = EXCLUDED.detail, facts = EXCLUDED.facts, told = EXCLUDED.told,
    since = EXCLUDED.since, seen_at = EXCLUDED.seen_at, ms = EXCLUDED.ms;

-- forget_surrounding: nobody asks after it any more
DELETE FROM surrounding WHERE id = %(id)s;

-- set_looked_around: what is beside the database was asked
UPDATE incident SET looked_around_at = %(taken_at)s WHERE id = %(incident)s;

-- create_silence: from a moment to its hard end
INSERT INTO silence (kind, matchers, comment, created_by, created_at, starts_at, ends_at, recurrence)
VALUES (%(kind)s, %(matchers)s, %(comment)s, %(by)s, %(now)s, %(starts)s, %(ends)s, %(recurrence)s)
RETURNING *;

-- end_silence: now, when it was not over yet
UPDATE silence SET ends_at = %(now)s, ended_by = %(by)s WHERE id = %(silence)s AND ends_at > %(now)s
RETURNING *;

-- silence: one
SELECT * FROM silence WHERE id = %(silence)s;

-- silences: those that hold or will, the next to end first; then those that are over
SELECT * FROM silence WHERE %(past)s OR ends_at > %(now)s
ORDER BY ends_at <= %(now)s, CASE WHEN ends_at > %(now)s THEN ends_at END, ends_at DESC, id LIMIT %(limit)s;

-- silences_now: within their start and their hard end
SELECT * FROM silence WHERE starts_at <= %(now)s AND ends_at > %(now)s ORDER BY id;

-- last_silenced: what held an incident when it was held last
SELECT at, payload ->> 'silences' AS silences FROM timeline
WHERE incident_id = %(incident)s AND kind = 'silenced' ORDER BY seq DESC LIMIT 1;

-- noted: whether the timeline says so already
SELECT 1 AS found FROM timeline WHERE incident_id = %(incident)s AND kind = 'note' AND payload ->> 'text' = %(text)s LIMIT 1;

-- firing_alerts: of one incident, as matchers see them
SELECT id, source, target, severity, title, key, labels FROM alert WHERE incident_id = %(incident)s AND status = 'firing';

-- all_firing_alerts: of any incident
SELECT * FROM alert WHERE status = 'firing' ORDER BY id DESC LIMIT 20000;

-- hold_incident: until when nobody is told of it
UPDATE incident SET silenced_until = %(until)s WHERE id = %(incident)s AND silenced_until IS DISTINCT FROM %(until)s;

-- let_incidents_go: those that a silence held are looked at again
UPDATE incident SET silenced_until = %(now)s
WHERE silenced_until > %(now)s AND status NOT IN ('resolved', 'reviewed', 'dismissed') RETURNING id;

-- look_again: a held incident that got another alert
UPDATE incident SET silenced_until = %(now)s WHERE id = %(incident)s AND silenced_until > %(now)s RETURNING id;

-- postpone_response: by the time in which nobody was told
UPDATE clock SET started_at = started_at + %(by)s, at_risk_at = at_risk_at + %(by)s, due_at = due_at + %(by)s,
                 at_risk_told_at = NULL, breached_at = NULL
WHERE incident_id = %(incident)s AND kind = 'response' AND stopped_at IS NULL;

-- changed_around: what may have been before the first signal, the nearest first; then what was since
SELECT id AS change, kind, source, target, title, detail, by, url, not_before, at, count(*) OVER () AS total FROM change
WHERE at >= %(since)s::timestamptz AND COALESCE(not_before, at) <= %(until)s::timestamptz
  AND (target IS NULL OR %(target)s::text IS NULL OR target = %(target)s)
ORDER BY COALESCE(not_before, at) > %(began)s::timestamptz,
    CASE WHEN at <= %(began)s THEN %(began)s - at
         WHEN COALESCE(not_before, at) <= %(began)s THEN interval '0'
         ELSE COALESCE(not_before, at) - %(began)s END, id DESC
LIMIT %(limit)s;

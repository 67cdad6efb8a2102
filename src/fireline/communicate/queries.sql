-- may_owe: incidents of which something may have to be told; the newest first
WITH active AS (
    SELECT id, acknowledged_at FROM incident
    WHERE status NOT IN ('resolved', 'reviewed', 'dismissed') AND severity_rank < %(quiet)s
      AND (silenced_until IS NULL OR silenced_until <= %(now)s)
), late AS (
    SELECT id FROM incident
    WHERE silenced_until <= %(now)s AND status NOT IN ('resolved', 'reviewed', 'dismissed')
    UNION
    SELECT id FROM active
    WHERE NOT EXISTS (SELECT FROM outbox WHERE incident_id = active.id AND event = 'opened')
    UNION
    SELECT id FROM active
    WHERE acknowledged_at IS NULL
      AND NOT EXISTS (SELECT FROM outbox WHERE incident_id = active.id AND event IN ('opened', 'reminder')
                      AND created_at > %(now)s - %(repeat)s)
    UNION
    SELECT active.id FROM active JOIN run ON run.incident_id = active.id JOIN approval ON approval.run_id = run.id
    WHERE approval.state = 'asked' AND approval.expires_at > %(now)s
      AND NOT EXISTS (SELECT FROM outbox WHERE incident_id = active.id
                      AND starts_with(once, 'approval:' || approval.id || ':'))
    UNION
    SELECT clock.incident_id FROM clock JOIN incident ON incident.id = clock.incident_id
    WHERE clock.stopped_at IS NULL AND clock.at_risk_at <= %(now)s AND incident.severity_rank < %(quiet)s
      AND (incident.silenced_until IS NULL OR incident.silenced_until <= %(now)s)
      AND NOT EXISTS (SELECT FROM outbox WHERE incident_id = clock.incident_id AND event IN ('at_risk', 'breached')
                      AND created_at >= CASE WHEN clock.due_at <= %(now)s THEN clock.due_at ELSE clock.at_risk_at END)
      AND EXISTS (SELECT FROM outbox WHERE incident_id = clock.incident_id AND event = 'opened' AND state <> 'dropped')
    UNION
    SELECT incident.id FROM outbox JOIN incident ON incident.id = outbox.incident_id
    WHERE outbox.event = 'opened' AND outbox.state IN ('queued', 'sending', 'sent')
      AND outbox.created_at > %(now)s - interval '2 days' AND incident.status IN ('resolved', 'dismissed')
      AND incident.merged_into IS NULL
      AND NOT EXISTS (SELECT FROM outbox AS last WHERE last.incident_id = incident.id
                      AND last.event IN ('resolved', 'dismissed')
                      AND last.created_at >= COALESCE(incident.resolved_at, incident.opened_at))
)
SELECT id AS incident FROM late ORDER BY id DESC LIMIT %(most)s;

-- began: the event that opened an incident, or opened it again, and how often that was
SELECT at, actor, payload, count(*) FILTER (WHERE kind = 'reopened') OVER () AS round
FROM timeline WHERE incident_id = %(incident)s AND kind IN ('opened', 'reopened') ORDER BY seq DESC LIMIT 1;

-- ended: how an incident ended, if it did
SELECT seq, at, actor, payload FROM timeline
WHERE incident_id = %(incident)s AND kind IN ('resolved', 'dismissed') ORDER BY seq DESC LIMIT 1;

-- approvals_wanted: what waits for somebody's yes
SELECT approval.*, run.title AS run_title FROM approval JOIN run ON run.id = approval.run_id
WHERE run.incident_id = %(incident)s AND approval.state = 'asked' AND approval.expires_at > %(now)s ORDER BY approval.id;

-- told: who was told, or is about to be told, that an incident is open
SELECT DISTINCT contact FROM outbox
WHERE incident_id = %(incident)s AND event = 'opened' AND state IN ('queued', 'sending', 'sent');

-- mark_not_told: a contact that is not told, as a row like the others
INSERT INTO outbox (incident_id, event, channel, contact, address, message, once, state, next_at, error, created_at)
VALUES (%(incident)s, 'opened', '', %(contact)s, '', '{}', %(once)s, 'dropped', %(now)s, %(error)s, %(now)s)
ON CONFLICT (once) DO NOTHING RETURNING id;

-- due_messages: what waits to be sent, and what somebody began to send and did not finish
SELECT id FROM outbox
WHERE (state = 'queued' AND next_at <= %(now)s) OR (state = 'sending' AND claimed_until <= %(now)s)
ORDER BY next_at LIMIT %(most)s;

-- claim_message: mine to send, for a while
UPDATE outbox SET state = 'sending', claim = %(claim)s, claimed_until = %(until)s, attempts = attempts + 1
WHERE id = %(message)s
  AND ((state = 'queued' AND next_at <= %(now)s) OR (state = 'sending' AND claimed_until <= %(now)s))
RETURNING *;

-- finish_message: what became of it, unless the claim ran out and it is somebody else's
UPDATE outbox SET state = %(state)s, claim = NULL, claimed_until = NULL, error = %(error)s,
                  next_at = COALESCE(%(next_at)s, next_at), sent_at = %(sent_at)s
WHERE id = %(message)s AND claim = %(claim)s AND state = 'sending'
RETURNING id;

-- how_it_stands: what a message about an incident depends on
SELECT incident.status, incident.acknowledged_at, incident.acknowledged_by,
       (SELECT stopped_at FROM clock WHERE incident_id = incident.id AND kind = %(clock)s::text) AS stopped_at,
       (SELECT state FROM approval WHERE id = %(approval)s::bigint) AS approval,
       (SELECT expires_at FROM approval WHERE id = %(approval)s::bigint) AS expires_at,
       EXISTS (SELECT FROM outbox WHERE incident_id = incident.id AND contact = %(contact)s AND sent_at IS NOT NULL) AS told
FROM incident WHERE id = %(incident)s;

-- overdue: work that nobody has done for too long, whatever the reason
SELECT (SELECT count(*) FROM (SELECT FROM signal WHERE taken_at IS NULL AND received_at < %(since)s LIMIT 1000) AS s) AS signals,
       (SELECT count(*) FROM outbox WHERE (state = 'queued' AND next_at < %(since)s)
                                       OR (state = 'sending' AND claimed_until < %(since)s)) AS messages;

-- take_beat: this process beats now; nothing when another has done so within the interval
INSERT INTO heartbeat (name, tried_at) VALUES ('watcher', %(now)s)
ON CONFLICT (name) DO UPDATE SET tried_at = EXCLUDED.tried_at WHERE heartbeat.tried_at <= EXCLUDED.tried_at - %(every)s
RETURNING failures;

-- record_beat: how the beat went
UPDATE heartbeat SET beaten_at = COALESCE(%(beaten_at)s, beaten_at), error = %(error)s,
                     failures = failures + CASE WHEN %(error)s::text IS NULL THEN 0 ELSE 1 END
WHERE name = 'watcher';

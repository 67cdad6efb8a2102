-- keep_procedure: a compiled procedure, once by content
INSERT INTO procedure_text (hash, revision, compiled, stored_at) VALUES (%(hash)s, %(revision)s, %(compiled)s, %(at)s)
ON CONFLICT (hash) DO NOTHING;

-- procedure: a compiled procedure
SELECT compiled, revision FROM procedure_text WHERE hash = %(hash)s;

-- add_run: one more run
INSERT INTO run (incident_id, procedure, title, target, folder, state, reason, requested_by, parent_run, parent_step, created_at)
VALUES (%(incident)s, %(procedure)s, %(title)s, %(target)s, %(folder)s, 'running', %(reason)s, %(by)s, %(parent_run)s, %(parent_step)s, %(at)s)
RETURNING id;

-- add_step: one step of a run
INSERT INTO step (run_id, position, key, title, kind, state, level, content, requested_by)
VALUES (%(run)s, %(position)s, %(key)s, %(title)s, %(kind)s, 'planned', NULL, %(content)s, %(by)s);

-- lock_run: a run, for the person or worker that is about to change it
SELECT r.*, p.revision AS runbook_revision, p.compiled ->> 'file' AS runbook_file
FROM run r JOIN procedure_text p ON p.hash = r.procedure WHERE r.id = %(run)s FOR UPDATE OF r;

-- raise_revision: a run has changed
UPDATE run SET revision = revision + 1 WHERE id = %(run)s;

-- last_entry: the newest entry of a ledger
SELECT seq, hash FROM ledger WHERE run_id = %(run)s ORDER BY seq DESC LIMIT 1;

-- append_entry: one more entry of a ledger
INSERT INTO ledger (run_id, seq, at, kind, actor, payload, previous, hash)
VALUES (%(run)s, %(seq)s, %(at)s, %(kind)s, %(actor)s, %(payload)s, %(previous)s, %(hash)s);

-- entries: a ledger in order
SELECT seq, at, kind, actor, payload, previous, hash FROM ledger WHERE run_id = %(run)s ORDER BY seq;

-- take_lease: a run nobody works on, with a higher fence; the store's clock decides, since workers' clocks differ
UPDATE run SET fence = fence + 1, lease_by = %(worker)s, lease_until = clock_timestamp() + %(span)s
WHERE id = %(run)s AND (lease_until IS NULL OR lease_until < clock_timestamp()) RETURNING fence;

-- renew_lease: still at work; tells whether a person wants it to stop
UPDATE run SET lease_until = clock_timestamp() + %(span)s WHERE id = %(run)s AND fence = %(fence)s AND lease_by IS NOT NULL
RETURNING cancel_step, cancel_by, (SELECT h.by FROM halt h WHERE h.lifted_at IS NULL AND h.running LIMIT 1) AS halted_by;

-- release_lease: done for now
UPDATE run SET lease_by = NULL, lease_until = NULL, state = %(state)s,
    finished_at = CASE WHEN %(state)s IN ('running', 'waiting') THEN NULL ELSE COALESCE(finished_at, %(at)s) END
WHERE id = %(run)s AND fence = %(fence)s;

-- steps: all steps of a run in order
SELECT * FROM step WHERE run_id = %(run)s ORDER BY position;

-- step: one step
SELECT * FROM step WHERE run_id = %(run)s AND position = %(position)s FOR UPDATE;

-- set_step: a step's new state; what is not named stays
UPDATE step SET state = %(state)s, waits_for = %(waits_for)s, wake_at = %(wake_at)s,
    level = COALESCE(%(level)s, level), level_reason = COALESCE(%(level_reason)s, level_reason),
    outcome = COALESCE(%(outcome)s, outcome), plan = COALESCE(%(plan)s, plan), choice = COALESCE(%(choice)s, choice)
WHERE run_id = %(run)s AND position = %(position)s;

-- renew_step: a step starts again from the beginning; its attempts stay
UPDATE step SET state = 'planned', waits_for = NULL, wake_at = NULL, outcome = NULL, plan = NULL, level = NULL, level_reason = '',
    choice = CASE WHEN %(keep_choice)s THEN choice END
WHERE run_id = %(run)s AND position = %(position)s;

-- set_parameters: what a person answered
UPDATE step SET parameters = parameters || %(parameters)s WHERE run_id = %(run)s AND position = %(position)s;

-- set_content: a person replaced the command
UPDATE step SET content = %(content)s, kind = %(kind)s, replaced = true, requested_by = %(by)s, parameters = '{}', choice = NULL
WHERE run_id = %(run)s AND position = %(position)s;

-- add_attempt: the intent of one try, before any side effect
INSERT INTO attempt (run_id, position, number, kind, state, level, content_hash, approval_id, fence, worker, server, plan, intent_at)
SELECT %(run)s, %(position)s, 1 + count(*), %(kind)s, 'intent', %(level)s, %(hash)s, %(approval)s, %(fence)s, %(worker)s,
       %(server)s, %(plan)s, %(at)s
FROM attempt WHERE run_id = %(run)s AND position = %(position)s AND kind = %(kind)s
RETURNING id, number;

-- count_attempt: a step has been tried once more
UPDATE step SET attempts = attempts + 1 WHERE run_id = %(run)s AND position = %(position)s;

-- start_attempt: the side effect begins; only for the holder of the newest fence
UPDATE attempt SET state = 'running', started_at = %(at)s, xid = COALESCE(%(xid)s, xid)
WHERE id = %(attempt)s AND state IN ('intent', 'running')
  AND EXISTS (SELECT 1 FROM run WHERE id = attempt.run_id AND fence = %(fence)s FOR UPDATE)
RETURNING id;

-- end_attempt: what became of a try
UPDATE attempt SET state = %(state)s, finished_at = %(at)s, outcome = %(outcome)s, output = %(output)s, plan = COALESCE(%(plan)s, plan)
WHERE id = %(attempt)s;

-- attempts: all tries of a run
SELECT * FROM attempt WHERE run_id = %(run)s ORDER BY id;

-- open_attempt: the try of a step that has no end yet
SELECT * FROM attempt WHERE run_id = %(run)s AND position = %(position)s AND kind = %(kind)s AND state IN ('intent', 'running')
ORDER BY id DESC LIMIT 1;

-- attempt: one try
SELECT * FROM attempt WHERE id = %(attempt)s;

-- lost_tries: how often a read step was cut off by a dying worker
SELECT count(*) AS n FROM attempt WHERE run_id = %(run)s AND position = %(position)s AND kind = 'do' AND state = 'unknown';

-- ask_approval: wanted: a person's yes to exactly this
INSERT INTO approval (run_id, position, kind, content_hash, shown, level, requested_by, asked_at, expires_at, state)
VALUES (%(run)s, %(position)s, %(kind)s, %(hash)s, %(shown)s, %(level)s, %(by)s, %(at)s, %(expires)s, 'asked') RETURNING id;

-- approval: the newest approval of a step
SELECT * FROM approval WHERE run_id = %(run)s AND position = %(position)s AND kind = %(kind)s ORDER BY id DESC LIMIT 1 FOR UPDATE;

-- approvals: all approvals of a run
SELECT * FROM approval WHERE run_id = %(run)s ORDER BY id;

-- set_approval: what became of an approval
UPDATE approval SET state = %(state)s, decided_by = COALESCE(%(by)s, decided_by), decided_at = COALESCE(%(at)s, decided_at),
    door = COALESCE(%(door)s, door), reason = COALESCE(%(reason)s, reason), level = COALESCE(%(level)s, level),
    break_glass = break_glass OR %(break_glass)s
WHERE id = %(approval)s;

-- void_approvals: the content has changed, so no yes to the former content counts
UPDATE approval SET state = 'void' WHERE run_id = %(run)s AND position = %(position)s AND kind = 'do' AND state IN ('asked', 'given');

-- expired_approvals: approvals nobody used in time
UPDATE approval SET state = 'expired' WHERE state IN ('asked', 'given') AND expires_at <= %(at)s RETURNING run_id, position, kind;

-- open_undo: an undo of a run that began and has no end yet
SELECT * FROM attempt WHERE run_id = %(run)s AND kind = 'undo' AND state IN ('intent', 'running') ORDER BY id LIMIT 1;

-- given_undo: an undo that a person has approved and nobody has carried out
SELECT * FROM approval WHERE run_id = %(run)s AND kind = 'undo' AND state = 'given' ORDER BY id LIMIT 1 FOR UPDATE;

-- halted: the kill switch, when it is on
SELECT id, by, reason, running, at FROM halt WHERE lifted_at IS NULL ORDER BY id LIMIT 1;

-- halt: turn the kill switch on
INSERT INTO halt (by, reason, running, at) VALUES (%(by)s, %(reason)s, %(running)s, %(at)s) RETURNING id;

-- lift: turn it off
UPDATE halt SET lifted_by = %(by)s, lifted_at = %(at)s WHERE lifted_at IS NULL RETURNING id;

-- open_runs: runs that are not finished
SELECT id, incident_id FROM run WHERE state IN ('running', 'waiting');

-- due_runs: runs that a worker should look at: nobody works on them and something is to be done
SELECT r.id FROM run r
WHERE (r.lease_until IS NULL OR r.lease_until < clock_timestamp())
  AND (r.state = 'running'
    OR r.lease_by IS NOT NULL
    OR (r.state IN ('running', 'waiting') AND r.cancel_step IS NOT NULL)
    OR EXISTS (SELECT 1 FROM approval a WHERE a.run_id = r.id AND a.state = 'given')
    OR EXISTS (SELECT 1 FROM step s WHERE s.run_id = r.id AND (s.state IN ('authorised', 'intent', 'running')
        OR s.wake_at <= %(at)s)
        AND r.state IN ('running', 'waiting'))
    OR EXISTS (SELECT 1 FROM step s JOIN run c ON c.parent_run = r.id AND c.parent_step = s.position
        WHERE s.run_id = r.id AND s.waits_for = 'call' AND c.state IN ('succeeded', 'failed', 'cancelled')
        AND r.state IN ('running', 'waiting')));

-- child: the run that a step called
SELECT id, state FROM run WHERE parent_run = %(run)s AND parent_step = %(position)s ORDER BY id DESC LIMIT 1;

-- ask_cancel: a person wants a step, or with 0 the whole run, to stop
UPDATE run SET cancel_step = %(step)s, cancel_by = %(by)s, cancel_reason = %(reason)s WHERE id = %(run)s;

-- runs: runs, newest first
SELECT r.id FROM run r WHERE (%(incident)s::bigint IS NULL OR r.incident_id = %(incident)s) ORDER BY r.id DESC LIMIT %(limit)s;

-- runs_of_incident: the runs of an incident, oldest first
SELECT id FROM run WHERE incident_id = %(incident)s ORDER BY id;

-- run: one run
SELECT r.*, p.revision AS runbook_revision, p.compiled ->> 'file' AS runbook_file, p.compiled ->> 'id' AS procedure_id
FROM run r JOIN procedure_text p ON p.hash = r.procedure WHERE r.id = %(run)s;

-- changes: what was really changed, newest first; an unknown outcome counts, since it may have happened
SELECT a.id AS attempt, a.run_id, a.position, s.title, a.state, a.outcome, a.plan, a.finished_at, a.undone_by, s.content, s.replaced,
    r.incident_id, r.target, p.decided_by
FROM attempt a
JOIN step s ON s.run_id = a.run_id AND s.position = a.position
JOIN run r ON r.id = a.run_id
LEFT JOIN approval p ON p.id = a.approval_id
WHERE a.kind = 'do' AND a.level <> 'read' AND a.state IN ('succeeded', 'unknown')
  AND (%(incident)s::bigint IS NULL OR r.incident_id = %(incident)s)
  AND (%(run)s::bigint IS NULL OR r.id = %(run)s)
  AND (%(target)s::text IS NULL OR r.target = %(target)s)
ORDER BY a.id DESC LIMIT 500;

-- mark_undone: a change has been put back
UPDATE attempt SET undone_by = %(by)s WHERE id = %(attempt)s;

-- keep_artefact: something a step made that is worth keeping
INSERT INTO artefact (attempt_id, incident_id, target, kind, payload, made_at)
VALUES (%(attempt)s, %(incident)s, %(target)s, %(kind)s, %(payload)s, %(at)s) RETURNING id;

-- team: people who may approve
SELECT count(*) AS n FROM person WHERE disabled_at IS NULL AND role IN ('responder', 'admin');

-- runs_going: runs of an incident that are not finished
SELECT id FROM run WHERE incident_id = %(incident)s AND state IN ('running', 'waiting');

-- unanswered: open incidents for which no procedure was looked for since they were opened
SELECT i.id FROM incident i
WHERE i.status NOT IN ('resolved', 'reviewed', 'dismissed')
  AND NOT EXISTS (SELECT 1 FROM timeline t WHERE t.incident_id = i.id AND t.kind IN ('matched', 'no_match', 'chosen', 'run_started')
      AND t.seq > (SELECT max(o.seq) FROM timeline o WHERE o.incident_id = i.id AND o.kind IN ('opened', 'reopened')))
ORDER BY i.id LIMIT 100;

-- tell_progress: how far a running attempt is; open pages of its run or incident, and of its target's recovery, look again
WITH told AS (UPDATE attempt SET progress = %(progress)s WHERE id = %(attempt)s AND state = 'running' RETURNING run_id)
SELECT pg_notify('fireline_page', coalesce(r.incident_id, r.id)::text), pg_notify('fireline_page', 'recovery ' || left(r.target, 200))
FROM run r WHERE r.id = (SELECT run_id FROM told);

-- going: runs on a target that are not finished, or of which something is to be undone, newest first
SELECT id FROM run WHERE target = %(target)s AND (state IN ('running', 'waiting')
    OR id IN (SELECT run_id FROM approval WHERE kind = 'undo' AND state IN ('asked', 'given'))
    OR id IN (SELECT run_id FROM attempt WHERE state IN ('intent', 'running')))
ORDER BY id DESC LIMIT %(limit)s;

-- backup_going: an unfinished run beside this one that takes a backup of the target
SELECT r.id AS run FROM run r JOIN step s ON s.run_id = r.id
WHERE r.target = %(target)s AND r.id <> %(run)s AND r.state IN ('running', 'waiting') AND s.key = 'contain-backup'
ORDER BY r.id DESC LIMIT 1;

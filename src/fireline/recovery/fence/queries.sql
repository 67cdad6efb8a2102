-- lock_fence: only one at a time raises, lifts or closes a target; whoever dies lets go
SELECT pg_try_advisory_xact_lock(%(room)s, hashtext(%(target)s)) AS got;

-- break_lock: end the session of one who holds a target's lock and does not move
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND pid <> pg_backend_pid() AND classid::bigint = %(room)s
  AND objid::bigint = hashtext(%(target)s)::bigint & 4294967295
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database());

-- standing_fence: the one that keeps a target's traffic away, whatever its state
SELECT * FROM fence WHERE target = %(target)s AND passing = %(passing)s AND state <> 'lifted';

-- fence_row: one of them
SELECT * FROM fence WHERE id = %(id)s;

-- raise_fence: row first, with everything that its lifting needs
INSERT INTO fence (token, target, database, level, state, steps, reason, raised_at, expires_at, by, passing)
VALUES (%(token)s, %(target)s, %(database)s, %(level)s, 'raising', %(steps)s, %(reason)s, %(at)s, %(expires_at)s, %(by)s, %(passing)s)
RETURNING *;

-- mark_fence: how far it is
UPDATE fence SET state = %(state)s, steps = %(steps)s, error = %(error)s, tried_at = %(at)s
WHERE id = %(id)s AND state <> 'lifted' RETURNING id;

-- mark_lifted: everything is as it was
UPDATE fence SET state = 'lifted', steps = %(steps)s, lifted_at = %(at)s, lifted_by = %(by)s, error = %(error)s, tried_at = %(at)s
WHERE id = %(id)s AND state <> 'lifted' RETURNING id;

-- due_now: let it fall at once
UPDATE fence SET expires_at = least(expires_at, %(at)s) WHERE id = %(id)s AND state <> 'lifted';

-- change_fence: another level, or a later deadline, of one that stands
UPDATE fence SET level = %(level)s, state = 'raising', steps = %(steps)s, reason = %(reason)s, expires_at = %(expires_at)s,
    by = %(by)s, tried_at = %(at)s, error = NULL
WHERE id = %(id)s AND state <> 'lifted' RETURNING *;

-- prove_fence: what was seen of who is left
UPDATE fence SET proof = %(proof)s WHERE id = %(id)s;

-- due_fences: past their deadline, or left half lifted; those at which something failed a moment ago can wait
SELECT id, target, passing FROM fence
WHERE (state <> 'lifted' AND expires_at <= %(at)s OR state = 'lifting') AND (state <> 'stuck' OR tried_at IS NULL OR tried_at <= %(again)s)
ORDER BY passing DESC, expires_at;

-- last_fence: the newest of a target, also when it is lifted
SELECT * FROM fence WHERE target = %(target)s AND NOT passing ORDER BY id DESC LIMIT 1;

-- incidents_of_target: those that are open
SELECT id FROM incident WHERE target = %(target)s AND status NOT IN ('resolved', 'reviewed', 'dismissed') ORDER BY id;

-- as_before: a change to another level came to nothing
UPDATE fence SET level = %(level)s, reason = %(reason)s, expires_at = %(expires_at)s, by = %(by)s WHERE id = %(id)s AND state <> 'lifted';

-- lock_incident: one writer at a time; a statement of its own, since a statement that waited still reads its old snapshot
SELECT id FROM incident WHERE id = %(incident)s FOR UPDATE;

-- last_event: the newest event of an incident
SELECT seq, hash FROM timeline WHERE incident_id = %(incident)s ORDER BY seq DESC LIMIT 1;

-- append_event: one more event
INSERT INTO timeline (incident_id, seq, at, kind, actor, payload, previous, hash)
VALUES (%(incident)s, %(seq)s, %(at)s, %(kind)s, %(actor)s, %(payload)s, %(previous)s, %(hash)s);

-- events: the story in order
SELECT seq, at, kind, actor, payload, previous, hash
FROM timeline WHERE incident_id = %(incident)s AND seq > %(after)s ORDER BY seq;

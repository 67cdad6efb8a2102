-- postmortem: the post-mortem of an incident
SELECT * FROM postmortem WHERE incident_id = %(incident)s;

-- add_draft: the first draft
INSERT INTO postmortem (incident_id, markdown, drafted_at) VALUES (%(incident)s, %(markdown)s, %(now)s) RETURNING *;

-- redraft: the record has grown; what a person has worked on is never touched
UPDATE postmortem SET markdown = %(markdown)s, drafted_at = %(now)s, revision = revision + 1
WHERE incident_id = %(incident)s AND edited_at IS NULL RETURNING *;

-- edit: what a person made of it
INSERT INTO postmortem (incident_id, markdown, drafted_at, edited_at, edited_by)
VALUES (%(incident)s, %(markdown)s, %(now)s, %(now)s, %(by)s)
ON CONFLICT (incident_id) DO UPDATE
SET markdown = EXCLUDED.markdown, edited_at = EXCLUDED.edited_at, edited_by = EXCLUDED.edited_by,
    revision = postmortem.revision + 1
RETURNING *;

-- undrafted: resolved incidents that need a post-mortem and have none
SELECT id FROM incident
WHERE status = 'resolved' AND severity_rank <= %(rank)s AND NOT EXISTS (SELECT FROM postmortem WHERE incident_id = incident.id)
ORDER BY id;

-- steps: where in which file the steps of an incident's runs stand
SELECT s.run_id AS run, s.position, t.compiled ->> 'file' AS file, s.content ->> 'line' AS line,
       CASE WHEN s.replaced THEN NULL ELSE s.content #>> '{action,line}' END AS action_line
FROM run r JOIN step s ON s.run_id = r.id JOIN procedure_text t ON t.hash = r.procedure
WHERE r.incident_id = %(incident)s;

-- told: every post-mortem with the title of its incident, the oldest first
SELECT p.markdown, i.title FROM postmortem p JOIN incident i ON i.id = p.incident_id ORDER BY i.id;

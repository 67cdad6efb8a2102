-- The first shape of the store. Each table is written by one room only; the room stands above its tables.
-- Times are handed in by the program (a test moves them), so there are no DEFAULT now() columns.

-- incident: people -------------------------------------------------------------------------------------------
CREATE TABLE person (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    display       text NOT NULL,
    role          text NOT NULL CHECK (role IN ('viewer', 'responder', 'admin')),
    password_hash text,
    os_user       text UNIQUE,
    email         text,
    created_at    timestamptz NOT NULL,
    disabled_at   timestamptz
);
CREATE TABLE login_session (
    token_hash bytea PRIMARY KEY,
    person_id  bigint NOT NULL REFERENCES person,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    csrf       text NOT NULL
);
CREATE TABLE api_token (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id  bigint NOT NULL REFERENCES person,
    label      text NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    used_at    timestamptz,
    revoked_at timestamptz
);
CREATE TABLE login_attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    at   timestamptz NOT NULL,
    ok   boolean NOT NULL
);
CREATE INDEX login_attempt_recent ON login_attempt (name, at);

-- incident ---------------------------------------------------------------------------------------------------
CREATE TABLE incident (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title           text NOT NULL,
    severity        text NOT NULL,
    severity_rank   integer NOT NULL,      -- 0 is the runbook's first severity
    severity_reason text NOT NULL DEFAULT '',
    severity_by     text,                  -- the person who set it; null: Fireline, which may still raise it
    status          text NOT NULL CHECK (status IN
                    ('detected', 'assessing', 'containing', 'resolving', 'resolved', 'reviewed', 'dismissed')),
    target          text,
    group_key       text,
    symptom         text NOT NULL DEFAULT '',   -- the complaint as it came, for matching and diagnosis
    commander       text,
    declared_by     text NOT NULL,
    detected_at     timestamptz NOT NULL,  -- the first signal
    opened_at       timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    resolved_at     timestamptz,
    resolution      text,
    resolved_red    boolean NOT NULL DEFAULT false,   -- resolved by a person while the probe was red
    reviewed_at     timestamptz,
    impact          text NOT NULL DEFAULT '',
    users_affected  integer,
    assessed_at     timestamptz,
    looked_around_at timestamptz,          -- when what is beside the database was asked
    silenced_until  timestamptz,           -- nobody is told before, as a silence holds all its alerts
    merged_into     bigint REFERENCES incident   -- a person said that it is this one; dismissed then, alerts moved
);
CREATE INDEX incident_open ON incident (group_key)
    WHERE status NOT IN ('resolved', 'reviewed', 'dismissed') OR merged_into IS NOT NULL;
CREATE TABLE incident_role (
    incident_id bigint NOT NULL REFERENCES incident,
    role        text NOT NULL,
    person      text NOT NULL,
    since       timestamptz NOT NULL,
    PRIMARY KEY (incident_id, role)
);
CREATE TABLE timeline (
    incident_id bigint NOT NULL REFERENCES incident,
    seq         integer NOT NULL,
    at          timestamptz NOT NULL,
    kind        text NOT NULL,
    actor       text NOT NULL,
    payload     jsonb NOT NULL,
    previous    bytea NOT NULL,
    hash        bytea NOT NULL,
    PRIMARY KEY (incident_id, seq)
);
CREATE TABLE clock (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incident,
    kind        text NOT NULL,          -- response, postmortem
    phrase      text NOT NULL,          -- the runbook's own words
    started_at  timestamptz NOT NULL,
    at_risk_at  timestamptz NOT NULL,   -- 75 % of the way
    due_at      timestamptz NOT NULL,
    stopped_at  timestamptz,
    at_risk_told_at timestamptz,
    breached_at timestamptz,
    UNIQUE (incident_id, kind)
);
CREATE INDEX clock_running ON clock (at_risk_at) WHERE stopped_at IS NULL;
CREATE TABLE alert (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key         text NOT NULL,
    key_reason  text NOT NULL,          -- which fields made the key
    source      text NOT NULL,
    target      text,
    title       text NOT NULL,
    status      text NOT NULL CHECK (status IN ('firing', 'stale', 'resolved')),   -- stale: nobody repeats it any more
    severity    text,                   -- as the sender said
    count       bigint NOT NULL DEFAULT 1,
    first_at    timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    resolved_at timestamptz,
    labels      jsonb NOT NULL DEFAULT '{}',
    annotations jsonb NOT NULL DEFAULT '{}',
    group_key   text NOT NULL,
    group_reason text NOT NULL DEFAULT '',   -- why it belongs to this group, in words
    once        text,                   -- what the sender calls this very occurrence: a late copy of it opens nothing again
    incident_id bigint REFERENCES incident,
    flap_state  text CHECK (flap_state IN ('firing', 'resolved')),   -- it flaps: what it was last; its status stays firing
    flaps_since timestamptz,
    flips       integer NOT NULL DEFAULT 0,   -- changes of state since it was first seen to flap, and those that led to it
    flipped_at  timestamptz,            -- the last of them
    searched    text GENERATED ALWAYS AS (   -- what a search looks in: five times quicker than each by itself
        lower(title || ' ' || key || ' ' || source || ' ' || COALESCE(target, '') || ' ' || labels::text)) STORED
);
CREATE INDEX alert_newest ON alert (key, id DESC);
CREATE UNIQUE INDEX alert_firing ON alert (key) WHERE status <> 'resolved';
CREATE INDEX alert_flapping ON alert (flipped_at) WHERE flap_state IS NOT NULL;
CREATE INDEX alert_incident ON alert (incident_id);
CREATE INDEX alert_recent ON alert (last_at DESC);
CREATE TABLE silence (                  -- nobody is told of alerts that fit, for a time that always ends
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('silence', 'maintenance')),
    matchers    text[] NOT NULL,        -- all of them must fit
    comment     text NOT NULL,
    created_by  text NOT NULL,
    created_at  timestamptz NOT NULL,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,   -- whatever the windows say
    recurrence  jsonb,                  -- {"days", "opens", "closes", "timezone"}: only within these windows; null: all the time
    ended_by    text                    -- the person who ended it; ends_at is when
);
CREATE INDEX silence_until ON silence (ends_at);
CREATE TABLE finding (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint REFERENCES incident,
    target      text NOT NULL,
    rank        integer NOT NULL,       -- 0 is the root
    cause       text NOT NULL,
    title       text NOT NULL,
    severity    text NOT NULL,
    confidence  double precision NOT NULL,
    verdict     jsonb NOT NULL,         -- the whole verdict as `diagnose --json` prints it
    probe       jsonb NOT NULL,         -- {"sql", "expect"}: data, so that anyone can ask again
    probe_state text NOT NULL CHECK (probe_state IN ('red', 'green', 'unknown')),
    taken_at    timestamptz NOT NULL,
    probed_at   timestamptz,
    ms          integer                 -- how long the look took
);
CREATE INDEX finding_incident ON finding (incident_id, taken_at);
CREATE TABLE surrounding (               -- the newest answer of each; what changed is in the timeline
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incident,
    source      text NOT NULL,          -- file name on the shelf of surroundings
    name        text NOT NULL,          -- what of it was asked, as the settings or the sender call it
    state       text NOT NULL CHECK (state IN ('well', 'ailing', 'unknown')),
    title       text NOT NULL,
    detail      text NOT NULL,
    facts       jsonb NOT NULL,
    told        text NOT NULL,          -- what the timeline was last told of it
    since       timestamptz NOT NULL,   -- in this state
    seen_at     timestamptz NOT NULL,
    ms          integer NOT NULL,
    UNIQUE (incident_id, source, name)
);
CREATE TABLE health (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target      text NOT NULL,
    taken_at    timestamptz NOT NULL,
    score       integer,                -- null: it could not be judged
    status      text NOT NULL CHECK (status IN ('healthy', 'warning', 'critical', 'unknown')),
    dimensions  jsonb NOT NULL,         -- name -> score or null
    coverage    double precision NOT NULL,
    causes      text[] NOT NULL,        -- labels, the root first
    ms          integer NOT NULL,
    report      jsonb                   -- the whole look; of older ones only the figures are kept
);
CREATE INDEX health_newest ON health (target, taken_at DESC);
CREATE TABLE statement (                -- what looks have seen in pg_stat_statements, its text once
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target      text NOT NULL,
    queryid     bigint NOT NULL,
    userid      bigint NOT NULL,
    dbid        bigint NOT NULL,
    nested      boolean NOT NULL,       -- called from within a function
    role        text NOT NULL,
    database    text,
    mark        text NOT NULL,          -- the same for the same statement whatever its number, which an upgrade changes
    text        text NOT NULL,          -- redacted
    first_at    timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,   -- in a look of that day; what is old is forgotten
    UNIQUE (target, queryid, userid, dbid, nested)
);
CREATE TABLE plan_ground (              -- what plans depend on and seldom changes, each state of it once
    target      text NOT NULL,
    hash        text NOT NULL,
    body        jsonb NOT NULL,         -- indexes of the tables that statements name, settings of the planner
    seen_at     timestamptz NOT NULL,
    PRIMARY KEY (target, hash)
);
CREATE TABLE statement_look (           -- counters as one look found them; only their differences mean anything
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target      text NOT NULL,
    taken_at    timestamptz NOT NULL,   -- by our clock
    server      jsonb NOT NULL,         -- its own clock, version, start, last reset: whether counters can be compared
    figures     jsonb NOT NULL,         -- statement id -> counters
    tables      jsonb NOT NULL,         -- table -> pages, rows, when it was analysed
    ground      text NOT NULL           -- hash in plan_ground
);
CREATE INDEX statement_look_newest ON statement_look (target, taken_at DESC);
CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint REFERENCES incident,
    event       text NOT NULL,          -- opened, at_risk, breached, approval_wanted, resolved, reminder
    channel     text NOT NULL,          -- file name on the shelf of channels
    contact     text NOT NULL,          -- key in the settings
    address     text NOT NULL,
    message     jsonb NOT NULL,         -- {"subject", "text", "html"?, "data"}
    once        text NOT NULL UNIQUE,   -- the same telling is never queued twice
    state       text NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'dropped')),
    attempts    integer NOT NULL DEFAULT 0,
    next_at     timestamptz NOT NULL,
    claim       uuid,
    claimed_until timestamptz,
    error       text,
    created_at  timestamptz NOT NULL,
    sent_at     timestamptz
);
CREATE INDEX outbox_incident ON outbox (incident_id, event);
CREATE INDEX outbox_due ON outbox (next_at) WHERE state IN ('queued', 'sending');
CREATE TABLE ack_link (
    token_hash  bytea PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incident,
    contact     text NOT NULL,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);

-- detect -----------------------------------------------------------------------------------------------------
-- By day of its arrival (UTC), so that old ones are dropped with their table and never row by row.
CREATE SEQUENCE signal_id;
CREATE TABLE signal (
    uid         uuid NOT NULL DEFAULT gen_random_uuid(),   -- made by the door: stored again under it, it is stored once
    id          bigint NOT NULL DEFAULT nextval('signal_id'),   -- the order in which they are taken
    source      text NOT NULL,
    received_at timestamptz NOT NULL,
    digest      bytea NOT NULL,         -- of the body before redaction; the same delivery twice shows as such
    body        jsonb NOT NULL,         -- as it came, redacted
    events      jsonb NOT NULL,         -- as its source's parser read it: what intake works on
    taken_at    timestamptz,            -- intake has made alerts of it
    alert_ids   bigint[] NOT NULL DEFAULT '{}',
    fault       text,                   -- why intake could not group it; it was let through as an alert of its own
    PRIMARY KEY (uid, received_at)
) PARTITION BY RANGE (received_at);
ALTER SEQUENCE signal_id OWNED BY signal.id;
CREATE INDEX signal_waiting ON signal (id) WHERE taken_at IS NULL;
CREATE INDEX signal_alerts ON signal USING gin (alert_ids) WHERE alert_ids <> '{}';   -- none while it waits
CREATE TABLE signal_default PARTITION OF signal DEFAULT;   -- a net: for a day that nobody has made
-- The table of one day, with what of it had fallen into the net; false when it is there already.
CREATE FUNCTION make_signal_day(day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    name text := 'signal_' || to_char(day, 'YYYYMMDD');
    since timestamptz := day::timestamp AT TIME ZONE 'UTC';
    until timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE signal INCLUDING DEFAULTS INCLUDING INDEXES)', name);
    LOCK TABLE signal IN SHARE UPDATE EXCLUSIVE MODE;
    LOCK TABLE signal_default IN ACCESS EXCLUSIVE MODE;   -- attaching takes it anyway: to see that it holds none of them
    EXECUTE format('WITH moved AS (DELETE FROM signal_default WHERE received_at >= %L AND received_at < %L RETURNING *)'
                   ' INSERT INTO %I SELECT * FROM moved', since, until, name);
    EXECUTE format('ALTER TABLE signal ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, since, until);
    RETURN true;
END $$;
SELECT make_signal_day((CURRENT_TIMESTAMP AT TIME ZONE 'UTC')::date + ahead) FROM generate_series(0, 1) AS ahead;
CREATE TABLE source_state (
    name        text PRIMARY KEY,
    last_at     timestamptz,
    accepted    bigint NOT NULL DEFAULT 0,
    refused     bigint NOT NULL DEFAULT 0,
    last_refusal text
);
CREATE TABLE source_watch (              -- whether a source talks as it usually does, and is understood
    name        text PRIMARY KEY,
    looked_at   timestamptz NOT NULL,
    watched_since timestamptz NOT NULL, -- looked at without a break
    last_at     timestamptz,            -- heard, as of that look
    gaps        jsonb NOT NULL,         -- seconds between the last deliveries, as looks found them
    silent      boolean NOT NULL,
    refusing    boolean NOT NULL,
    window_at   timestamptz NOT NULL,   -- accepted and refused are the counts of then
    accepted    bigint NOT NULL,
    refused     bigint NOT NULL
);

CREATE TABLE change (                   -- what was altered around a target: what people ask for first at night
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('deploy', 'migration', 'setting', 'other')),
    source      text NOT NULL,          -- key in the settings, or fireline for what its own looks saw
    target      text,                   -- null: it may be about any
    title       text NOT NULL,
    detail      text NOT NULL DEFAULT '',
    by          text NOT NULL DEFAULT '',   -- as the sender calls them
    url         text NOT NULL DEFAULT '',
    not_before  timestamptz CHECK (not_before <= at),   -- set: nobody noted when; it was between that and `at`
    at          timestamptz NOT NULL,   -- when it happened, as told, and never after it was seen
    seen_at     timestamptz NOT NULL,
    once        text NOT NULL UNIQUE,   -- the same change told twice is one
    labels      jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX change_recent ON change (at DESC, id DESC);
CREATE TABLE seen_state (               -- what a target looked like when it was looked at last, to tell what is new
    target      text PRIMARY KEY,
    tried_at    timestamptz NOT NULL,   -- looked at, or tried to
    taken_at    timestamptz,            -- of the last look that got through; null: none has
    state       jsonb                   -- migrations and settings, with the time at which each was read last
);

CREATE TABLE beat (                     -- a job that shows signs of life, and whether it is on time
    name        text PRIMARY KEY,       -- key in the settings, or SOURCE/SLUG for one that a ping has made
    source      text NOT NULL,
    slug        text NOT NULL,
    provisioned boolean NOT NULL,       -- made by a ping and not in the settings
    period      interval NOT NULL,
    grace       interval NOT NULL,
    state       text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'well', 'failed', 'late')),
    since       timestamptz NOT NULL,   -- of the state
    last_at     timestamptz,            -- the newest success or failure
    started_at  timestamptz,            -- a run that has not finished
    rid         text,                   -- what its sender calls that run
    took_ms     bigint,                 -- the last run that told its start
    detail      text NOT NULL DEFAULT '',
    due_at      timestamptz NOT NULL,   -- without a sign until then it is late
    UNIQUE (source, slug)
);
CREATE INDEX beat_due ON beat (due_at) WHERE state IN ('new', 'well');

CREATE TABLE probe (                    -- what Fireline looks at by itself, and how it is
    name        text PRIMARY KEY,       -- key in the settings
    kind        text NOT NULL CHECK (kind IN ('http', 'tcp', 'statuspage', 'target')),
    state       text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'well', 'ailing')),   -- after as many as it takes
    since       timestamptz NOT NULL,   -- of the state
    failures    integer NOT NULL DEFAULT 0,   -- in a row
    successes   integer NOT NULL DEFAULT 0,
    seen        text CHECK (seen IN ('well', 'ailing', 'unknown')),   -- the newest look alone
    checked_at  timestamptz,
    ms          integer,
    late_ms     bigint,                 -- how late that look began
    title       text NOT NULL DEFAULT '',
    detail      text NOT NULL DEFAULT '',
    due_at      timestamptz,            -- null: its looks are taken elsewhere
    lease       text,                   -- who looks now; an answer under another lease is dropped
    lease_until timestamptz
);
CREATE INDEX probe_due ON probe (due_at);
CREATE TABLE probe_result (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    probe       text NOT NULL,
    at          timestamptz NOT NULL,
    state       text NOT NULL CHECK (state IN ('well', 'ailing', 'unknown')),
    ms          integer NOT NULL,
    late_ms     bigint NOT NULL,
    title       text NOT NULL
);
CREATE INDEX probe_result_newest ON probe_result (probe, at DESC);

CREATE TABLE heartbeat (
    name        text PRIMARY KEY,       -- watcher: the one outside that the settings name
    tried_at    timestamptz NOT NULL,   -- one process of many takes each beat
    beaten_at   timestamptz,
    failures    bigint NOT NULL DEFAULT 0,
    error       text
);

-- run --------------------------------------------------------------------------------------------------------
CREATE TABLE procedure_text (
    hash        text PRIMARY KEY,       -- sha256 of the compiled procedure
    revision    text NOT NULL,          -- sha256 of the whole runbook file
    compiled    jsonb NOT NULL,
    stored_at   timestamptz NOT NULL
);
CREATE TABLE run (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint REFERENCES incident,
    procedure   text NOT NULL REFERENCES procedure_text,
    title       text NOT NULL,
    target      text,
    folder      text,                   -- working folder of bash steps
    state       text NOT NULL CHECK (state IN ('running', 'waiting', 'succeeded', 'failed', 'cancelled')),
    reason      text NOT NULL,          -- why this procedure: matched words, or who chose it
    requested_by text NOT NULL,
    parent_run  bigint REFERENCES run,
    parent_step integer,
    revision    bigint NOT NULL DEFAULT 0,   -- raised by every change; release compares it, so no decision is overlooked
    fence       bigint NOT NULL DEFAULT 0,   -- raised by every lease; a late worker's writes carry an old one and fail
    lease_by    text,
    lease_until timestamptz,
    cancel_step integer,               -- a person asked to stop this step; 0 means the whole run
    cancel_by   text,
    cancel_reason text,
    created_at  timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX run_open ON run (id) WHERE state IN ('running', 'waiting');
CREATE INDEX run_incident ON run (incident_id);
CREATE TABLE ledger (
    run_id      bigint NOT NULL REFERENCES run,
    seq         integer NOT NULL,
    at          timestamptz NOT NULL,
    kind        text NOT NULL,
    actor       text NOT NULL,
    payload     jsonb NOT NULL,
    previous    bytea NOT NULL,
    hash        bytea NOT NULL,
    PRIMARY KEY (run_id, seq)
);
CREATE TABLE step (
    run_id      bigint NOT NULL REFERENCES run,
    position    integer NOT NULL,
    key         text NOT NULL,
    title       text NOT NULL,
    kind        text NOT NULL,          -- sql, bash, manual, checklist, decision, call, remedy
    state       text NOT NULL CHECK (state IN ('planned', 'waiting', 'authorised', 'intent', 'running', 'succeeded',
                'failed', 'timed_out', 'cancelled', 'unknown', 'skipped')),
    waits_for   text CHECK (waits_for IN ('approval', 'input', 'clock', 'decision', 'call')),
    level       text,                   -- read, reversible, destructive; null is not yet known
    level_reason text NOT NULL DEFAULT '',
    content     jsonb NOT NULL,         -- the compiled step, or what replaced it
    parameters  jsonb NOT NULL DEFAULT '{}',
    plan        jsonb,                  -- what a remedy would do, with the state it captured
    attempts    integer NOT NULL DEFAULT 0,
    outcome     jsonb,
    wake_at     timestamptz,
    choice      text,                   -- what a person decided: yes, continue, the number of an alternative
    requested_by text NOT NULL,         -- who put this command here: the run's requester, or who replaced it
    replaced    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, position)
);
CREATE TABLE attempt (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id      bigint NOT NULL,
    position    integer NOT NULL,
    number      integer NOT NULL,
    kind        text NOT NULL DEFAULT 'do' CHECK (kind IN ('do', 'undo')),
    state       text NOT NULL CHECK (state IN ('intent', 'running', 'succeeded', 'failed', 'timed_out', 'cancelled', 'unknown')),
    level       text NOT NULL,
    content_hash text NOT NULL,
    approval_id bigint,
    fence       bigint NOT NULL,
    worker      text NOT NULL,
    xid         text,                   -- pg_current_xact_id() of the change, saved before the statement
    server      jsonb,                  -- identity of the target at that time
    plan        jsonb,                  -- state captured before: what undo is built from
    intent_at   timestamptz NOT NULL,
    started_at  timestamptz,
    finished_at timestamptz,
    outcome     jsonb,                  -- exit, rows, error, verdict
    output      text,                   -- redacted, first and last megabyte
    undone_by   bigint REFERENCES attempt,
    progress    jsonb,                  -- how far it is, while it runs: doing, done, total, unit, seconds_left
    FOREIGN KEY (run_id, position) REFERENCES step,
    UNIQUE (run_id, position, number, kind)
);
CREATE TABLE approval (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id      bigint NOT NULL,
    position    integer NOT NULL,
    kind        text NOT NULL DEFAULT 'do' CHECK (kind IN ('do', 'undo')),
    content_hash text NOT NULL,
    shown       jsonb NOT NULL,         -- exactly what the approver reads and the hash is of
    level       text,
    requested_by text NOT NULL,
    asked_at    timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    state       text NOT NULL CHECK (state IN ('asked', 'given', 'rejected', 'expired', 'void', 'used')),
    decided_by  text,
    decided_at  timestamptz,
    door        text,
    reason      text,
    break_glass boolean NOT NULL DEFAULT false,
    FOREIGN KEY (run_id, position) REFERENCES step
);
CREATE INDEX approval_open ON approval (run_id, position) WHERE state IN ('asked', 'given');
CREATE TABLE halt (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    by        text NOT NULL,
    reason    text NOT NULL,
    running   boolean NOT NULL DEFAULT false,   -- also end what runs, not only start nothing more
    at        timestamptz NOT NULL,
    lifted_by text,
    lifted_at timestamptz
);
CREATE TABLE artefact (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attempt_id  bigint REFERENCES attempt,
    incident_id bigint REFERENCES incident,
    target      text,
    kind        text NOT NULL,          -- snapshot
    payload     jsonb NOT NULL,
    made_at     timestamptz NOT NULL
);
CREATE TABLE worker (
    name        text PRIMARY KEY,
    host        text NOT NULL,
    pid         integer NOT NULL,
    labels      jsonb NOT NULL DEFAULT '[]',
    started_at  timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL
);

-- recovery ---------------------------------------------------------------------------------------------------
CREATE TABLE backup (                   -- what was begun; the truth about a whole one is its signed manifest on disk
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL UNIQUE,   -- main-20261123-151200
    target      text NOT NULL,
    database    text NOT NULL,
    state       text NOT NULL CHECK (state IN ('taking', 'whole', 'failed', 'gone')),
    host        text NOT NULL,          -- the machine whose folder it is
    folder      text NOT NULL,
    begun_at    timestamptz NOT NULL,
    ended_at    timestamptz,
    snapshot_at timestamptz,            -- the moment its data is of
    bytes       bigint,
    rows        bigint,
    tables      integer,
    encrypted   boolean NOT NULL DEFAULT false,
    manifest    text,                   -- SHA-256 of the manifest
    signer      text,                   -- fingerprint of the key
    error       text,
    verified_at timestamptz,            -- signature, checksums, archive read to its end
    verified    jsonb,
    proved_at   timestamptz,            -- restored, and its census equal
    proved      jsonb,
    by          text NOT NULL
);
CREATE INDEX backup_target ON backup (target, snapshot_at DESC);
CREATE TABLE restore (                  -- a database that a backup was restored to, beside the one in use
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target      text NOT NULL,
    source      text NOT NULL,          -- a backup's name, or the path of a foreign file
    backup_id   bigint REFERENCES backup,
    database    text NOT NULL,          -- the name in use
    beside      text NOT NULL,          -- the restored database's own name
    token       text NOT NULL UNIQUE,   -- stands in that database's comment: it is ours
    state       text NOT NULL CHECK (state IN ('restoring', 'failed', 'passed', 'differs', 'unchecked', 'swapping', 'swapped', 'dropped')),
    begun_at    timestamptz NOT NULL,
    ended_at    timestamptz,
    snapshot_at timestamptz,            -- the moment its data is of, where that is known
    report      jsonb,                  -- the verdict, what was compared, what differs
    error       text,
    kept        text,                   -- after the swap: the name under which the replaced database is kept
    swap        jsonb,                  -- captured before the swap: settings, ACL and limits of both
    swapped_at  timestamptz,
    keep_until  timestamptz,
    by          text NOT NULL
);
CREATE INDEX restore_target ON restore (target, begun_at DESC);
CREATE TABLE rescue (                   -- rows copied from a database that was replaced into the one in use
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token       text NOT NULL UNIQUE,
    restore_id  bigint NOT NULL REFERENCES restore,
    target      text NOT NULL,
    source      text NOT NULL,          -- the database that has the rows
    destination text NOT NULL,          -- the database that gets them
    state       text NOT NULL CHECK (state IN ('copying', 'done', 'failed', 'undone')),
    server      jsonb NOT NULL,         -- where the transaction id means something
    xid         text NOT NULL,          -- of the one transaction that inserts: its rows bear it
    tables      jsonb,                  -- per table: key, inserted, and which other rows bear the id
    begun_at    timestamptz NOT NULL,
    ended_at    timestamptz,
    by          text NOT NULL
);
CREATE TABLE fence (                    -- application traffic kept away; each way is stored before it is acted on
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token       text NOT NULL UNIQUE,
    target      text NOT NULL,
    database    text NOT NULL,
    level       text NOT NULL CHECK (level IN ('read-only', 'no-new', 'drained', 'closed')),
    state       text NOT NULL CHECK (state IN ('raising', 'up', 'lifting', 'lifted', 'stuck')),
    steps       jsonb NOT NULL,         -- in order: way, captured, acted, verified, undone
    proof       jsonb,                  -- proved, samples, residue, canary
    reason      text NOT NULL,
    raised_at   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    lifted_at   timestamptz,
    lifted_by   text,
    error       text,
    tried_at    timestamptz,            -- when something was last done about it
    told_at     timestamptz,            -- when it was told that it stands longer than it may; NULL again once that is over
    passing     boolean NOT NULL DEFAULT false,   -- for the moments of a swap, beside one that a person may have raised
    by          text NOT NULL
);
CREATE UNIQUE INDEX fence_standing ON fence (target, passing) WHERE state <> 'lifted';

-- review -----------------------------------------------------------------------------------------------------
CREATE TABLE postmortem (
    incident_id bigint PRIMARY KEY REFERENCES incident,
    markdown    text NOT NULL,
    drafted_at  timestamptz NOT NULL,
    edited_at   timestamptz,
    edited_by   text,
    revision    integer NOT NULL DEFAULT 1
);

-- What everyone may be told of: a page listening for changes reads the id of the incident and looks for itself.
CREATE FUNCTION tell_page() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('fireline_page', COALESCE(to_jsonb(NEW) ->> 'incident_id', to_jsonb(NEW) ->> 'id', ''));
    RETURN NULL;
END $$;
CREATE TRIGGER tell_page AFTER INSERT ON timeline FOR EACH ROW EXECUTE FUNCTION tell_page();
CREATE TRIGGER tell_page AFTER INSERT OR UPDATE ON run FOR EACH ROW EXECUTE FUNCTION tell_page();
CREATE FUNCTION tell_page_of_target() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('fireline_page', 'target ' || left(NEW.target, 200));
    RETURN NULL;
END $$;
CREATE TRIGGER tell_page AFTER INSERT ON health FOR EACH ROW EXECUTE FUNCTION tell_page_of_target();
CREATE FUNCTION tell_page_of_recovery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('fireline_page', 'recovery ' || left(NEW.target, 200));
    IF TG_TABLE_NAME <> 'run' THEN
        PERFORM pg_notify('fireline_page', 'target ' || left(NEW.target, 200));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_page AFTER INSERT OR UPDATE ON backup FOR EACH ROW EXECUTE FUNCTION tell_page_of_recovery();
CREATE TRIGGER tell_page AFTER INSERT OR UPDATE ON restore FOR EACH ROW EXECUTE FUNCTION tell_page_of_recovery();
CREATE TRIGGER tell_page AFTER INSERT OR UPDATE ON fence FOR EACH ROW EXECUTE FUNCTION tell_page_of_recovery();
CREATE TRIGGER tell_recovery AFTER INSERT OR UPDATE OF state, revision ON run FOR EACH ROW
    WHEN (NEW.target IS NOT NULL) EXECUTE FUNCTION tell_page_of_recovery();

-- Append-only is the store's promise, not only the program's.
CREATE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON timeline FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();

-- A job in the queue, in one round trip and inside the caller's transaction; asking for what is queued already is no error.
CREATE FUNCTION wake(task text, queue text, once text, key text, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM procrastinate_jobs WHERE queueing_lock = once AND status = 'todo') THEN
        PERFORM procrastinate_defer_jobs_v1(ARRAY[
            ROW(queue, task, 0, NULL, once, jsonb_build_object('key', key), at)::procrastinate_job_to_defer_v1]);
    END IF;
EXCEPTION WHEN unique_violation THEN
    NULL;  -- somebody else asked at the same moment
END $$;

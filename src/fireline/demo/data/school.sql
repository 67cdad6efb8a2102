-- The database of a small school app, as its migrations would have left it. Run by school_owner.
CREATE TABLE users (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email      text NOT NULL,
    name       text NOT NULL,
    role       text NOT NULL CHECK (role IN ('student', 'teacher', 'admin')),
    timezone   text NOT NULL DEFAULT 'UTC',
    created_at timestamptz NOT NULL
);

CREATE TABLE courses (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint NOT NULL,
    title      text NOT NULL,
    term       text NOT NULL,
    UNIQUE (user_id, title, term)
);

CREATE TABLE assignments (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint NOT NULL,
    course_id  bigint NOT NULL,
    title      text NOT NULL CHECK (title <> ''),
    status     text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done', 'late')),
    grade      numeric(4, 1) CHECK (grade BETWEEN 0 AND 100),
    due_at     timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE study_sessions (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id       bigint NOT NULL,
    assignment_id bigint,
    started_at    timestamptz NOT NULL,
    minutes       integer NOT NULL CHECK (minutes > 0)
);

CREATE TABLE admin_actions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    admin_id   bigint NOT NULL,
    action     text NOT NULL,
    details    jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL
);

CREATE TABLE login_history (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint NOT NULL,
    success    boolean NOT NULL,
    ip         inet NOT NULL,
    created_at timestamptz NOT NULL
);

-- Whom the app acts for; it says so at the beginning of each transaction.
CREATE FUNCTION me() RETURNS bigint LANGUAGE sql STABLE SET search_path = '' AS
    $$ SELECT nullif(pg_catalog.current_setting('app.user_id', true), '')::bigint $$;
CREATE FUNCTION am_staff() RETURNS boolean LANGUAGE sql STABLE SET search_path = '' AS
    $$ SELECT pg_catalog.current_setting('app.role', true) IS NOT DISTINCT FROM 'staff' $$;

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE courses ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignments ENABLE ROW LEVEL SECURITY;
ALTER TABLE study_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE admin_actions ENABLE ROW LEVEL SECURITY;
ALTER TABLE login_history ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON users TO school_app USING (id = (SELECT me()));
CREATE POLICY own ON courses TO school_app USING (user_id = (SELECT me()));
CREATE POLICY own ON assignments TO school_app USING (user_id = (SELECT me()));
CREATE POLICY own ON study_sessions TO school_app USING (user_id = (SELECT me()));
CREATE POLICY own ON login_history TO school_app USING (user_id = (SELECT me()));
CREATE POLICY staff ON users FOR SELECT TO school_app USING ((SELECT am_staff()));
CREATE POLICY staff ON courses FOR SELECT TO school_app USING ((SELECT am_staff()));
CREATE POLICY staff ON assignments FOR SELECT TO school_app USING ((SELECT am_staff()));
CREATE POLICY staff ON admin_actions TO school_app USING ((SELECT am_staff()));

GRANT SELECT ON users, courses, assignments, study_sessions, admin_actions, login_history TO school_app;
GRANT INSERT, UPDATE, DELETE ON courses, assignments, study_sessions TO school_app;
GRANT INSERT ON admin_actions, login_history TO school_app;

-- What somebody wrote into the runbook long ago: it looks like a read, and it writes.
CREATE FUNCTION optimize_database() RETURNS text LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
    name text;
    done integer := 0;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename LOOP
        EXECUTE format('ANALYZE %I', name);
        done := done + 1;
    END LOOP;
    RETURN done || ' tables analyzed';
END $$;

-- About 200,000 rows, the same in every demo but for the day they count from.
SELECT setseed(0.42);
INSERT INTO users (email, name, role, timezone, created_at)
SELECT 'user' || n || '@school.example', (ARRAY['Ada', 'Bo', 'Chen', 'Dina', 'Emre', 'Fay', 'Goran', 'Hana'])[1 + n % 8] || ' ' || n,
       CASE WHEN n % 1000 = 1 THEN 'admin' WHEN n % 40 = 2 THEN 'teacher' ELSE 'student' END,
       (ARRAY['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo'])[1 + n % 4],
       current_date - (n % 700) * interval '1 day'
FROM generate_series(1, 5000) AS n;
INSERT INTO courses (user_id, title, term)
SELECT 1 + n % 5000, (ARRAY['Algebra', 'Biology', 'Chemistry', 'History', 'Music', 'Physics', 'Writing'])[1 + (n / 5000) % 7], 'autumn'
FROM generate_series(0, 14999) AS n;
INSERT INTO assignments (user_id, course_id, title, status, grade, due_at, created_at)
SELECT 1 + n % 5000, 1 + n % 15000, 'Task ' || n, CASE WHEN n % 3 = 0 THEN 'done' WHEN n % 17 = 0 THEN 'late' ELSE 'open' END,
       CASE WHEN n % 3 = 0 THEN round((50 + 50 * random())::numeric, 1) END,
       current_date + (n % 60 - 20) * interval '1 day', current_date - (n % 90) * interval '1 day'
FROM generate_series(0, 59999) AS n;
INSERT INTO study_sessions (user_id, assignment_id, started_at, minutes)
SELECT 1 + n % 5000, 1 + n % 60000, current_date - n * interval '13 seconds', 5 + (random() * 90)::integer
FROM generate_series(0, 79999) AS n;
INSERT INTO admin_actions (admin_id, action, details, created_at)
SELECT 1 + 1000 * (n % 5), (ARRAY['grade.change', 'user.suspend', 'course.archive', 'export.run'])[1 + n % 4],
       jsonb_build_object('user', 1 + n % 5000), current_date - n * interval '7 minutes'
FROM generate_series(0, 1999) AS n;
INSERT INTO login_history (user_id, success, ip, created_at)
SELECT 1 + n % 5000, random() > 0.03, ('10.' || n % 200 || '.' || n % 250 || '.' || 1 + n % 250)::inet,
       current_date - n * interval '20 seconds'
FROM generate_series(0, 37999) AS n;

-- Keys and indexes last: the rows come in more than twice as fast.
ALTER TABLE courses ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE assignments ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE assignments ADD FOREIGN KEY (course_id) REFERENCES courses ON DELETE CASCADE;
ALTER TABLE study_sessions ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE study_sessions ADD FOREIGN KEY (assignment_id) REFERENCES assignments ON DELETE SET NULL;
ALTER TABLE admin_actions ADD FOREIGN KEY (admin_id) REFERENCES users;
ALTER TABLE login_history ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
CREATE UNIQUE INDEX users_email ON users (lower(email));
CREATE INDEX assignments_due ON assignments (user_id, due_at);
CREATE INDEX assignments_course ON assignments (course_id);
CREATE INDEX study_sessions_user ON study_sessions (user_id, started_at);
CREATE INDEX study_sessions_assignment ON study_sessions (assignment_id);
CREATE INDEX admin_actions_admin ON admin_actions (admin_id, created_at);
CREATE INDEX admin_actions_recent ON admin_actions (created_at);
CREATE INDEX login_history_user ON login_history (user_id, created_at);
CREATE INDEX login_history_recent ON login_history (created_at);

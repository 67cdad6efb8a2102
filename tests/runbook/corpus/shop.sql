-- The database of target "shop": a small web shop as an application of some years has it. Needs PostgreSQL 18, run as superuser.
-- Reads are linted as shop_oncall, which may read what people on call read and may not see cards.
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop_owner') THEN CREATE ROLE shop_owner NOLOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop_app') THEN CREATE ROLE shop_app LOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop_oncall') THEN CREATE ROLE shop_oncall LOGIN; END IF;
END
$$;
GRANT pg_monitor TO shop_oncall;

CREATE SCHEMA billing AUTHORIZATION shop_owner;
CREATE SCHEMA ops AUTHORIZATION shop_owner;
GRANT CREATE, USAGE ON SCHEMA public TO shop_owner;
SET ROLE shop_owner;

CREATE TYPE order_state AS ENUM ('new', 'paid', 'packed', 'shipped', 'returned', 'cancelled');

CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    display_name text NOT NULL,
    country char(2) NOT NULL DEFAULT 'DE',
    marketing boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);

CREATE TABLE products (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku text NOT NULL UNIQUE,
    title text NOT NULL,
    price_cents integer NOT NULL CHECK (price_cents >= 0),
    stock integer NOT NULL DEFAULT 0,
    active boolean NOT NULL DEFAULT true,
    attributes jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    state order_state NOT NULL DEFAULT 'new',
    total_cents integer NOT NULL DEFAULT 0,
    placed_at timestamptz NOT NULL DEFAULT now(),
    shipped_at timestamptz,
    note text
);
CREATE INDEX orders_customer_id_idx ON orders (customer_id);
CREATE INDEX orders_placed_at_idx ON orders (placed_at);

CREATE TABLE order_items (
    order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
    product_id bigint NOT NULL REFERENCES products,
    quantity integer NOT NULL CHECK (quantity > 0),
    price_cents integer NOT NULL,
    PRIMARY KEY (order_id, product_id)
);

CREATE TABLE sessions (
    token uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id bigint REFERENCES customers,
    user_agent text,
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

CREATE TABLE jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL DEFAULT 'default',
    payload jsonb NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    locked_by text,
    locked_at timestamptz,
    run_at timestamptz NOT NULL DEFAULT now(),
    failed_at timestamptz,
    last_error text
);
CREATE INDEX jobs_ready_idx ON jobs (queue, run_at) WHERE locked_at IS NULL AND failed_at IS NULL;

CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    detail jsonb,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE audit_log_2026_10 PARTITION OF audit_log FOR VALUES FROM ('2026-10-01') TO ('2026-11-01');
CREATE TABLE audit_log_2026_11 PARTITION OF audit_log FOR VALUES FROM ('2026-11-01') TO ('2026-12-01');

CREATE TABLE login_attempts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    ip inet NOT NULL,
    success boolean NOT NULL,
    attempted_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE schema_migrations (version text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());

CREATE TABLE billing.invoices (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES orders,
    number text NOT NULL UNIQUE,
    amount_cents integer NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT now(),
    paid_at timestamptz
);
CREATE TABLE billing.cards (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    provider_token text NOT NULL,
    last4 char(4) NOT NULL
);

CREATE VIEW ops.open_orders AS
    SELECT id, customer_id, state, total_cents, placed_at FROM orders WHERE state IN ('new', 'paid', 'packed');
CREATE VIEW ops.queue_depth AS
    SELECT queue, count(*) AS waiting, min(run_at) AS oldest FROM jobs WHERE locked_at IS NULL AND failed_at IS NULL GROUP BY queue;

CREATE TABLE ops.health_checks (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), ok boolean);

-- A read, and said to be one.
CREATE FUNCTION ops.database_health() RETURNS TABLE (name text, value numeric, ok boolean) LANGUAGE sql STABLE AS $$
    SELECT 'connections', count(*)::numeric, count(*) < 80 FROM pg_stat_activity
$$;
-- It looks like a read, and writes.
CREATE FUNCTION ops.release_stuck_jobs(older_than interval DEFAULT '15 minutes') RETURNS integer LANGUAGE plpgsql AS $$
DECLARE released integer;
BEGIN
    UPDATE jobs SET locked_by = NULL, locked_at = NULL WHERE locked_at < now() - older_than;
    GET DIAGNOSTICS released = ROW_COUNT;
    RETURN released;
END
$$;
CREATE FUNCTION ops.refresh_statistics() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    ANALYZE orders;
    INSERT INTO ops.health_checks (ok) VALUES (true);
END
$$;
CREATE FUNCTION ops.cancel_order(wanted bigint) RETURNS order_state LANGUAGE sql AS $$
    UPDATE orders SET state = 'cancelled' WHERE id = wanted RETURNING state
$$;
RESET ROLE;

GRANT USAGE ON SCHEMA public, ops, billing TO shop_app, shop_oncall;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, billing TO shop_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public, ops TO shop_oncall;
GRANT SELECT ON billing.invoices TO shop_oncall;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO shop_oncall;
REVOKE INSERT, UPDATE, DELETE ON audit_log, schema_migrations FROM shop_oncall;

"""What a swap would lose, bring back to life and miss: one labelled situation for each line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from fireline.errors import NotFound
from fireline.postgres.connect import Target
from fireline.postgres.watch import Progress, Watch
from fireline.recovery.differing import difference
from fireline.redact import Secret
from tests.recovery.twins import Twins, twins
from tests.servers import PATIENTS

SCHEMA = """
CREATE TABLE users (id bigserial PRIMARY KEY, email text, created_at timestamptz, updated_at timestamp);
CREATE TABLE sessions (token uuid PRIMARY KEY DEFAULT gen_random_uuid());
CREATE TABLE user_roles (user_id int, role text, PRIMARY KEY (user_id, role));
CREATE TABLE jobs (id int PRIMARY KEY, state text);
CREATE TABLE orders (id int PRIMARY KEY, total int, old int);
CREATE TABLE schema_migrations (version text PRIMARY KEY);
CREATE SCHEMA cron; CREATE TABLE cron.job (jobid bigint PRIMARY KEY, schedule text, command text, jobname text, active boolean);
CREATE SCHEMA storage; CREATE TABLE storage.objects (id int PRIMARY KEY, bucket_id text);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
CREATE FUNCTION call() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM net.http_post('https://x'); RETURN NEW; END$$;
CREATE FUNCTION gone() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TRIGGER touched AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY mine ON orders USING (true); CREATE VIEW shown AS SELECT id FROM orders; CREATE INDEX old_index ON orders (total);
GRANT SELECT ON orders TO pg_monitor;
INSERT INTO users (email, created_at, updated_at) SELECT 'u' || i, '2020-01-01', '2020-01-01' FROM generate_series(1, 3) i;
INSERT INTO sessions VALUES ('00000000-0000-0000-0000-000000000001'); INSERT INTO user_roles VALUES (1, 'admin');
INSERT INTO jobs VALUES (1, 'queued'), (2, 'queued'); INSERT INTO orders VALUES (1, 1), (2, 2); INSERT INTO schema_migrations VALUES ('1');
CREATE TRIGGER hook AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION call();
INSERT INTO cron.job VALUES (1, '* * * * *', 'SELECT purge()', 'purge', true), (2, '@daily', 'SELECT 2', 'mail', true);
SELECT lo_from_bytea(900001, 'a'), lo_from_bytea(900002, 'b');
"""

# What was done since, the list that tells of it, and the sentences: all there are in `lost` and `back`, if not in `missing`.
Night = list[tuple[str, str, list[str]]]
MADE: Night = [
    ("INSERT INTO users (email, created_at) VALUES ('x', '2026-11-01')", "lost",
     ["public.users: 1 row made since. Such as 4. By their own columns 1 made after the backup.",
      "The sequence public.users_id_seq falls back from 4 to 3: numbers that were given out are given out again."]),
    ("INSERT INTO schema_migrations VALUES ('2')", "lost",
     ["public.schema_migrations: 1 row made since. Such as 2.",
      "A migration noted in public.schema_migrations was applied since: version 2."]),
    ("CREATE TABLE fresh (id int); INSERT INTO fresh VALUES (1)", "lost", ["The table public.fresh was made since; it has 1 row."]),
    ("ALTER TABLE orders ADD phone text; UPDATE orders SET phone = '1' WHERE id = 1", "lost",
     ["The column public.orders.phone was made since.", "public.orders: the column phone is new, and 1 row has a value in it."]),
    ("CREATE INDEX new_index ON orders (total)", "lost", ["The index public.new_index was made since."]),
    ("ALTER TABLE orders ADD CONSTRAINT few CHECK (total < 9)", "lost", ["The constraint few on public.orders was made since."]),
    ("CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 2'", "lost", ["The function public.more() was made since."]),
    ("CREATE OR REPLACE VIEW shown AS SELECT id FROM orders WHERE id > 1", "lost",
     ["The view public.shown was changed since, and is as before there."]),
    ("CREATE TYPE mood AS ENUM ('ok')", "lost", ["The type public.mood was made since."]),
    ("CREATE POLICY theirs ON orders USING (false)", "lost", ["The policy theirs on public.orders was made since."]),
    ("GRANT INSERT ON orders TO pg_monitor", "lost", ["INSERT on public.orders was granted to pg_monitor since."]),
    ("ALTER TABLE sessions OWNER TO pg_monitor", "lost", ["public.sessions belongs to pg_monitor, and to {owner} there."]),
    ("INSERT INTO cron.job VALUES (3, '@hourly', 'SELECT 3', NULL, true)", "lost",
     ["cron.job: 1 row made since. Such as 3.", "The cron job job 3 (@hourly) is not there."]),
    ("SELECT lo_from_bytea(900003, 'c'); SELECT lo_put(900001, 0, 'z')", "lost",
     ["1 large object made since and 1 large object changed since."]),
    ("CREATE PUBLICATION told FOR TABLE orders", "lost", ["The publication told was made since."]),
    ("ALTER DATABASE {live} SET work_mem = '7MB'", "missing",
     ["The settings of the database and of roles in it are not in the restored one: the swap carries it over."]),
    ("CREATE EXTENSION pg_trgm", "missing", ["The extension pg_trgm {trgm} is not there."]),
    ("CREATE SUBSCRIPTION fed CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false)", "missing",
     ["The subscription fed belongs to the present database and stays with it: the restored one receives nothing."]),
    ("SELECT pg_create_logical_replication_slot('sent_{live}', 'pgoutput')", "missing",
     ["The replication slot sent_{live} belongs to the present database and stays with it."]),
]  # fmt: skip
GONE: Night = [
    ("DELETE FROM users WHERE id = 2", "back",
     ["public.users: 1 user deleted since can come in again.", "public.users: 1 row that is not there any more. Such as 2."]),
    ("DELETE FROM user_roles", "back",
     ["public.user_roles: 1 row as before: rights taken away since are given again, and blocks set since are lifted.",
      "public.user_roles: 1 row that is not there any more. Such as 1, ad…."]),
    ("DROP TABLE sessions", "back", ["The table public.sessions was dropped since; it has 1 row."]),
    ('ALTER TABLE jobs RENAME TO "Work"', "lost",
     ['The table public."Work" has its former name public.jobs again: only the name differs, so they were compared as one.']),
    ("ALTER TABLE orders DROP old", "back", ["The column public.orders.old, dropped since, is there again."]),
    ("DROP INDEX old_index", "back", ["The index public.old_index, dropped since, is there again."]),
    ("DROP FUNCTION gone()", "back", ["The function public.gone(), dropped since, is there again."]),
    ("DROP POLICY mine ON orders", "back", ["The policy mine on public.orders, dropped since, is there again."]),
    ("ALTER TABLE orders ENABLE ROW LEVEL SECURITY", "back",
     ["Row level security of public.orders is off there: every role with a grant sees all its rows."]),
    ("ALTER TABLE orders DISABLE TRIGGER touched", "back", ["The trigger touched on public.orders, switched off since, is on again."]),
    ("DROP TRIGGER hook ON orders", "back",
     ["The webhook hook on public.orders, dropped since, is there again, and calls out to the network."]),
    ("REVOKE SELECT ON orders FROM pg_monitor", "back", ["pg_monitor has SELECT on public.orders again, taken away since."]),
    ("DELETE FROM cron.job WHERE jobid = 1", "back",
     ["The cron job purge (* * * * *), deleted or changed since, runs again.", "cron.job: 1 row that is not there any more. Such as 1."]),
    ("SELECT lo_unlink(900002)", "back", ["1 large object deleted since."]),
    ("REVOKE CONNECT ON DATABASE {live} FROM public", "missing", ["Who may connect to the database differs: the swap carries it over."]),
    ("ALTER DATABASE {live} CONNECTION LIMIT 40", "missing", ["The connection limit of the database differs: the swap carries it over."]),
]  # fmt: skip
CHANGED: Night = [
    ("UPDATE users SET email = 'y', updated_at = '2026-11-01' WHERE id = 1", "lost",
     ["public.users: 1 row changed since. Such as 1. By their own columns 1 made or changed after the backup."]),
    ("SELECT 1", "back", ["public.users: 1 user as before: passwords, roles and blocks set since are undone."]),
    ("DELETE FROM sessions", "back",
     ["public.sessions: 1 row as before: sessions, tokens and invitations that were ended since are valid again.",
      "public.sessions: 1 row that is not there any more. Such as 00000000-0000-0000-0000-000000000001."]),
    ("UPDATE jobs SET state = 'done' WHERE id = 1", "back",
     ["public.jobs: 1 row as before: work and messages that were done or sent since may be done or sent again."]),
    ("SELECT 1", "lost", ["public.jobs: 1 row changed since. Such as 1."]),
    ("ALTER TABLE orders ALTER total TYPE bigint", "lost", ["The column public.orders.total was changed since, and is as before there."]),
    ("CREATE OR REPLACE FUNCTION gone() RETURNS int LANGUAGE sql AS 'SELECT 3'", "lost",
     ["The function public.gone() was changed since, and is as before there."]),
    ("DROP POLICY mine ON orders; CREATE POLICY mine ON orders USING (id = 1)", "back",
     ["The policy mine on public.orders is again what it was before it was changed."]),
    ("SELECT 1", "lost", ["The policy mine on public.orders was changed since, and is as before there."]),
    ("ALTER TABLE orders DISABLE TRIGGER hook", "back",
     ["The webhook hook on public.orders, switched off since, is on again, and calls out to the network."]),
    ("REVOKE EXECUTE ON FUNCTION gone() FROM public", "back", ["public has EXECUTE on public.gone() again, taken away since."]),
    ("UPDATE cron.job SET active = false WHERE jobid = 2", "back", ["The cron job mail (@daily), switched off since, runs again."]),
    ("SELECT 1", "lost", ["cron.job: 1 row changed since. Such as 2."]),
]  # fmt: skip
ALWAYS = [
    "Files of Supabase Storage are not in a database: files deleted since stay deleted though their rows are back, and files made since lose theirs.",
    "Roles, their memberships and their passwords are the server's: they stay as they are, and are in no backup of a database.",
]


@pytest.fixture(params=PATIENTS)
def pair(request: pytest.FixtureRequest) -> Iterator[Twins]:
    with twins(request.getfixturevalue(request.param)) as made:
        yield made


@pytest.mark.parametrize("night", [MADE, GONE, CHANGED], ids=["made", "gone", "changed"])
def test_everything_that_was_done_since_is_told_and_nothing_else(pair: Twins, night: Night) -> None:
    pair.sql(SCHEMA)
    pair.part()
    try:
        for done, _, _ in night:
            for statement in done.split("; "):
                pair.sql(statement.replace("{live}", pair.live))
        found = pair.compared(datetime(2026, 1, 1, tzinfo=UTC))
        row = pair.sql(
            "SELECT current_user AS owner, (SELECT default_version FROM pg_available_extensions WHERE name = 'pg_trgm') AS trgm"
        )[0]
    finally:
        _free(pair)
    names = {"{live}": pair.live, "{owner}": row["owner"], "{trgm}": row["trgm"] or ""}
    for part in ("lost", "back", "missing"):
        wanted = {_named(one, names) for _, where, sentences in night if where == part for one in sentences}
        said = {one["says"] for one in found[part]}
        if part == "missing":
            assert {*wanted, *ALWAYS} - said == set()
        else:
            assert said == wanted
        assert [one for one in wanted if f"  {one}\n" not in found["text"] + "\n"] == []
    assert found["unknown"] == []
    json.dumps(found)


def _named(sentence: str, names: dict[str, str]) -> str:
    for key, value in names.items():
        sentence = sentence.replace(key, value)
    return sentence


def _free(pair: Twins) -> None:
    """Take away what holds a database."""
    for row in pair.sql(
        "SELECT s.subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid AND d.datname = current_database()"
    ):
        pair.sql(f"ALTER SUBSCRIPTION {row['subname']} SET (slot_name = NONE)")
        pair.sql(f"DROP SUBSCRIPTION {row['subname']}")
    pair.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()")


def test_of_two_equal_databases_nothing_is_told_but_what_is_always_so(pair: Twins) -> None:
    pair.sql(SCHEMA)
    pair.part()
    told: list[Progress] = []
    watch = Watch(told=told.append)
    found = difference.between(pair.target, pair.live, pair.side, snapshot_at=None, watch=watch)
    assert (found["lost"], found["back"], found["unknown"]) == ([], [], [])
    assert {one["kind"] for one in found["missing"]} == {"storage", "roles"} | (
        {"statistics"} & {one["kind"] for one in found["missing"]}
    )
    assert found["tables"] == {"compared": 8, "equal": 8, "rows": 12}
    assert "WOULD BE LOST\n  Nothing." in found["text"]
    assert told[0].unit == "tables"
    after = difference.between(pair.target, pair.live, pair.side, snapshot_at=None, watch=Watch(), swapped=True)
    assert "CAME BACK TO LIFE\n  Nothing." in after["text"]


def test_whose_an_extensions_views_are_is_no_difference(pair: Twins) -> None:
    pair.sql("CREATE EXTENSION pg_stat_statements; CREATE VIEW mine AS SELECT 1 AS n")
    pair.part()
    for view in ("pg_stat_statements", "mine"):  # as after a restore by another role
        pair.sql(f"ALTER VIEW {view} OWNER TO pg_monitor", database=pair.side)
    assert [one["name"] for one in pair.compared()["lost"]] == ["public.mine"]


def test_what_our_role_may_not_read_is_unknown_and_never_equal(pair: Twins) -> None:
    pair.sql("CREATE TABLE open_table (id int PRIMARY KEY); CREATE TABLE secret (id int PRIMARY KEY); CREATE TABLE hidden (id int PRIMARY KEY);"
             "CREATE SEQUENCE counter; ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; SELECT lo_from_bytea(0, 'a')")  # fmt: skip
    pair.sql(
        "DROP ROLE IF EXISTS looker; CREATE ROLE looker LOGIN PASSWORD 'looker-pw'; GRANT SELECT ON open_table, hidden TO looker"
    )
    try:
        pair.part()
        pair.sql("INSERT INTO secret VALUES (1)")
        dsn = psycopg.conninfo.make_conninfo(pair.target.dsn.reveal(), user="looker", password="looker-pw")
        looker = Twins(Target("main", Secret(dsn)), pair.live, pair.side)
        found = looker.compared()
        said = {one["says"] for one in found["unknown"]}
        assert said == {
            "The rows of public.secret could not be compared: our role may not read it.",
            "The rows of public.hidden could not be compared: row level security hides rows from our role.",
            "Sequence public.counter could not be compared: our role may not see its number.",
            "The content of large objects could not be compared: our role may not read them.",
        }
        assert found["tables"]["compared"] == 1
        assert "NOT KNOWN" in found["text"]
    finally:
        pair.sql("DROP OWNED BY looker")
        pair.sql("DROP OWNED BY looker", database=pair.side)
        pair.sql("DROP ROLE looker")


def test_a_table_that_is_locked_is_unknown_and_the_others_are_told(pair: Twins) -> None:
    pair.sql("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)")
    pair.part()
    pair.sql("INSERT INTO b VALUES (1)")
    with psycopg.connect(pair.target.dsn.reveal()) as conn:
        conn.execute("LOCK TABLE a")
        quick = Twins(Target("main", pair.target.dsn, lock_timeout=timedelta(milliseconds=50)), pair.live, pair.side)
        found = quick.compared()
    assert "The rows of public.a could not be compared: canceling statement due to lock timeout." in [
        one["says"] for one in found["unknown"]
    ]
    assert [one["name"] for one in found["lost"]] == ["public.b"]


def test_what_is_more_than_may_be_read_is_said_to_be_at_least_so_much(pair: Twins) -> None:
    pair.sql("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT i, 1 FROM generate_series(1, 9000) i")
    pair.part()
    pair.sql("UPDATE t SET v = 2")
    found = pair.compared(most=1_000)
    assert found["lost"][0]["complete"] is False
    assert re.search(r"at least [\d,]+ rows \(about [\d,]+\) changed since", found["lost"][0]["says"])


def test_rows_that_are_unlogged_and_tables_without_statistics_are_told(pair: Twins) -> None:
    pair.sql("CREATE UNLOGGED TABLE cache (id int PRIMARY KEY)")
    pair.part()
    pair.sql("INSERT INTO cache VALUES (1)")
    says = pair.says("missing")
    assert "public.cache is unlogged, and its content is not in the backup." in says
    assert any("no statistics until ANALYZE ran" in line for line in says)


def test_a_subscription_of_the_restored_one_that_is_on_is_told(pair: Twins) -> None:
    pair.sql("CREATE TABLE t (id int)")
    pair.part()
    make = "CREATE SUBSCRIPTION {} CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false, slot_name = NONE)"
    pair.sql(make.format("asleep"), database=pair.side)
    try:
        assert "The subscription asleep is in the restored one, switched off." in pair.says("missing")
        pair.sql("UPDATE pg_subscription SET subenabled = true", database=pair.side)
        assert "The subscription asleep is on in the restored one and receives changes already." in pair.says("back")
    finally:
        pair.sql("UPDATE pg_subscription SET subenabled = false", database=pair.side)
        pair.sql("DROP SUBSCRIPTION asleep", database=pair.side)


def test_a_database_that_is_not_there_is_not_found(pair: Twins) -> None:
    with pytest.raises(NotFound, match="has no database nowhere"):
        difference.between(pair.target, pair.live, "nowhere", snapshot_at=None, watch=Watch())

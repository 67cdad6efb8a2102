"""Rows that were made since the backup, copied over after the swap."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st
from pyrage import x25519

from fireline.app.restore_diff import diff
from fireline.errors import FirelineError, Refused
from fireline.incident.people import Actor
from fireline.postgres.cancel import Cancel
from fireline.postgres.connect import Target
from fireline.postgres.watch import Progress, Watch
from fireline.redact import Secret
from fireline.resolve.remedies import rescue as shelf
from fireline.resolve.remedies import swap as swap_shelf
from fireline.run.remedy import Outcome, Plan
from fireline.run.world import World
from fireline.settings import Recovery, Settings
from fireline.store.connect import Store
from tests.hand import hand
from tests.recovery.scene import scene
from tests.recovery.twins import Twins, twins
from tests.servers import PATIENTS

SHOP = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text UNIQUE, moods mood[]);
CREATE TABLE orders (id serial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, total numeric,
    twice numeric GENERATED ALWAYS AS (total * 2) STORED, note jsonb);
CREATE TABLE lines (order_id int REFERENCES orders, line int, what text, PRIMARY KEY (order_id, line));
CREATE TABLE plain (what text);
INSERT INTO users (email, moods) SELECT 'u' || i, '{sad,ok}' FROM generate_series(1, 5) i;
INSERT INTO orders (user_id, total) SELECT i, i FROM generate_series(1, 5) i;
INSERT INTO lines SELECT i, 1, 'thing' FROM generate_series(1, 5) i;
"""
NEW = """
INSERT INTO users (email, moods) VALUES ('new', '{ok}'), ('newer', NULL);
INSERT INTO orders (user_id, total, note) VALUES (6, 60, '{"a": "it''s\\t\\\\ odd"}'), (7, 70, NULL);
INSERT INTO lines VALUES (6, 1, E'a\\tb'), (6, 2, NULL), (7, 1, '');
UPDATE users SET email = 'changed' WHERE id = 1;
"""


@pytest.fixture(params=PATIENTS)
def pair(request: pytest.FixtureRequest) -> Iterator[Twins]:
    with twins(request.getfixturevalue(request.param)) as made:
        yield made


@pytest.fixture
def one(request: pytest.FixtureRequest) -> Iterator[Twins]:
    """On one version, for what no version does otherwise."""
    with twins(request.getfixturevalue(PATIENTS[0])) as made:
        yield made


def planned(store: Store, pair: Twins, state: str = "swapped", **given: Any) -> Plan:
    """The plan, as it comes back from the store."""
    restore = str(pair.row(store, state))
    plan = shelf.remedy.plan(pair.target, shelf.Rescue(restore=restore, **given), hand(store))
    return Plan(plan.summary, plan.effect, plan.undo, plan.level, json.loads(json.dumps(plan.captured)))


def rescued(store: Store, pair: Twins, **given: Any) -> tuple[Plan, Outcome]:
    plan = planned(store, pair, **given)
    done = shelf.remedy.do(pair.target, plan, hand(store))
    assert done.ok
    return plan, done


def undone(store: Store, pair: Twins, plan: Plan) -> Outcome:
    assert shelf.remedy.undo is not None
    return shelf.remedy.undo(pair.target, plan, hand(store))


def content(pair: Twins, database: str) -> list[Any]:
    return [
        pair.sql(f"SELECT t::text AS row FROM {table} t ORDER BY 1", database=database)
        for table in ("users", "orders", "lines")
    ]


def test_new_rows_are_copied_with_their_keys_and_what_refers_to_them_and_the_undo_takes_them_away_again(
    store: Store, pair: Twins
) -> None:
    pair.sql(SHOP)
    pair.part()
    pair.sql(NEW)
    before = content(pair, pair.side)
    pair.sql(f"COMMENT ON DATABASE {pair.live} IS 'fireline kept x: replaced'", database="postgres")
    pair.sql(f"ALTER DATABASE {pair.live} WITH ALLOW_CONNECTIONS false CONNECTION LIMIT 0", database="postgres")
    plan, done = rescued(store, pair)
    assert plan.level == "reversible"
    assert "Copy 7 rows of 3 tables" in plan.summary
    assert "1 rows that differ on both sides are left as they are" in plan.effect
    assert "public.users: 1 rows that both have" in plan.captured["left_out"][0]["what"]
    assert done.facts["inserted"] == 7
    assert shelf.remedy.verify(pair.target, plan, hand(store)).ok is True
    closed = pair.sql(
        "SELECT datallowconn, datconnlimit FROM pg_database WHERE datname = %s", database="postgres", values=[pair.live]
    )
    assert list(closed[0].values()) == [False, 0]
    pair.sql(f"ALTER DATABASE {pair.live} WITH ALLOW_CONNECTIONS true CONNECTION LIMIT -1", database="postgres")
    assert content(pair, pair.side)[1:] == content(pair, pair.live)[1:]
    pair.sql("INSERT INTO users (email) VALUES ('after'); INSERT INTO orders (user_id) VALUES (8)", database=pair.side)
    assert pair.sql("SELECT max(id) AS n FROM orders", database=pair.side) == [{"n": 8}]
    pair.sql("DELETE FROM orders WHERE id = 8; DELETE FROM users WHERE id = 8", database=pair.side)
    back = undone(store, pair, plan)
    assert back.facts["deleted"] == 7
    assert content(pair, pair.side) == before
    with pytest.raises(Refused, match="undone already"):
        undone(store, pair, plan)


def test_what_was_changed_or_is_referred_to_since_stays_at_the_undo(store: Store, pair: Twins) -> None:
    pair.sql(SHOP)
    pair.part()
    pair.sql(NEW)
    plan, _ = rescued(store, pair)
    pair.sql(
        "UPDATE lines SET what = 'mine' WHERE order_id = 7; INSERT INTO orders (user_id) VALUES (6)", database=pair.side
    )
    back = undone(store, pair, plan)
    left = {one["table"]: (one["deleted"], one["changed"], one["referred"]) for one in back.facts["tables"]}
    assert left == {"public.lines": (2, 1, 0), "public.orders": (1, 0, 1), "public.users": (0, 0, 2)}
    assert pair.sql("SELECT id FROM orders WHERE id > 5 ORDER BY 1", database=pair.side) == [{"id": 7}, {"id": 8}]


def test_rows_whose_value_is_taken_and_rows_whose_parent_is_nowhere_are_left_out_and_counted(
    store: Store, pair: Twins
) -> None:
    pair.sql(SHOP)
    pair.part()
    pair.sql(NEW)
    pair.sql("INSERT INTO users (id, email) OVERRIDING SYSTEM VALUE VALUES (99, 'newer')", database=pair.side)
    _, done = rescued(store, pair)
    told = {one["table"]: (one["inserted"], one["taken"], one["orphans"]) for one in done.facts["tables"]}
    assert told == {"public.users": (1, 1, 0), "public.orders": (1, 0, 1), "public.lines": (2, 0, 1)}
    assert "1 not copied, as another row has the same unique value" in done.summary
    assert "1 not copied, as the row they refer to is not there" in done.summary


def test_rings_of_foreign_keys_are_inserted_and_deleted_at_once(store: Store, pair: Twins) -> None:
    pair.sql("""
        CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b; CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree)""")
    pair.part()
    pair.sql("""
        ALTER TABLE a DISABLE TRIGGER ALL; INSERT INTO a VALUES (1, 1); ALTER TABLE a ENABLE TRIGGER ALL; INSERT INTO b VALUES (1, 1);
        INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2), (4, 4)""")
    plan, done = rescued(store, pair)
    assert done.facts["inserted"] == 6
    assert undone(store, pair, plan).facts["deleted"] == 6


def test_triggers_run_unless_told_otherwise_and_are_then_on_as_before(store: Store, pair: Twins) -> None:
    pair.sql("""
        CREATE TABLE log (what int); CREATE TABLE t (id int PRIMARY KEY, of int); INSERT INTO t VALUES (1, 0);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN INSERT INTO log VALUES (NEW.id); UPDATE t SET of = of + 1 WHERE id = 1; RETURN NULL; END$$;
        CREATE TRIGGER one AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
        CREATE TRIGGER off AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
        ALTER TABLE t ENABLE ALWAYS TRIGGER one; ALTER TABLE t DISABLE TRIGGER off""")
    pair.part()
    pair.sql("INSERT INTO t VALUES (2, 0), (3, 0)")
    pair.sql("TRUNCATE log; UPDATE t SET of = 0", database=pair.live)
    plan, _ = rescued(store, pair)
    assert "triggers run" in plan.effect
    assert pair.sql("SELECT count(*) AS n FROM log", database=pair.side) == [{"n": 2}]
    assert undone(store, pair, plan).facts["deleted"] == 2
    assert pair.sql("SELECT id, of FROM t", database=pair.side) == [{"id": 1, "of": 2}], (
        "it touched a row that was there"
    )
    pair.sql("TRUNCATE log", database=pair.side)
    plan, _ = rescued(store, pair, triggers=False)
    assert "switched off" in plan.effect
    assert pair.sql("SELECT count(*) AS n FROM log", database=pair.side) == [{"n": 0}]
    modes = pair.sql(
        "SELECT tgname::text, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1", database=pair.side
    )
    assert [tuple(one.values()) for one in modes] == [("off", "D"), ("one", "A")]


@pytest.mark.parametrize("sealed", [False, True])
def test_rows_that_differ_are_replaced_when_asked_for_and_the_undo_gives_them_back(
    store: Store, one: Twins, tmp_path: Path, sealed: bool
) -> None:
    identity = x25519.Identity.generate()
    keys = {"encrypt": [str(identity.to_public())], "identity": Secret(str(identity))} if sealed else {}
    settings = Settings(recovery=Recovery(folder=tmp_path, **keys))
    one.sql(SHOP)
    one.part()
    one.sql(
        "UPDATE users SET email = 'kept ' || id, moods = '{ok}' WHERE id < 4; UPDATE lines SET what = 'kept' WHERE order_id = 1"
    )
    one.sql("UPDATE users SET email = 'mine' WHERE id = 2", database=one.side)
    before = content(one, one.side)
    plan = planned(store, one, changed="take")
    assert plan.level == "destructive"
    assert "replace 4 that differ" in plan.summary
    done = shelf.remedy.do(one.target, plan, hand(store, settings))
    assert done.facts["replaced"] == 4
    assert content(one, one.side) == content(one, one.live)
    files = list((tmp_path / "rescues").iterdir())
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]
    assert any(b"mine" in file.read_bytes() for file in files) is not sealed
    one.sql("UPDATE users SET email = 'newest' WHERE id = 3", database=one.side)
    assert shelf.remedy.undo is not None
    back = shelf.remedy.undo(one.target, plan, hand(store, settings))
    assert "3 replaced rows are what they were; 1 replaced rows left" in back.summary
    one.sql("UPDATE users SET email = 'u3', moods = '{sad,ok}' WHERE id = 3", database=one.side)
    assert content(one, one.side) == before


def test_before_the_swap_rows_of_the_database_in_use_can_be_copied_into_the_restored_one(
    store: Store, one: Twins
) -> None:
    one.sql(SHOP)
    one.part()
    one.sql(NEW)
    with pytest.raises(Refused, match="was not swapped in"):
        planned(store, one, "passed")
    plan = planned(store, one, "passed", into_restored=True, tables=["users", "public.orders"])
    assert [part["table"] for part in plan.captured["parts"]] == ["public.orders", "public.users"]
    assert shelf.remedy.do(one.target, plan, hand(store)).facts["inserted"] == 4
    assert one.sql("SELECT count(*) AS n FROM orders", database=one.side) == [{"n": 7}]


def test_what_can_not_be_copied_is_left_out_with_the_reason(store: Store, one: Twins) -> None:
    one.sql(SHOP)
    one.part()
    one.sql(NEW + "INSERT INTO plain VALUES ('a'); CREATE TABLE fresh (id int PRIMARY KEY); INSERT INTO fresh VALUES (1);"
                  "ALTER TABLE users ADD COLUMN phone text")  # fmt: skip
    plan = planned(store, one)
    left = {line["what"]: line["why"] for line in plan.captured["left_out"]}
    assert left["public.plain"] == "1 rows differ, and it has no key that tells rows apart"
    assert left["public.fresh"] == f"{one.side} has no such table"
    assert "not copied: phone" in next(
        part["why"] for part in plan.captured["parts"] if part["table"] == "public.users"
    )
    with pytest.raises(Refused, match="there is no table nowhere"):
        planned(store, one, tables=["nowhere"])
    with pytest.raises(Refused, match="has no row to copy"):
        planned(store, one, tables=["plain"])


def test_nothing_is_copied_when_one_table_refuses(store: Store, one: Twins) -> None:
    one.sql(SHOP)
    one.part()
    one.sql(NEW)
    plan = planned(store, one)
    one.sql("ALTER TABLE lines ADD CHECK (order_id < 6) NOT VALID", database=one.side)
    before = content(one, one.side)
    with pytest.raises(Refused, match="nothing was copied: new row for relation"):
        shelf.remedy.do(one.target, plan, hand(store))
    assert content(one, one.side) == before
    assert shelf.remedy.verify(one.target, plan, hand(store)).ok is False
    with pytest.raises(Refused, match="nothing was copied, so nothing is to be undone"):
        undone(store, one, plan)
    one.sql("ALTER TABLE lines DROP CONSTRAINT lines_order_id_check", database=one.side)
    assert shelf.remedy.do(one.target, plan, hand(store)).ok, "the same plan may be tried again"


def test_a_worker_that_died_leaves_word_of_what_became_of_it(store: Store, one: Twins) -> None:
    one.sql(SHOP)
    one.part()
    one.sql(NEW)
    plan = planned(store, one)
    assert shelf.remedy.verify(one.target, plan, hand(store)).ok is False
    shelf.remedy.do(one.target, plan, hand(store))
    with store.transaction() as conn:
        conn.execute("UPDATE rescue SET state = 'copying', ended_at = NULL")
    with pytest.raises(Refused, match="begun already"):
        shelf.remedy.do(one.target, plan, hand(store))
    assert shelf.remedy.verify(one.target, plan, hand(store)).ok is True
    assert undone(store, one, plan).facts["deleted"] == 7


def test_rows_made_since_the_plan_are_copied_too_and_said(store: Store, one: Twins) -> None:
    one.sql(SHOP)
    one.part()
    one.sql(NEW)
    plan = planned(store, one)
    one.sql("INSERT INTO users (email) VALUES ('late')")
    done = shelf.remedy.do(one.target, plan, hand(store))
    assert "public.users: 1 more than when it was planned" in done.summary


def test_names_of_any_kind_and_partitions_are_no_hindrance(store: Store, pair: Twins) -> None:
    pair.sql("""
        CREATE SCHEMA "Odd {}"; CREATE TYPE "Odd {}"."Col%or" AS ENUM ('a', 'b');
        CREATE TABLE "Odd {}"."100% ""sure"" x" ("K'ey" "Odd {}"."Col%or", "created_at" timestamptz, PRIMARY KEY ("K'ey"));
        CREATE TABLE parts (id int, at date, color "Odd {}"."Col%or" REFERENCES "Odd {}"."100% ""sure"" x", PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE early PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
        CREATE TABLE late PARTITION OF parts FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
        INSERT INTO "Odd {}"."100% ""sure"" x" VALUES ('a', now()); INSERT INTO parts VALUES (1, '2026-01-01', 'a')""")
    pair.part()
    pair.sql("""
        INSERT INTO "Odd {}"."100% ""sure"" x" VALUES ('b', now()); INSERT INTO parts VALUES (2, '2026-01-01', 'b'), (3, '2026-02-01', 'b')""")
    found = pair.compared(datetime(2026, 1, 1, tzinfo=UTC))
    assert found["unknown"] == []
    assert {one["name"] for one in found["lost"]} == {'"Odd {}"."100% ""sure"" x"', "public.parts"}
    plan, done = rescued(store, pair)
    assert done.facts["inserted"] == 3
    assert pair.sql("SELECT count(*) AS n FROM late", database=pair.side) == [{"n": 1}]
    assert undone(store, pair, plan).facts["deleted"] == 3
    assert pair.sql("SELECT count(*) AS n FROM parts", database=pair.side) == [{"n": 1}]


def test_the_owner_of_the_databases_need_be_no_superuser(store: Store, one: Twins) -> None:
    one.sql("DROP ROLE IF EXISTS keeper; CREATE ROLE keeper LOGIN PASSWORD 'keeper-pw'")
    try:
        one.sql(f"ALTER DATABASE {one.live} OWNER TO keeper")
        dsn = psycopg.conninfo.make_conninfo(one.target.dsn.reveal(), user="keeper", password="keeper-pw")
        one.sql(
            "SET ROLE keeper; CREATE SCHEMA own; CREATE TABLE own.t (id int PRIMARY KEY); INSERT INTO own.t VALUES (1)"
        )
        one.part()
        one.sql(f"ALTER DATABASE {one.side} OWNER TO keeper", database="postgres")
        one.sql("INSERT INTO own.t VALUES (2)")
        one.sql(f"COMMENT ON DATABASE {one.live} IS 'fireline kept x: replaced'", database="postgres")
        one.sql(f"ALTER DATABASE {one.live} WITH ALLOW_CONNECTIONS false CONNECTION LIMIT 0", database="postgres")
        owned = Twins(Target("main", Secret(dsn)), one.live, one.side)
        plan, done = rescued(store, owned, triggers=False)
        assert done.facts["inserted"] == 1
        closed = one.sql(
            "SELECT datallowconn, datconnlimit FROM pg_database WHERE datname = %s",
            database="postgres",
            values=[one.live],
        )
        assert list(closed[0].values()) == [False, 0]
        assert undone(store, owned, plan).facts["deleted"] == 1
    finally:
        one.sql(f"ALTER DATABASE {one.live} WITH ALLOW_CONNECTIONS true CONNECTION LIMIT -1", database="postgres")
        for name in (one.live, one.side):
            one.sql("REASSIGN OWNED BY keeper TO CURRENT_USER; DROP OWNED BY keeper", database=name)
        one.sql("DROP ROLE keeper", database="postgres")


def test_what_is_cancelled_copies_nothing(store: Store, one: Twins) -> None:
    one.sql(SHOP)
    one.part()
    one.sql(NEW)
    plan = planned(store, one)
    before, cancel = content(one, one.side), Cancel()
    watching = hand(store)
    told: list[Progress] = []

    def stop(progress: Progress) -> None:
        told.append(progress)
        cancel.asked = True

    with pytest.raises(FirelineError, match="cancel"):
        shelf.remedy.do(one.target, plan, replace(watching, watch=Watch(cancel, stop)))
    assert told[0].doing == "copying rows of public.lines"
    assert content(one, one.side) == before
    assert shelf.remedy.verify(one.target, plan, hand(store)).ok is False


@tries(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kept=st.dictionaries(st.integers(1, 12), st.integers(1, 12), max_size=12),
    now=st.dictionaries(st.integers(1, 12), st.integers(1, 12), max_size=12),
    sides=st.tuples(st.sets(st.integers(1, 12)), st.sets(st.integers(1, 12))),
)
def test_whatever_differs_each_row_that_can_come_comes_and_the_undo_is_exact(
    woven: tuple[Store, Twins], kept: dict[int, int], now: dict[int, int], sides: tuple[set[int], set[int]]
) -> None:
    store, pair = woven
    for database, boss, others in ((pair.live, kept, sides[0]), (pair.side, now, sides[1])):
        staff = {key: up if up in boss else None for key, up in boss.items()}
        pair.sql("TRUNCATE staff CASCADE", database=database)
        rows = ", ".join(
            f"({key}, {'NULL' if up is None else up}, {key * 100 + (up or 0)})" for key, up in staff.items()
        )
        pair.sql(f"INSERT INTO staff VALUES {rows}" if rows else "SELECT 1", database=database)
        seats = ", ".join(f"({key}, {key})" for key in sorted(others & boss.keys()))
        pair.sql(f"INSERT INTO seats VALUES {seats}" if seats else "SELECT 1", database=database)
    before = [pair.sql(f"SELECT * FROM {table} ORDER BY 1", database=pair.side) for table in ("staff", "seats")]
    wanted = set(kept) - set(now)
    try:
        plan = planned(store, pair)
    except Refused:
        assert not wanted
        assert not (sides[0] & kept.keys()) - (sides[1] & now.keys())
        return
    done = shelf.remedy.do(pair.target, plan, hand(store))
    found = {row["id"] for row in pair.sql("SELECT id FROM staff", database=pair.side)}
    assert found == set(now) | wanted, done.summary
    seats_now = {row["id"] for row in pair.sql("SELECT id FROM seats", database=pair.side)}
    assert seats_now == (sides[0] & kept.keys()) | (sides[1] & now.keys())
    undone(store, pair, plan)
    assert [pair.sql(f"SELECT * FROM {table} ORDER BY 1", database=pair.side) for table in ("staff", "seats")] == before


@pytest.fixture
def woven(one: Twins, store: Store) -> tuple[Store, Twins]:
    """A table that refers to itself, and one that refers to it, in both."""
    one.sql("""
        CREATE TABLE staff (id int PRIMARY KEY, boss int REFERENCES staff, badge int UNIQUE);
        CREATE TABLE seats (id int PRIMARY KEY, of int NOT NULL REFERENCES staff)""")
    one.part()
    return store, one


@pytest.mark.parametrize("version", PATIENTS)
def test_after_a_real_swap_the_orders_made_since_the_backup_are_found_and_copied(
    store: Store, request: pytest.FixtureRequest, version: str
) -> None:
    with scene(store, request.getfixturevalue(version)) as shop:
        beforehand = diff(
            Actor("ada"), World(Settings(), store, {shop.target.name: shop.target}, dict), restore="latest"
        )
        assert beforehand["swapped"] is False
        swapping = swap_shelf.remedy.plan(
            shop.target, swap_shelf.remedy.parameters.model_validate({"restore": "latest"}), hand(store)
        )
        kept = swap_shelf.remedy.do(shop.target, swapping, hand(store)).facts["kept"]
        closed = shop.there(kept)
        found = diff(Actor("ada"), World(Settings(), store, {shop.target.name: shop.target}, dict), restore="latest")
        assert "public.orders: 3 rows made since" in found["text"]
        assert "WAS LOST" in found["text"]
        plan = shelf.remedy.plan(shop.target, shelf.Rescue(restore="latest"), hand(store))
        assert (plan.captured["source"], plan.captured["into"]) == (kept, shop.live)
        assert shelf.remedy.do(shop.target, plan, hand(store)).facts["inserted"] == 3
        assert shop.orders() == list(range(1, 11))
        assert shop.there(kept) == closed, "it was opened to be read, and is closed as before"
        assert shelf.remedy.undo is not None
        shelf.remedy.undo(shop.target, plan, hand(store))
        assert shop.orders() == list(range(1, 8))

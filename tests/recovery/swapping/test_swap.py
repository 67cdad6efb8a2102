"""The swap: both renames or neither, everything that stands on the database carried over exactly, and the way back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from fireline.errors import NotFound, Refused
from fireline.recovery.swapping.settling import recover
from fireline.redact import Secret
from fireline.resolve.remedies import swap as shelf
from fireline.resolve.swapping import Swap
from fireline.run.remedy import Plan
from fireline.settings import SupabaseSettings
from fireline.store.connect import Store
from tests.hand import hand
from tests.recovery.scene import PASSWORD, Scene, scene
from tests.recovery.traffic import Writers
from tests.servers import PATIENTS


@pytest.fixture(params=PATIENTS)
def shop(request: pytest.FixtureRequest, store: Store) -> Iterator[Scene]:
    """A database in use and a restored one, on each version."""
    with scene(store, request.getfixturevalue(request.param)) as made:
        yield made


@pytest.fixture
def one(store: Store, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """The same on one version, for what no version does otherwise."""
    with scene(store, request.getfixturevalue(PATIENTS[0])) as made:
        yield made


def planned(shop: Scene, **given: Any) -> Plan:
    """The plan, as it comes back from the store."""
    plan = shelf.remedy.plan(shop.target, Swap(restore="latest", **given), hand(shop.store))
    return Plan(plan.summary, plan.effect, plan.undo, plan.level, json.loads(json.dumps(plan.captured)))


def test_the_restored_database_takes_the_place_with_all_that_stood_on_the_one_before(shop: Scene) -> None:
    before, side = shop.there(shop.live), shop.there(shop.side)
    plan = planned(shop)
    assert shop.there(shop.side) == side, "the rehearsal left something"
    assert "always" not in json.dumps(plan.captured), "the value of a setting may be a secret"
    done = shelf.remedy.do(shop.target, plan, hand(shop.store))
    assert done.ok, done.summary
    now = shop.there(shop.live)
    assert now.oid == side.oid
    assert now == before.but(oid=side.oid)
    assert shop.orders() == list(range(1, 8))
    assert shop.standing(shop.side) is None
    kept = shop.there(done.facts["kept"])
    assert (kept.oid, kept.limit, kept.allows) == (before.oid, 0, False)
    assert kept.acl == before.acl
    assert kept.settings == before.settings
    assert kept.comment is not None
    assert shop.token in kept.comment
    assert shop.live in kept.comment
    assert shelf.remedy.verify(shop.target, plan, hand(shop.store)).ok is True
    row = shop.row()
    assert (row["state"], row["kept"]) == ("swapped", kept.name)
    assert row["keep_until"] - row["swapped_at"] > timedelta(days=6)
    assert "always" not in json.dumps(row["swap"])
    assert shop.orders(kept.name) == list(range(1, 11))


def test_the_undo_brings_the_database_from_before_back_exactly_and_twice_is_harmless(shop: Scene) -> None:
    before, side = shop.there(shop.live), shop.there(shop.side)
    plan = planned(shop)
    shelf.remedy.do(shop.target, plan, hand(shop.store))
    with psycopg.connect(shop.app_dsn(), autocommit=True) as conn:
        conn.execute("INSERT INTO orders VALUES (100, 'after the swap')")
    assert shelf.remedy.undo is not None
    undone = shelf.remedy.undo(shop.target, plan, hand(shop.store))
    assert undone.ok
    assert shop.side in undone.summary
    assert shop.there(shop.live) == before
    assert shop.there(shop.side) == side
    assert shop.orders() == list(range(1, 11))
    assert shop.orders(shop.side) == [*range(1, 8), 100]
    row = shop.row()
    assert (row["state"], row["kept"], row["swapped_at"], row["keep_until"]) == ("passed", None, None, None)
    again = shelf.remedy.undo(shop.target, plan, hand(shop.store))
    assert again.ok
    assert "already" in again.summary
    assert shelf.remedy.verify(shop.target, plan, hand(shop.store)).ok is False
    assert shelf.remedy.do(shop.target, planned(shop), hand(shop.store)).ok, "it can be swapped again"


@pytest.mark.parametrize("version", PATIENTS)
def test_no_write_is_acknowledged_and_then_missing(store: Store, request: pytest.FixtureRequest, version: str) -> None:
    with scene(store, request.getfixturevalue(version), plain=True) as shop:
        plan, undo = planned(shop), shelf.remedy.undo
        assert undo is not None
        with Writers(shop.app_dsn()) as writers:
            for _ in range(3):
                writers.more()
                done = shelf.remedy.do(shop.target, plan, hand(store))
                writers.more()
                kept, now = shop.orders(done.facts["kept"]), shop.orders()
                undo(shop.target, plan, hand(store))
            writers.more()
        assert writers.turned_away
        old, beside = set(shop.orders()), set(shop.orders(shop.side))
        assert writers.acknowledged <= old | beside
        assert set(range(1, 11)) | set(kept) <= old, "the undo brings the old one back with every row"
        assert set(now) <= beside, "what was written to the restored one stays in it"
        assert not {number for number in old & beside if number > 1000}


def test_a_limit_and_rights_of_a_fence_go_over_and_can_be_lifted_afterwards(one: Scene) -> None:
    before = one.there(one.live)
    it = sql.Identifier(one.live)
    one.outside(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT 0").format(it))
    one.outside(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM {} CASCADE").format(it, sql.Identifier(one.app)))
    one.outside(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only TO on").format(it))
    fenced, plan = one.there(one.live), planned(one)
    done = shelf.remedy.do(one.target, plan, hand(one.store))
    assert one.there(one.live) == fenced.but(oid=plan.captured["side"]["oid"])
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(one.app_dsn())
    one.outside(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT 40").format(it))
    one.outside(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(it))
    assert shelf.remedy.undo is not None
    shelf.remedy.undo(one.target, plan, hand(one.store))
    back = one.there(one.live)
    assert back.oid == before.oid
    assert back.limit == 40, "the fence was lifted since, so it does not come back with the old database"
    assert back.settings == before.settings
    assert done.facts["kept"] not in (row[0] for row in one.outside("SELECT datname FROM pg_database"))


def test_a_database_that_was_closed_before_is_closed_afterwards(one: Scene) -> None:
    plan = planned(one)
    one.outside(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(one.live)))
    assert shelf.remedy.do(one.target, plan, hand(one.store)).ok
    now = one.there(one.live)
    assert (now.oid, now.allows) == (plan.captured["side"]["oid"], False)
    assert shelf.remedy.verify(one.target, plan, hand(one.store)).ok is True


@pytest.mark.parametrize("name", ["Quo\"ted 'one'", "Läden_日本", "UPPER", "with %s {} and $1", "n" * 40 + "ö" * 2])
def test_odd_names_are_names(store: Store, request: pytest.FixtureRequest, name: str) -> None:
    with scene(store, request.getfixturevalue(PATIENTS[0]), name=name) as shop:
        before, plan = shop.there(shop.live), planned(shop)
        done = shelf.remedy.do(shop.target, plan, hand(store))
        assert shop.there(shop.live).oid == plan.captured["side"]["oid"]
        assert len(done.facts["kept"].encode()) <= 63
        assert "_before_" in done.facts["kept"]
        assert shelf.remedy.undo is not None
        shelf.remedy.undo(shop.target, plan, hand(store))
        assert shop.there(shop.live) == before


def test_rights_that_are_the_usual_ones_stay_unwritten(store: Store, request: pytest.FixtureRequest) -> None:
    with scene(store, request.getfixturevalue(PATIENTS[-1]), plain=True) as shop:
        assert shop.there(shop.live).acl is None
        shop.outside(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(*map(sql.Identifier, (shop.side, shop.app))))
        assert shop.there(shop.side).acl is not None
        shelf.remedy.do(shop.target, planned(shop), hand(store))
        assert shop.there(shop.live).acl is None
        shop.outside(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(shop.app)))  # nothing is left that names it


def test_sessions_in_both_are_ended_and_named_beforehand(one: Scene) -> None:
    with (
        psycopg.connect(one.app_dsn(), application_name="web") as web,
        psycopg.connect(make_conninfo(one.url, dbname=one.side), application_name="somebody looks"),
    ):
        web.execute("INSERT INTO orders VALUES (500, 'not committed')")
        plan = planned(one)
        assert "1 session in" in plan.effect
        assert "and 1 in" in plan.effect
        assert {entry["application"] for entry in plan.captured["sessions"]} == {"web", "somebody looks"}
        shelf.remedy.do(one.target, plan, hand(one.store))
        with pytest.raises(psycopg.OperationalError):
            web.execute("SELECT 1")
        web.close()


@pytest.mark.parametrize(
    ("state", "says"), [("differs", "it differs"), ("unchecked", "nothing to compare"), ("failed", "it is failed")]
)
def test_what_is_not_proved_wants_a_reason(store: Store, request: pytest.FixtureRequest, state: str, says: str) -> None:
    with scene(store, request.getfixturevalue(PATIENTS[0]), state=state) as shop:
        given = Swap(restore=str(shop.restore))
        with pytest.raises(Refused, match=says):
            shelf.remedy.plan(shop.target, given, hand(store))
        accepted = given.model_copy(update={"accept": "the only one there is"})
        if state == "failed":
            with pytest.raises(Refused, match=says):
                shelf.remedy.plan(shop.target, accepted, hand(store))
            return
        plan = shelf.remedy.plan(shop.target, accepted, hand(store))
        assert plan.captured["accepted"] == "the only one there is"
        shelf.remedy.do(shop.target, plan, hand(store))
        assert shop.row()["swap"]["accepted"] == "the only one there is"


def test_what_stands_in_the_way_is_named_with_what_to_do(one: Scene) -> None:
    with psycopg.connect(one.target.dsn.reveal()) as conn:
        conn.execute("INSERT INTO orders VALUES (77, 'prepared')")
        conn.execute("PREPARE TRANSACTION 'two''phase'")
        conn.rollback()
    with pytest.raises(Refused, match=r"a prepared transaction in .*two'phase") as no:
        planned(one)
    assert "ROLLBACK PREPARED 'two''phase';" in str(no.value.hint)
    one.inside(one.live, "ROLLBACK PREPARED 'two''phase'")
    one.inside(one.live, "SELECT pg_create_logical_replication_slot('to_search', 'pgoutput')")
    with pytest.raises(Refused, match=r"a logical replication slot of .*to_search") as no:
        planned(one)
    assert "SELECT pg_drop_replication_slot('to_search')" in str(no.value.hint)
    one.inside(one.live, "SELECT pg_drop_replication_slot('to_search')")
    one.inside(
        one.live,
        "CREATE SUBSCRIPTION \"From there\" CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p WITH (connect = false)",
    )
    try:
        assert any("disabled" in note for note in planned(one).captured["notes"])
        one.inside(one.live, "UPDATE pg_subscription SET subenabled = true")
        with pytest.raises(Refused, match="there is an active subscription") as no:
            planned(one)
        assert 'ALTER SUBSCRIPTION "From there" DISABLE' in str(no.value.hint)
    finally:
        one.inside(one.live, 'ALTER SUBSCRIPTION "From there" DISABLE')
        one.inside(one.live, 'ALTER SUBSCRIPTION "From there" SET (slot_name = NONE)')
        one.inside(one.live, 'DROP SUBSCRIPTION "From there"')


def test_where_nothing_can_be_renamed_the_other_ways_are_said(one: Scene) -> None:
    hosted = replace(one.target, supabase=SupabaseSettings(project="abc", token=Secret("a-long-secret-token")))
    with pytest.raises(Refused, match="managed by Supabase") as no:
        shelf.remedy.plan(hosted, Swap(restore="latest"), hand(one.store))
    assert "restore into a new project" in str(no.value.hint)
    weak = make_conninfo(one.target.dsn.reveal(), user=one.app, password=PASSWORD)
    with pytest.raises(Refused, match="may not rename database") as no:
        shelf.remedy.plan(replace(one.target, dsn=Secret(weak)), Swap(restore="latest"), hand(one.store))
    assert "CREATEDB" in str(no.value.hint)


def test_the_statements_for_one_table_are_shown_and_not_run(one: Scene) -> None:
    hosted = replace(one.target, supabase=SupabaseSettings(project="abc", token=Secret("a-long-secret-token")))
    plan = shelf.remedy.plan(hosted, Swap(restore="latest", table="orders"), hand(one.store))
    assert plan.level == "read"
    assert "DELETE FROM public.orders;" in plan.captured["suggestions"][1]["statement"]
    assert shelf.remedy.do(hosted, plan, hand(one.store)).ok
    assert shelf.remedy.verify(hosted, plan, hand(one.store)).ok is True
    assert one.orders() == list(range(1, 11))


def test_names_that_can_not_be_are_refused(one: Scene) -> None:
    for name, says in (("x" * 64, "too long"), ("postgres", "there is a database postgres already")):
        with pytest.raises(Refused, match=says):
            planned(one, kept=name)
    assert planned(one, kept="mine").captured["kept"] == "mine"
    with pytest.raises(NotFound):
        shelf.remedy.plan(one.target, Swap(restore="99999"), hand(one.store))


def test_a_database_without_our_token_is_not_touched(one: Scene) -> None:
    one.outside(sql.SQL("COMMENT ON DATABASE {} IS 'mine'").format(sql.Identifier(one.side)))
    with pytest.raises(Refused, match="does not hold our token"):
        planned(one)


def test_another_database_under_the_approved_name_is_not_touched(one: Scene) -> None:
    plan, before = planned(one), one.there(one.live)
    made = sql.Identifier(one.side)
    one.outside(sql.SQL("DROP DATABASE {}").format(made))
    one.outside(sql.SQL("CREATE DATABASE {}").format(made))
    one.outside(sql.SQL("COMMENT ON DATABASE {} IS {}").format(made, sql.Literal(f"fireline restore {one.token}")))
    with pytest.raises(Refused, match="another database than the one that was approved"):
        shelf.remedy.do(one.target, plan, hand(one.store))
    assert (one.there(one.live), one.row()["state"]) == (before, "passed")
    assert recover(one.store, one.target) == []


def test_what_is_set_while_it_swaps_is_not_lost(one: Scene) -> None:
    from fireline.recovery.swapping import swap

    plan, before = planned(one), one.there(one.live)

    def change(stage: str) -> None:
        if stage == "closed":
            one.outside(sql.SQL("ALTER DATABASE {} SET work_mem TO '9MB'").format(sql.Identifier(one.live)))

    with pytest.raises(Refused, match="was changed meanwhile"):
        swap.there(one.store, one.target, plan.captured, keep=timedelta(days=1), by="ada", stage=change)
    assert one.there(one.live).oid == before.oid
    assert one.there(one.live).allows
    assert one.row()["state"] == "passed"

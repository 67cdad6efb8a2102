"""The swap together with what else keeps people away or acts: a person's fence, PgBouncer in front, a weak role, the engine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fireline import clock, shelf
from fireline.cluster import Cluster
from fireline.postgres.connect import Target
from fireline.recovery.fence import fence as fences
from fireline.recovery.fence.rows import Fence, Level
from fireline.recovery.swapping.settling import recover
from fireline.redact import Secret
from fireline.resolve.remedies.swap import remedy
from fireline.resolve.swapping import Swap
from fireline.run import undo
from fireline.run.remedy import Outcome, Plan
from fireline.settings import PgBouncerSettings
from fireline.store.connect import Store
from tests import servers
from tests.assess.pooler import pooler
from tests.hand import hand
from tests.recovery.scene import PASSWORD, Scene, scene
from tests.recovery.traffic import Writers
from tests.run import scene as stage
from tests.run.scene import ADA, BEN
from tests.servers import PATIENTS


@pytest.fixture
def shop(request: pytest.FixtureRequest, store: Store) -> Iterator[Scene]:
    with scene(store, request.getfixturevalue(PATIENTS[0])) as made:
        yield made


def planned(shop: Scene, target: Target | None = None) -> Plan:
    plan = remedy.plan(target or shop.target, Swap(restore="latest"), hand(shop.store))
    return Plan(plan.summary, plan.effect, plan.undo, plan.level, json.loads(json.dumps(plan.captured)))


def undone(shop: Scene, plan: Plan, target: Target | None = None) -> Outcome:
    assert remedy.undo is not None
    return remedy.undo(target or shop.target, plan, hand(shop.store))


def raised(shop: Scene, level: Level) -> Fence:
    till = clock.now() + timedelta(minutes=30)
    target = replace(shop.target, application_roles=(shop.app, shop.reader))
    return fences.raise_(shop.store, target, level, expires_at=till, reason="a swap is near", by="ada")


def standing(shop: Scene) -> Fence:
    with shop.store.transaction() as conn:
        found = fences.standing(conn, shop.target.name)
    assert found is not None
    return found


@pytest.mark.parametrize("level", ["read-only", "no-new", "drained", "closed"])
def test_a_fence_stands_over_the_swap_and_is_lifted_from_the_new_one_exactly(shop: Scene, level: Level) -> None:
    before = shop.there(shop.live)
    raised(shop, level)
    fenced = shop.there(shop.live)
    assert fenced != before
    plan = planned(shop)
    new = plan.captured["side"]["oid"]
    assert remedy.do(shop.target, plan, hand(shop.store)).ok
    assert shop.there(shop.live) == fenced.but(oid=new)
    fences.lift(shop.store, shop.target, standing(shop), "ada")
    assert shop.there(shop.live) == before.but(oid=new)
    psycopg.connect(shop.app_dsn()).close()
    raised(shop, level)
    assert undone(shop, plan).ok, "the way back under a fence, too"
    assert shop.there(shop.live) == fenced
    fences.lift(shop.store, shop.target, standing(shop), "ada")
    assert shop.there(shop.live) == before
    psycopg.connect(shop.app_dsn()).close()


@pytest.fixture
def by_tcp() -> Iterator[Target]:
    """A server that PgBouncer, which runs as somebody else, can reach."""
    with servers.private_folder() as folder:
        made = Cluster(folder / "pg", servers.embedded(), settings=servers.PATIENT, fsync=False, tcp=True)
        try:
            yield Target("main", Secret(made.start().url(tcp=True)))
        finally:
            made.remove()


def test_clients_of_a_pgbouncer_wait_and_are_not_turned_away(store: Store, by_tcp: Target) -> None:
    with scene(store, by_tcp) as shop:
        user = str(conninfo_to_dict(shop.url)["user"])
        with pooler(shop.target.dsn.reveal(), admin_users=user, query_wait_timeout="30") as front:
            console = Secret(make_conninfo(front, dbname="pgbouncer"))
            target = replace(shop.target, pgbouncer=PgBouncerSettings(dsn=console))
            plan = planned(shop, target)
            with Writers(front, number=2) as writers:
                writers.more()
                assert remedy.do(target, plan, hand(store)).ok
                writers.more()
                assert undone(shop, plan, target).ok
                writers.more()
        assert writers.turned_away == 0
        assert writers.acknowledged <= set(shop.orders()) | set(shop.orders(shop.side))


def test_a_pgbouncer_whose_pauser_was_killed_serves_again(store: Store, store_url: str, by_tcp: Target) -> None:
    with scene(store, by_tcp) as shop:
        user = str(conninfo_to_dict(shop.url)["user"])
        with pooler(shop.target.dsn.reveal(), admin_users=user, query_wait_timeout="30") as front:
            console = make_conninfo(front, dbname="pgbouncer")
            target = replace(shop.target, pgbouncer=PgBouncerSettings(dsn=Secret(console)))
            order = json.dumps({"stage": "renamed", "way": "there", "captured": planned(shop, target).captured})
            command = [sys.executable, "-m", "tests.recovery.dying", store_url, target.dsn.reveal(), console]
            with Writers(front, number=2) as writers:
                writers.more()
                said = subprocess.run(command, input=order + "\n", capture_output=True, text=True, check=True)
                assert said.stdout.strip() == "9", said.stderr
                assert shop.row()["state"] == "swapping"
                end = time.monotonic() + 20
                while not recover(store, target) and time.monotonic() < end:
                    time.sleep(0.01)
                writers.more()
        assert (shop.row()["state"], writers.turned_away) == ("passed", 0)
        assert writers.acknowledged <= set(shop.orders())


def test_a_role_that_owns_the_database_and_may_create_some_can_swap_what_it_may_carry(
    store: Store, patient15: Target
) -> None:
    with scene(store, patient15, plain=True) as shop:
        words = {
            "weak": sql.Identifier(shop.reader),
            "owner": sql.Identifier(shop.owner),
            "live": sql.Identifier(shop.live),
        }
        for statement in (
            "ALTER ROLE {weak} CREATEDB",
            "GRANT {owner}, pg_signal_backend, pg_monitor TO {weak}",
            "ALTER DATABASE {live} SET work_mem TO '9MB'",
            "REVOKE TEMPORARY ON DATABASE {live} FROM PUBLIC",
        ):
            shop.outside(sql.SQL(statement).format(**words))
        before = shop.there(shop.live)
        weak = replace(
            shop.target, dsn=Secret(make_conninfo(shop.target.dsn.reveal(), user=shop.reader, password=PASSWORD))
        )
        with Writers(shop.app_dsn(), number=1) as writers:
            writers.more(5)
            plan = planned(shop, weak)
            assert remedy.do(weak, plan, hand(store)).ok
            assert shop.there(shop.live) == before.but(oid=plan.captured["side"]["oid"])
            writers.more(5)
            assert undone(shop, plan, weak).ok
        assert shop.there(shop.live) == before


def test_the_engine_swaps_after_a_second_persons_yes_and_undoes_after_another(shop: Scene, tmp_path: Path) -> None:
    run = stage.Scene(shop.store, shop.target, tmp_path)
    run.world.shelves = lambda: {"resolve swap": shelf.read("fireline.resolve.remedies", "remedy")["swap"]}
    run.world.verified_backup = lambda conn, target: clock.now()
    run.team("ada", "ben")
    before, side = shop.there(shop.live), shop.there(shop.side)
    run.start(stage.shell(f"fireline swap latest --target {shop.target.name}"), by=ADA)
    asked: dict[str, Any] = run.step()
    assert (asked["state"], asked["level"]) == ("waiting", "destructive")
    run.approve(actor=BEN)
    assert run.step()["state"] == "succeeded", run.step()["attempts"]
    assert shop.there(shop.live) == before.but(oid=side.oid)
    run.say(lambda conn, who, **more: undo.request(conn, who, run.world, **more), actor=ADA)
    run.approve(actor=BEN)
    assert shop.there(shop.live) == before, run.step()["attempts"]
    assert shop.row()["state"] == "passed"

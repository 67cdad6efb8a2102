"""What becomes of a swap whose process, or whose server, dies at any of its stages: all or nothing, and open again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fireline.cluster import Cluster
from fireline.errors import FirelineError, Refused
from fireline.postgres.connect import Target
from fireline.recovery.swapping import settling, swap
from fireline.redact import Secret
from fireline.resolve.remedies import swap as shelf
from fireline.resolve.swapping import Swap
from fireline.run.remedy import Plan
from fireline.store.connect import Store
from fireline.store.migrate import migrate
from tests import servers
from tests.hand import hand
from tests.recovery.scene import Scene, scene

STAGES = ("looked", "written", "beside closed", "carried", "closed", "renamed")  # and then it is committed
ROOT = Path(__file__).parents[3]


def planned(shop: Scene) -> Plan:
    plan = shelf.remedy.plan(shop.target, Swap(restore=str(shop.restore)), hand(shop.store))
    return Plan(plan.summary, plan.effect, plan.undo, plan.level, json.loads(json.dumps(plan.captured)))


def settled(shop: Scene) -> str:
    """Recover as a worker does until the server has seen that the client is gone; the row's state then."""
    end = time.monotonic() + 20
    while shop.row()["state"] == "swapping" and time.monotonic() < end:
        settling.recover(shop.store, shop.target)
    return str(shop.row()["state"])


def undone(shop: Scene, plan: Plan) -> dict[str, Any]:
    """Undone, as soon as the server has seen that whoever swapped is gone."""
    end = time.monotonic() + 20
    while True:
        try:
            return swap.back(shop.store, shop.target, plan.captured, by="ada")
        except Refused as under_way:
            if "is being swapped" not in under_way.message or time.monotonic() > end:
                raise


@pytest.fixture
def killed(store_url: str) -> Iterator[Callable[[Scene, str, str, Plan], None]]:
    """Has another process do it, and be killed at a stage."""
    with ExitStack() as stack:
        running: list[subprocess.Popen[str]] = []

        def kill(shop: Scene, way: str, stage: str, plan: Plan) -> None:
            if not running:
                command = [sys.executable, "-m", "tests.recovery.dying", store_url, shop.target.dsn.reveal()]
                made = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
                running.append(stack.enter_context(made))
            process = running[0]
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps({"stage": stage, "way": way, "captured": plan.captured}) + "\n")
            process.stdin.flush()
            assert process.stdout.readline().strip() == "9", f"it was to be killed at {stage!r}"

        yield kill
        for process in running:
            assert process.stdin is not None
            process.stdin.close()


def test_a_process_killed_at_any_stage_leaves_all_or_nothing_and_the_database_open(
    store: Store, patient: Target, killed: Callable[[Scene, str, str, Plan], None]
) -> None:
    with scene(store, patient) as shop:
        before, side, plan = shop.there(shop.live), shop.there(shop.side), planned(shop)
        for stage in STAGES:
            killed(shop, "there", stage, plan)
            assert settled(shop) == "passed", stage
            assert (shop.there(shop.live), shop.there(shop.side)) == (before, side), stage
            psycopg.connect(shop.app_dsn()).close()
        killed(shop, "there", "committed", plan)
        assert settled(shop) == "swapped"
        row = shop.row()
        assert shop.there(shop.live) == before.but(oid=side.oid)
        assert (shop.there(row["kept"]).allows, shop.orders()) == (False, list(range(1, 8)))
        for stage in STAGES:
            killed(shop, "back", stage, plan)
            assert settled(shop) == "swapped", stage
            assert shop.row()["kept"] == row["kept"]
            assert shop.there(shop.live) == before.but(oid=side.oid), stage
            assert not shop.there(row["kept"]).allows, stage
            psycopg.connect(shop.app_dsn()).close()
        killed(shop, "back", "renamed", plan)
        assert undone(shop, plan)["state"] == "passed", "what nobody settled is settled by the undo itself"
        assert (shop.there(shop.live), shop.there(shop.side)) == (before, side)


@pytest.fixture(scope="module")
def mortal() -> Iterator[Cluster]:
    """A server that is stopped without warning, and started again."""
    with servers.cluster(servers.embedded(), servers.PATIENT) as running:
        yield running


def test_a_server_that_dies_at_any_stage_comes_back_with_all_or_nothing_and_the_database_open(
    store: Store, mortal: Cluster
) -> None:
    target = Target("main", Secret(mortal.url("postgres")))
    with scene(store, target) as shop:
        before, side, plan = shop.there(shop.live), shop.there(shop.side), planned(shop)

        def dies_at(wanted: str) -> Callable[[str], None]:
            def stage(name: str) -> None:
                if name == wanted:
                    mortal.stop("immediate")

            return stage

        for stage in ("beside closed", "closed", "renamed", "committed"):
            with pytest.raises(FirelineError):
                swap.there(store, shop.target, plan.captured, keep=timedelta(days=1), by="ada", stage=dies_at(stage))
            assert shop.row()["state"] == "swapping", stage
            mortal.start()
            done = stage == "committed"
            assert settled(shop) == ("swapped" if done else "passed"), stage
            assert shop.there(shop.live) == (before.but(oid=side.oid) if done else before), stage
            psycopg.connect(shop.app_dsn()).close()
        kept = shop.row()["kept"]
        for stage in ("closed", "renamed"):
            with pytest.raises(FirelineError):
                swap.back(store, shop.target, plan.captured, by="ada", stage=dies_at(stage))
            mortal.start()
            assert settled(shop) == "swapped", stage
            assert (shop.there(shop.live).oid, shop.there(kept).allows) == (side.oid, False)
        swap.back(store, shop.target, plan.captured, by="ada")
        assert (shop.there(shop.live), shop.there(shop.side)) == (before, side)


@pytest.mark.parametrize("stage", ["carried", "closed", "renamed", "committed"])
def test_what_fails_inside_leaves_the_original_open_at_once(store: Store, patient: Target, stage: str) -> None:
    def fail(name: str) -> None:
        if name == stage:
            raise RuntimeError("the power went")

    with scene(store, patient) as shop:
        before, side, plan = shop.there(shop.live), shop.there(shop.side), planned(shop)
        captured: dict[str, Any] = plan.captured
        if stage == "committed":  # only the answer was lost
            done = swap.there(store, shop.target, captured, keep=timedelta(days=1), by="ada", stage=fail)
            assert done["state"] == "swapped"
            return
        with pytest.raises(RuntimeError, match="the power went"):
            swap.there(store, shop.target, captured, keep=timedelta(days=1), by="ada", stage=fail)
        assert (shop.there(shop.live), shop.there(shop.side)) == (before, side)
        assert (shop.row()["state"], shop.row()["error"]) == ("passed", "the power went")
        psycopg.connect(shop.app_dsn()).close()
        psycopg.connect(make_conninfo(shop.url, dbname=shop.side)).close()


def test_a_swap_under_way_is_not_settled_by_others(store: Store, patient: Target) -> None:
    with scene(store, patient) as shop:
        plan, seen = planned(shop), list[str]()

        def look(name: str) -> None:
            if name in ("written", "closed", "renamed"):
                assert settling.recover(store, shop.target) == []
                with pytest.raises(Refused, match="is being swapped at this moment"):
                    swap.back(store, shop.target, plan.captured, by="ben")
                seen.append(str(shop.row()["state"]))

        swap.there(store, shop.target, plan.captured, keep=timedelta(days=1), by="ada", stage=look)
        assert seen == ["swapping"] * 3
        assert shop.row()["state"] == "swapped"


def test_the_sweep_wakes_a_worker_for_each_target_with_an_open_swap(store: Store, patient: Target) -> None:
    with scene(store, patient) as shop:
        settling.sweep(store, ["main", "other"])
        with store.transaction() as conn:
            assert conn.execute("SELECT FROM procrastinate_jobs").fetchall() == []
            conn.execute("UPDATE restore SET state = 'swapping' WHERE id = %s", [shop.restore])
        settling.sweep(store, ["main", "other"])
        settling.sweep(store, ["main", "other"])
        with store.transaction() as conn:
            jobs = conn.execute("SELECT task_name, args FROM procrastinate_jobs").fetchall()
        assert [(job["task_name"], job["args"]) for job in jobs] == [("fireline.settle", {"key": "main"})]


def test_a_store_that_dies_at_any_stage_leaves_the_database_open_at_once_and_is_told_when_it_is_back(
    patient: Target, mortal: Cluster
) -> None:
    url = mortal.create_database("notebook")
    migrate(url)
    store = Store(url, pool_size=1)  # which asks the server anew each time
    with closing(store), scene(store, patient) as shop:
        before, side, plan = shop.there(shop.live), shop.there(shop.side), planned(shop)

        def dies_at(wanted: str) -> Callable[[str], None]:
            def stage(name: str) -> None:
                if name == wanted:
                    mortal.stop("immediate")

            return stage

        for stage in ("written", "carried", "closed"):
            with pytest.raises((FirelineError, psycopg.Error)):
                swap.there(store, shop.target, plan.captured, keep=timedelta(days=1), by="ada", stage=dies_at(stage))
            psycopg.connect(shop.app_dsn()).close()  # though nobody could write down that it is open again
            done = stage == "closed"  # from here on only the target is needed, and going through is the shortest way
            assert shop.there(shop.live) == (before.but(oid=side.oid) if done else before), stage
            mortal.start()
            assert settled(shop) == ("swapped" if done else "passed"), stage
            psycopg.connect(shop.app_dsn()).close()
        assert undone(shop, plan)["state"] == "passed"
        assert (shop.there(shop.live), shop.there(shop.side)) == (before, side)

"""What a fence is at this moment."""

from __future__ import annotations

from dataclasses import replace

import psycopg

from fireline.contain.fence_status import status
from fireline.incident.people import FIRELINE
from fireline.postgres.connect import Target, database_of
from fireline.recovery.fence import fence as fences
from fireline.recovery.fence.closing import closed
from fireline.redact import Secret
from fireline.run.world import World
from fireline.settings import Settings
from fireline.store.chain import plain
from fireline.store.connect import Store
from tests.recovery.fence.shop import shop
from tests.recovery.fence.test_fence import raised


def world(store: Store, target: Target) -> World:
    return World(Settings(), store, {target.name: target})


def test_without_a_fence_it_says_so(store: Store, patient: Target) -> None:
    found = status(FIRELINE, world(store, patient))
    assert (found["target"], found["state"], found["level"], found["can_write"]) == ("main", "none", None, None)


def test_it_tells_who_can_still_write_and_what_was_done(store: Store, patient: Target) -> None:
    with shop(patient, clients=1) as busy:
        target = replace(busy.target, application_roles=(busy.role,))
        fence = raised(store, target, "drained", reason="rows vanish")
        with psycopg.connect(patient.dsn.reveal(), application_name="a console"):
            found = status(FIRELINE, world(store, target), target="main")
        assert (found["state"], found["level"], found["by"], found["reason"]) == ("up", "drained", "ada", "rows vanish")
        assert found["until"] == fence.expires_at
        assert found["proof"]["proved"] is True
        assert found["can_write"][0].startswith("In the database now: ")
        assert "a console" in found["can_write"][0]
        assert [(step["state"], step["holds"]) for step in found["steps"]] == [("acted", True), ("acted", True)]
        assert found["residue"][0]["application"] == "a console"
        assert plain(found)
        fences.lift(store, target, fence, "bob")
        after = status(FIRELINE, world(store, target))
        assert (after["state"], after["lifted_by"], after["can_write"]) == ("lifted", "bob", None)
        assert {step["state"] for step in after["steps"]} == {"undone"}


def test_it_sees_what_somebody_undid(store: Store, patient: Target) -> None:
    fence = raised(store, patient, "no-new")
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{database_of(patient)}" CONNECTION LIMIT -1'.encode())
    found = status(FIRELINE, world(store, patient))
    assert found["steps"][0]["holds"] is False
    fences.lift(store, patient, fence, "ada")


def test_a_target_that_is_away_is_not_known(store: Store, patient: Target) -> None:
    fence = raised(store, patient, "drained")
    away = Target("main", Secret("host=127.0.0.1 port=1 dbname=x user=x connect_timeout=1"))
    found = status(FIRELINE, world(store, away))
    assert found["state"] == "up"
    assert found["can_write"] is None
    assert "nothing listens" in found["unknown"]
    fences.lift(store, patient, fence, "ada")


def test_a_swap_under_way_is_told(store: Store, patient: Target) -> None:
    with closed(store, patient, database_of(patient), seconds=30, by="ada", reason="a swap"):
        found = status(FIRELINE, world(store, patient))
    assert found["swap"]["database"] == database_of(patient)

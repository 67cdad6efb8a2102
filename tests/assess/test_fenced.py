"""A diagnosis of a database behind our own fence: the fence is named, not mistaken for a fault."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from fireline.assess import asking, fenced
from fireline.contain.remedies.fence import remedy as fence
from fireline.incident.people import FIRELINE
from fireline.postgres.connect import Target
from fireline.run.world import World
from fireline.settings import Settings
from fireline.store.connect import Store
from tests.hand import hand
from tests.recovery.scene import scene

AT = datetime(2026, 11, 23, 3, 10, tzinfo=UTC)


def verdict(cause: str) -> dict[str, Any]:
    return {
        "cause": cause,
        "title": cause,
        "severity": "critical",
        "evidence": [],
        "remedy": {"text": "x", "sql": ["ALTER …"], "command": None},
    }


def test_what_only_describes_the_fence_comes_last_and_its_remedy_is_to_lift_it() -> None:
    found = fenced.told(
        [verdict("database_connection_limit"), verdict("lock_pileup")], "main", "drained", "ada", AT, AT
    )
    assert [one["cause"] for one in found] == ["lock_pileup", "database_connection_limit"]
    assert found[1]["title"] == "Fireline's own fence (drained) keeps the application away."
    assert (found[1]["severity"], found[1]["remedy"]["sql"]) == ("low", [])
    assert found[1]["remedy"]["command"] == "fireline resolve unfence --target main"
    assert "ada raised it at 03:10 UTC" in found[1]["evidence"][0]["fact"]


def test_a_fenced_database_that_the_application_wants_into_is_told_to_be_fenced(
    patient: Target, store: Store, tmp_path: Path
) -> None:
    with scene(store, patient) as shop:
        target = replace(shop.target, name="main")
        world = World(Settings(), store, {"main": target})
        plan = fence.plan(target, fence.parameters(), hand(store))
        fence.do(target, plan, hand(store))
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(shop.app_dsn()):
            raise AssertionError
        complaint = f'FATAL: too many connections for database "{shop.live}"'
        fenced_now = asking.diagnose(FIRELINE, world, target="main", symptom=complaint)["causes"]
        assert fence.undo is not None
        fence.undo(target, plan, hand(store))
        with shop_limited(shop.url, shop.live):
            limited = asking.diagnose(FIRELINE, world, target="main", symptom=complaint)["causes"]
    ours = next(one for one in fenced_now if one["cause"] == "database_connection_limit")
    assert "Fireline's own fence (drained)" in ours["title"]
    theirs = next(one for one in limited if one["cause"] == "database_connection_limit")
    assert "reached its connection limit" in theirs["title"]


@contextlib.contextmanager
def shop_limited(url: str, database: str) -> Any:
    """Somebody else has set the limit to nothing."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{database}" CONNECTION LIMIT 0'.encode())
    yield

"""A replaced database is read behind its closed door, is closed again whoever dies, and the one in use is never opened."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from psycopg import sql

from fireline.errors import Refused
from fireline.postgres.connect import Target
from fireline.recovery import kept
from fireline.recovery.swapping import settling
from fireline.resolve.remedies import swap as shelf
from fireline.resolve.swapping import Swap
from fireline.store.connect import Store
from tests.hand import hand
from tests.recovery.scene import Scene, scene

READER = """
import json, os, signal, sys
from fireline.postgres.connect import Target
from fireline.recovery import kept
from fireline.redact import Secret
told = json.load(sys.stdin)
with kept.readable(Target("main", Secret(told["dsn"])), told["name"]):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def shop(store: Store, patient: Target) -> Iterator[Scene]:
    with scene(store, patient) as made:
        yield made


def swapped(shop: Scene) -> str:
    plan = shelf.remedy.plan(shop.target, Swap(restore=str(shop.restore)), hand(shop.store))
    return str(shelf.remedy.do(shop.target, plan, hand(shop.store)).facts["kept"])


def test_one_whose_reader_was_killed_is_closed_by_a_worker(shop: Scene) -> None:
    name = swapped(shop)
    before = shop.there(name)
    told = json.dumps({"dsn": shop.target.dsn.reveal(), "name": name})
    died = subprocess.run([sys.executable, "-c", READER], input=told, text=True, check=False)
    assert died.returncode == -signal.SIGKILL
    assert shop.there(name).allows
    shop.outside("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fireline'")
    settling.recover(shop.store, shop.target)
    assert shop.there(name) == before


def test_one_that_is_read_is_left_open_until_the_last_reader_is_done(shop: Scene) -> None:
    name = swapped(shop)
    before = shop.there(name)
    with kept.readable(shop.target, name):
        with kept.readable(shop.target, name):
            assert kept.close_abandoned(shop.target) == []
        assert shop.there(name).allows
        assert shop.inside(name, "SELECT 1") == [(1,)]
    assert shop.there(name) == before


def test_the_one_in_use_is_neither_opened_nor_closed_by_whoever_reads(shop: Scene) -> None:
    live = sql.Identifier(shop.live)
    shop.outside(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(live))
    closed = shop.there(shop.live)
    with pytest.raises(Refused, match="none that a swap has replaced"), kept.readable(shop.target, shop.live):
        pass
    assert shop.there(shop.live) == closed


def test_one_that_is_in_use_again_when_its_reader_ends_stays_open(shop: Scene) -> None:
    plan = shelf.remedy.plan(shop.target, Swap(restore=str(shop.restore)), hand(shop.store))
    name = shelf.remedy.do(shop.target, plan, hand(shop.store)).facts["kept"]
    assert shelf.remedy.undo is not None
    with kept.readable(shop.target, name):
        shelf.remedy.undo(shop.target, plan, hand(shop.store))
    assert shop.there(shop.live).allows


def test_a_worker_is_woken_for_targets_with_a_kept_database_now_and_then(shop: Scene) -> None:
    swapped(shop)
    settling.sweep(shop.store, {shop.target.name})
    with shop.store.transaction() as conn:
        row = conn.execute("SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name LIKE '%settle'").fetchone()
    assert row is not None
    assert row["n"] == 1

"""kill -9 of worker, server or store at random moments: no acknowledged signal is lost, no change happens twice."""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from fireline.cluster import Cluster
from fireline.errors import FirelineError
from fireline.postgres.connect import Target
from fireline.store.migrate import migrate
from tests.chaos import stage as staging
from tests.chaos.dying import kill_store
from tests.chaos.stage import Stage, until
from tests.run.scene import sql

pytestmark = pytest.mark.chaos

MOMENTS = int(os.environ.get("FIRELINE_CHAOS_MOMENTS", "4"))
SEED = int(os.environ.get("FIRELINE_CHAOS_SEED", "0")) or random.SystemRandom().randrange(2**32)
STEPS = 3
AWAY = (FirelineError, psycopg.Error, httpx.HTTPError)


class Sender(threading.Thread):
    """Sends alerts without end, and remembers those that were acknowledged."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(daemon=True)
        self.stage, self.url, self.done = stage, "", threading.Event()
        self.acknowledged: list[int] = []

    def run(self) -> None:
        number = 0
        while not self.done.wait(0.02):
            number += 1
            try:
                answer = httpx.post(
                    f"{self.url}/in/generic?token=a-token-of-the-test",
                    json={"title": f"alert {number % 5}", "dedup": f"key-{number % 5}", "number": number},
                    timeout=5,
                )
            except httpx.HTTPError:
                continue
            if answer.status_code == 202:
                self.acknowledged.append(answer.json()["signal"])


def server_url(stage: Stage) -> str:
    """Where the server answers now."""
    path = stage.folder / "state" / "server.json"

    def answering() -> Any:
        try:
            url = path.read_text().split('"url": "')[1].split('"')[0]
            return url if httpx.get(f"{url}/healthz", timeout=2).status_code < 500 else None
        except (OSError, IndexError, httpx.HTTPError):
            return None

    return str(until(answering, f"the server answers; {stage.logs()}"))


def approve_what_is_asked(stage: Stage, run: int) -> None:
    """Somebody who says yes to everything, also while things are down."""
    for step in range(1, STEPS + 1):
        try:
            stage.say("run.approve", run=run, step=step)
        except AWAY:
            continue


def settle(stage: Stage, run: int) -> list[str]:
    """Go on until the run waits for nobody but a person who must judge, and tell how each step ended."""
    ended = ("succeeded", "failed", "unknown")

    def over() -> bool:
        try:
            states = stage.states(run)
            for position, state in enumerate(states, 1):
                if state in ("failed", "unknown"):
                    stage.say("run.skip", run=run, step=position, reason="judged")
            approve_what_is_asked(stage, run)
            return bool(states) and all(state in (*ended, "skipped") for state in states)
        except AWAY:
            return False

    until(over, f"the run comes to its end; {stage.logs()}", seconds=90)
    return [row["state"] for row in stage.rows("SELECT state FROM attempt WHERE run_id = %s ORDER BY id", run)]


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_killed_at_a_random_moment_nothing_is_lost_and_nothing_happens_twice(
    tmp_path: Path, mortal: Cluster, patient: Target, moment: int
) -> None:
    chance = random.Random(SEED + moment)
    print(f"seed {SEED + moment}")
    url = mortal.create_database("store")
    migrate(url)
    with staging.stage(tmp_path, url, patient) as stage:
        stage.patient("CREATE TABLE counted (step int)")
        server, worker = stage.spawn("server"), stage.worker()
        sender = Sender(stage)
        sender.url = server_url(stage)
        sender.start()
        run = stage.start(
            *(
                sql(f"INSERT INTO counted SELECT {n} FROM pg_sleep(0.2)", level="reversible")
                for n in range(1, STEPS + 1)
            )
        )
        until_moment = time.monotonic() + chance.uniform(0.1, 2.5)
        while time.monotonic() < until_moment:
            approve_what_is_asked(stage, run)
            time.sleep(0.02)
        victim = chance.choice(["worker", "server", "store"])
        if victim == "store":
            kill_store(mortal)
            time.sleep(chance.uniform(0, 1))
            mortal.start()
        elif victim == "worker":
            stage.kill(worker)
            worker = stage.worker()
        else:
            stage.kill(server)
            server = stage.spawn("server")
            sender.url = server_url(stage)
        settle(stage, run)
        sender.done.set()
        sender.join()
        # What went to the journal, while the store was away, was acknowledged by the name that it has there.
        kept = {
            name for row in stage.rows("SELECT id, uid::text AS uid FROM signal") for name in (row["id"], row["uid"])
        }
        assert set(sender.acknowledged) <= kept, f"seed {SEED + moment}, {victim}: acknowledged signals are lost"
        until(lambda: not stage.rows("SELECT 1 AS waits FROM signal WHERE taken_at IS NULL"), "all signals are taken")
        counted = {
            row["step"]: row["n"] for row in stage.patient("SELECT step, count(*) AS n FROM counted GROUP BY step")
        }
        attempts = stage.rows("SELECT position, state FROM attempt WHERE run_id = %s", run)
        for step in range(1, STEPS + 1):
            succeeded = sum(one["state"] == "succeeded" for one in attempts if one["position"] == step)
            unsure = any(one["state"] == "unknown" for one in attempts if one["position"] == step)
            happened = counted.get(step, 0)
            assert happened <= 1, f"seed {SEED + moment}, {victim}: step {step} happened {happened} times"
            assert happened == succeeded or unsure, f"seed {SEED + moment}, {victim}: step {step}: {attempts}"

"""Two servers and two workers on one store, one of the workers frozen: each alert is one alert, each message one message."""

from __future__ import annotations

import signal

import httpx
import pytest

from tests.chaos.stage import Stage, until
from tests.chaos.test_random import server_url
from tests.run.scene import sql

pytestmark = pytest.mark.chaos


def post(url: str, key: str) -> int:
    """Send one alert; its signal."""
    answer = httpx.post(
        f"{url}/in/generic?token=a-token-of-the-test", json={"title": f"about {key}", "dedup": key}, timeout=10
    )
    assert answer.status_code == 202
    return int(answer.json()["signal"])


def test_two_servers_and_two_workers_share_one_store(stage: Stage) -> None:
    stage.spawn("server")
    first = server_url(stage)
    (stage.folder / "state" / "server.json").unlink()
    stage.spawn("server")
    second = server_url(stage)
    assert first != second
    frozen, awake = stage.worker(), stage.worker()
    frozen.send_signal(signal.SIGSTOP)
    sent = [post(url, f"key-{number % 4}") for number in range(20) for url in (first, second)]
    run = stage.start(sql("SELECT 1 AS one"))
    until(
        lambda: not stage.rows("SELECT 1 AS waits FROM signal WHERE taken_at IS NULL"),
        "the worker that is awake takes all",
    )
    until(lambda: stage.states(run) == ["succeeded"], f"it also runs the step; {stage.logs()}")
    frozen.send_signal(signal.SIGCONT)
    assert awake.poll() is None
    alerts = stage.rows("SELECT key, count FROM alert ORDER BY key")
    assert [row["count"] for row in alerts] == [10, 10, 10, 10]
    assert len(stage.rows("SELECT id FROM incident")) == 4
    assert {row["id"] for row in stage.rows("SELECT id FROM signal")} == set(sent)
    attempts = stage.rows("SELECT state FROM attempt WHERE run_id = %s", run)
    assert [row["state"] for row in attempts] == ["succeeded"]


def test_a_thousand_times_the_same_alert_is_one_alert_and_one_incident(stage: Stage) -> None:
    stage.spawn("server")
    url = server_url(stage)
    stage.worker()
    with httpx.Client() as client:
        for _ in range(1000):
            client.post(
                f"{url}/in/generic?token=a-token-of-the-test",
                json={"title": "disk is full", "dedup": "disk"},
                timeout=10,
            ).raise_for_status()
    until(lambda: not stage.rows("SELECT 1 AS waits FROM signal WHERE taken_at IS NULL"), "all are taken")
    assert [row["count"] for row in stage.rows("SELECT count FROM alert")] == [1000]
    assert len(stage.rows("SELECT id FROM incident")) == 1

"""Debian's own Alertmanager, twice, without a word between the two: a real server in front of it goes away and comes back.

Skipped where there is none; FIRELINE_ALERTMANAGER names the program, `apt-get install prometheus-alertmanager` brings it.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from fireline import clock
from fireline.detect import intake
from fireline.incident.scheme import Scheme
from fireline.settings import Settings
from fireline.store.connect import Store, all_rows
from tests.cli.conftest import Fireline, bare, fireline, process, until

__all__ = ["bare", "fireline"]

PROGRAM = os.environ.get("FIRELINE_ALERTMANAGER") or shutil.which("prometheus-alertmanager")
TOKEN = "token-of-alertmanager"
CONFIG = """
route:
  receiver: fireline
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1s
receivers:
  - name: fireline
    webhook_configs:
      - url: "URL/in/am"
        http_config: {authorization: {credentials: "TOKEN"}}
        send_resolved: true
"""

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Alertmanager here: set FIRELINE_ALERTMANAGER")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def alertmanager(folder: Path, fireline_url: str) -> Iterator[str]:
    """One of them at work, by itself; its URL."""
    folder.mkdir()
    (folder / "am.yml").write_text(CONFIG.replace("URL", fireline_url).replace("TOKEN", TOKEN))
    url = f"http://127.0.0.1:{free_port()}"
    command = [str(PROGRAM), "--config.file=am.yml", "--storage.path=data", "--cluster.listen-address="]
    with (folder / "log").open("w") as log:
        started = subprocess.Popen(
            [*command, f"--web.listen-address={url.removeprefix('http://')}"], cwd=folder, stdout=log, stderr=log
        )
        try:
            until(lambda: _answers(f"{url}/-/ready"), what="an Alertmanager")
            yield url
        finally:
            started.terminate()
            started.wait(20)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def post(url: str, name: str, *, over: bool = False) -> None:
    """What Prometheus would tell: it begins, or it is over."""
    now = clock.now()
    times = {"startsAt": (now - timedelta(minutes=1)).isoformat()} | ({"endsAt": now.isoformat()} if over else {})
    told = [{"labels": {"alertname": name}, "annotations": {"summary": f"{name} is down"}, **times}]
    httpx.post(f"{url}/api/v2/alerts", content=json.dumps(told), headers={"content-type": "application/json"})


def test_two_that_fire_send_again_and_resolve_through_a_restart_are_one_alert(
    fireline: Fireline, store: Store, tmp_path: Path
) -> None:
    port = free_port()
    own = f'[server]\nbind = "127.0.0.1:{port}"\n[sources.am]\nformat = "alertmanager"\ntoken = "{TOKEN}"\n'
    (fireline.folder / "fireline.toml").write_text(own)
    here = f"http://127.0.0.1:{port}"

    def rows(statement: str) -> list[dict[str, Any]]:
        intake.take(store, Settings(), Scheme())
        with store.transaction() as conn:
            return all_rows(conn, statement)

    def alerts(name: str) -> list[dict[str, Any]]:
        return [row for row in rows("SELECT * FROM alert ORDER BY id") if row["labels"]["alertname"] == name]

    with alertmanager(tmp_path / "a", here) as a, alertmanager(tmp_path / "b", here) as b:
        with process(fireline, "server"):
            until(lambda: _answers(f"{here}/healthz"), what="the server")
            for url in (a, b):
                post(url, "One")
                post(url, "Two")
            until(lambda: alerts("One") and alerts("One")[0]["count"] >= 5, what="what is sent again")
        for url in (a, b):  # the server is away; they try again until it is back
            post(url, "One", over=True)
            post(url, "Three")
        with process(fireline, "server"):
            until(lambda: alerts("Three"), seconds=60, what="a retry")
            until(lambda: alerts("One")[-1]["status"] == "resolved", seconds=60, what="the end")
            post(a, "Two", over=True)
            until(lambda: alerts("Two")[-1]["status"] == "resolved", seconds=30, what="the end at one of them")
            before = alerts("Two")[-1]["count"]
            until(lambda: alerts("Two")[-1]["count"] > before + 1, what="the other that fires on")
        assert [alert["status"] for alert in alerts("Two")] == ["resolved"]
    assert [len(alerts(name)) for name in ("One", "Two", "Three")] == [1, 1, 1]
    assert len(rows("SELECT id FROM incident")) == 3
    assert rows("SELECT sum(refused) AS refused FROM source_state") == [{"refused": 0}]
    assert rows("SELECT id FROM signal WHERE fault IS NOT NULL AND fault NOT LIKE 'a late copy%%'") == []

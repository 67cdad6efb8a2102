"""What is watched, by real workers, as a person sees it in a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.conftest import Fireline, at_work, process, until
from tests.systems import peer as peers
from tests.systems.peer import Peer


@pytest.fixture
def peer() -> Iterator[Peer]:
    with peers.running() as running:
        yield running


def watch(house: Fireline, peer: Peer) -> None:
    """Settings with a page that is watched every second, a port, and a job."""
    more = f"""
[probes.shop]
url = "{peer.url}/health?token=abcdef123456"
every = "1s"
timeout = "2s"
failures = 2
recoveries = 1

[probes.port]
tcp = "127.0.0.1:1"
failures = 1

[sources.jobs]
format = "ping"
token = "a-ping-key-of-tests"

[beats.backup]
source = "jobs"
period = "1s"
grace = "0s"
"""
    file = house.folder / "fireline.toml"
    file.write_text(file.read_text() + more)


def alerts(house: Fireline) -> dict[str, str]:
    return {one["key"]: one["status"] for one in house.data("alert", "list")}


def test_workers_watch_and_one_that_is_killed_is_replaced(house: Fireline, peer: Peer) -> None:
    peer.answer("/health", "fine")
    watch(house, peer)
    with process(house, "worker") as first, at_work(house, "worker"):

        def shop() -> dict[str, Any]:
            found = {one["probe"]: one for one in house.data("probe", "list")}
            return dict(found["shop"])

        until(lambda: shop()["state"] == "well", what="the first look")
        until(lambda: alerts(house) == {"beat:backup": "firing", "probe:port": "firing"}, what="the alarms")
        first.kill()
        peer.answer("/health", "broken", 500)
        until(lambda: alerts(house).get("probe:shop") == "firing", what="the third alarm", seconds=30)
        peer.answer("/health", "fine")
        until(lambda: alerts(house).get("probe:shop") == "resolved", what="its end")
        begun, asked = time.monotonic(), len(peer.asked)
        until(lambda: time.monotonic() - begun > 2, what="some time")
        assert len(peer.asked) - asked <= 3
    listed = house("probe", "list").out
    assert "answers 200" in listed
    shown = house("probe", "show", "shop").out
    assert "abcdef123456" not in listed + shown
    assert "fires after 2 failures in a row" in shown
    assert "answers 500 instead of 200" in shown
    assert "ms late" in shown
    assert "backup" in house("probe", "beats").out


def test_nothing_is_watched_unless_the_settings_say_so(house: Fireline) -> None:
    assert "No probes." in house("probe", "list").out
    assert "No jobs." in house("probe", "beats").out
    done = house("probe", "show", "nobody")
    assert done.code != 0
    assert "no probe 'nobody'" in done.err

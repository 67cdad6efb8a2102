"""Own looks from outside: at real servers, from any worker once, each change of state one signal."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from fireline import clock
from fireline.detect import intake, probing
from fireline.incident.scheme import Scheme
from fireline.settings import Settings
from fireline.store.connect import Store
from tests.detect.test_intake import Desk
from tests.systems import peer as peers
from tests.systems.peer import Peer

MINUTE = timedelta(minutes=1)


class Watch(Desk):
    """A store whose probes are looked after."""

    settings = Settings()

    def have(self, **probes: Any) -> None:
        kept = {name: {"failures": 2, "recoveries": 2, "timeout": "2s", **probe} for name, probe in probes.items()}
        targets = {"main": {"dsn": "postgres://f@db/app"}}
        self.settings = Settings.model_validate({"probes": kept, "targets": targets})
        self.work()

    def work(self) -> None:
        probing.sweep(self.store, self.settings)
        for name in self.settings.probes:
            probing.watch(self.store, self.settings, name)
        intake.take(self.store, self.settings, Scheme())

    def row(self) -> dict[str, Any]:
        return self.rows("SELECT * FROM probe")[0]

    def told(self) -> list[tuple[str, str]]:
        return [(alert["title"], alert["status"]) for alert in self.alerts()]


@pytest.fixture
def watch(store: Store) -> Watch:
    return Watch(store)


@pytest.fixture
def peer() -> Iterator[Peer]:
    with peers.running() as running:
        yield running


def test_it_fires_after_as_many_failures_and_is_over_after_as_many_successes(watch: Watch, peer: Peer) -> None:
    watch.have(shop={"url": f"{peer.url}/health", "about": "main", "severity": "critical"})
    seen = []
    for minute, status in enumerate([200, 500, 200, 500, 503, 500, 200, 200, 200], start=1):
        peer.answer("/health", "fine", status)
        with clock.moved(minute * 2 * MINUTE):
            watch.work()
            seen.append((watch.row()["state"], len(watch.alerts())))
    assert [state for state, _ in seen] == ["well"] * 4 + ["ailing"] * 3 + ["well"] * 2
    assert watch.told() == [("shop: answers 503 instead of 200", "resolved")]
    (alert,) = watch.alerts()
    assert (alert["source"], alert["target"], alert["severity"], alert["count"]) == ("probe", "main", "critical", 1)
    assert "503" in watch.incidents()[0]["title"]
    assert [row["state"] for row in watch.rows("SELECT state FROM probe_result ORDER BY id")].count("ailing") == 4


def test_nothing_is_looked_at_before_it_is_due(watch: Watch, peer: Peer) -> None:
    peer.answer("/", "fine")
    watch.have(shop={"url": f"{peer.url}/"})
    with clock.moved(10 * timedelta(seconds=1)):
        for _ in range(5):
            watch.work()
        assert len(peer.asked) == 1
        assert timedelta(seconds=45) <= watch.row()["due_at"] - watch.row()["checked_at"] <= timedelta(seconds=63)


def test_many_workers_look_once_and_raise_one_alarm(watch: Watch, peer: Peer) -> None:
    peer.answer("/", "broken", 500)
    watch.have(shop={"url": f"{peer.url}/", "failures": 1})
    with clock.moved(MINUTE):
        workers = [threading.Thread(target=probing.watch, args=(watch.store, watch.settings, "shop")) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        intake.take(watch.store, watch.settings, Scheme())
    assert len(peer.asked) == 1
    assert len(watch.alerts()) == 1


DIE = """
import sys
from fireline.detect import probing
from fireline.settings import Settings
from fireline.store.connect import Store
url, store = sys.argv[1:]
settings = Settings.model_validate({"probes": {"shop": {"url": url, "failures": 1, "timeout": "30s"}}})
probing.watch(Store(store), settings, "shop")
"""


def test_who_dies_while_looking_leaves_a_lease_that_runs_out_and_the_delay_is_shown(
    watch: Watch, peer: Peer, store_url: str
) -> None:
    peer.hang("/")
    watch.have(shop={"url": f"{peer.url}/", "failures": 1, "timeout": "30s"})
    with watch.store.transaction() as conn:
        conn.execute("UPDATE probe SET due_at = %s", [clock.now()])
    worker = subprocess.Popen([sys.executable, "-c", DIE, f"{peer.url}/", store_url])
    try:
        while not peer.asked:
            assert worker.poll() is None
            time.sleep(0.01)
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    peer.answer("/", "fine")
    assert watch.row()["lease"] is not None
    watch.work()
    assert len(peer.asked) == 1
    with clock.moved(timedelta(seconds=41)):
        watch.work()
    row = watch.row()
    assert (row["state"], row["lease"], len(peer.asked)) == ("well", None, 2)
    assert 40_000 < row["late_ms"] < 80_000
    assert watch.rows("SELECT count(*) AS n FROM probe_result") == [{"n": 1}]


def test_an_answer_that_comes_after_the_lease_is_dropped(watch: Watch, peer: Peer) -> None:
    peer.answer("/", "broken", 500)
    watch.have(shop={"url": f"{peer.url}/", "failures": 1})

    def take_over(handler: peers.Handler) -> None:
        with watch.store.transaction() as conn:
            conn.execute("UPDATE probe SET lease = 'of another'")
        handler.send_error(500)

    peer.pages["/"] = take_over
    with clock.moved(MINUTE):
        assert probing.watch(watch.store, watch.settings, "shop") is False
    assert watch.row()["state"] == "new"
    assert watch.rows("SELECT * FROM probe_result") == []


def test_a_port_is_watched(watch: Watch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        watch.have(db={"tcp": f"127.0.0.1:{port}", "failures": 1})
        with clock.moved(MINUTE):
            watch.work()
            assert watch.row()["state"] == "well"
    with clock.moved(3 * MINUTE):
        watch.work()
    assert watch.told() == [("db: the connection is refused: nothing listens there", "firing")]


def test_a_vendor_in_trouble_is_told_and_a_status_page_that_is_away_is_not(watch: Watch, peer: Peer) -> None:
    component = {"name": "Push", "status": "operational"}
    summary = {"status": {"indicator": "none"}, "components": [component], "incidents": []}
    peer.answer("/api/v2/summary.json", "", 500)
    watch.have(expo={"statuspage": peer.url, "failures": 1, "recoveries": 1})
    for minute, state in enumerate(["new", "well", "ailing"], start=1):
        if state != "new":
            component["status"] = "operational" if state == "well" else "major_outage"
            peer.answer("/api/v2/summary.json", summary)
        with clock.moved(2 * minute * MINUTE):
            watch.work()
            assert watch.row()["state"] == state
    assert watch.told() == [("expo: Push: major outage", "firing")]


def _look(watch: Watch, at: timedelta, *severities: str, away: str | None = None) -> None:
    causes = [{"cause": "lock", "title": f"a {one} lock", "severity": one} for one in severities]
    report = {"away": away} if away else {"diagnosis": {"causes": causes}}
    with watch.store.transaction() as conn:
        conn.execute(
            "INSERT INTO health (target, taken_at, status, dimensions, coverage, causes, ms, report)"
            " VALUES ('main', %s, 'warning', '{}', 1, '{}', 5, %s)",
            [clock.now() + at, Jsonb(report)],
        )


def test_a_critical_cause_that_stands_look_after_look_fires_and_each_look_counts_once(watch: Watch) -> None:
    watch.have(database={"target": "main"})
    for minute, severities in enumerate([("low",), ("critical",), ("critical", "low")]):
        assert watch.row()["state"] in ("new", "well")
        _look(watch, minute * MINUTE, *severities)
        for _ in range(3):
            watch.work()
    assert watch.told() == [("database: a critical lock", "firing")]
    assert watch.alerts()[0]["target"] == "main"
    _look(watch, 5 * MINUTE)
    watch.work()
    assert watch.told()[0][1] == "firing"
    _look(watch, 6 * MINUTE)
    watch.work()
    assert watch.told()[0][1] == "resolved"


def test_a_target_that_does_not_answer_fires(watch: Watch) -> None:
    watch.have(database={"target": "main"})
    for minute in range(2):
        _look(watch, minute * MINUTE, away="the connection is refused")
    watch.work()
    assert watch.told() == [("database: does not answer", "firing")]
    assert "refused" in watch.incidents()[0]["symptom"]


def test_what_the_settings_name_no_more_is_over(watch: Watch) -> None:
    watch.have(db={"tcp": "127.0.0.1:1", "failures": 1})
    with clock.moved(MINUTE):
        watch.work()
        assert [status for _, status in watch.told()] == ["firing"]
        watch.have()
    assert [status for _, status in watch.told()] == ["resolved"]
    assert watch.rows("SELECT * FROM probe") == watch.rows("SELECT * FROM probe_result") == []


def test_a_shorter_interval_holds_at_once(watch: Watch, peer: Peer) -> None:
    peer.answer("/", "fine")
    watch.have(shop={"url": f"{peer.url}/", "every": "1d"})
    with clock.moved(MINUTE):
        watch.work()
        watch.have(shop={"url": f"{peer.url}/", "every": "10s"})
        watch.work()
        assert len(peer.asked) == 2


@pytest.mark.parametrize(
    ("state", "seen", "after"),
    [("new", ["well"], "well"), ("new", ["ailing", "unknown", "ailing"], "new"), ("new", ["ailing"] * 3, "ailing"),
     ("well", ["ailing", "ailing", "well", "ailing", "ailing"], "well"), ("well", ["ailing", "ailing", "unknown", "ailing"], "ailing"),
     ("ailing", ["well", "ailing", "well"], "ailing"), ("ailing", ["well", "unknown", "well"], "well")],
)  # fmt: skip
def test_only_what_stands_in_a_row_changes_the_state(state: str, seen: list[str], after: str) -> None:
    row: dict[str, Any] = {"state": state, "failures": 0, "successes": 0}
    for one in seen:
        row = probing.counted(row, one, 3, 2)
    assert row["state"] == after

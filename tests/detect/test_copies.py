"""The same delivery twice: kept, counted, and nothing is opened or ended twice."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.detect import intake
from fireline.detect.signals import Row, Writer
from fireline.detect.source import Event
from fireline.incident.scheme import Scheme
from fireline.settings import Settings
from fireline.store.connect import Store, all_rows


class Sender:
    """Sends bodies at moments counted in seconds, and has them taken."""

    def __init__(self, store: Store) -> None:
        self.store, self.began = store, clock.now() - timedelta(minutes=30)

    def at(self, seconds: float) -> datetime:
        return self.began + timedelta(seconds=seconds)

    def send(self, seconds: float, status: Any, *, source: str = "cron", body: str = "", once: str | None = None) -> None:  # fmt: skip
        event = Event("k", "the key", "disk full", status=status, once=once)
        digest = hashlib.sha256((body or status).encode()).digest()
        with clock.moved(self.at(seconds) - clock.now()):
            row = Row(source, clock.now(), digest, "{}", f"[{json.dumps(event.json())}]")
        writer = Writer(self.store.url)
        writer.insert([row])
        writer.close()

    def take(self) -> list[tuple[str, int]]:
        """The alerts there are then, and how often each was heard."""
        intake.take(self.store, Settings(), Scheme())
        with self.store.transaction() as conn:
            assert all_rows(conn, "SELECT 1 FROM signal WHERE taken_at IS NULL") == []
            return [(row["status"], row["count"]) for row in all_rows(conn, "SELECT * FROM alert ORDER BY id")]

    def incidents(self) -> int:
        with self.store.transaction() as conn:
            return len(all_rows(conn, "SELECT 1 FROM incident"))


@pytest.fixture
def sender(store: Store) -> Sender:
    return Sender(store)


@pytest.mark.parametrize("apart", [False, True])
def test_the_same_bytes_right_behind_the_resolve_open_a_new_alert_as_nothing_says_that_they_are_a_retry(
    sender: Sender, apart: bool
) -> None:
    for seconds, status in ((0, "firing"), (1, "resolved"), (3, "firing")):
        sender.send(seconds, status)
        if apart:
            sender.take()
    assert sender.take() == [("resolved", 1), ("firing", 1)]


@pytest.mark.parametrize(
    ("seconds", "source", "body"), [(8, "cron", ""), (3, "other", ""), (3, "cron", "another body")]
)
def test_what_is_no_copy_opens_a_new_alert(sender: Sender, seconds: float, source: str, body: str) -> None:
    sender.send(0, "firing")
    sender.send(1, "resolved")
    sender.send(seconds, "firing", source=source, body=body)
    assert sender.take() == [("resolved", 1), ("firing", 1)]


def test_a_retry_of_the_resolve_does_not_end_what_fires_since(sender: Sender) -> None:
    sender.send(-60, "firing")
    sender.take()
    sender.send(0, "resolved")
    sender.send(1, "firing", body="anew")
    sender.send(2, "resolved")
    assert sender.take() == [("resolved", 1), ("firing", 1)]
    sender.send(30, "resolved")
    assert sender.take() == [("resolved", 1), ("resolved", 1)]


def test_a_replica_that_tells_late_of_an_earlier_end_does_not_end_what_fires_since(sender: Sender) -> None:
    for seconds, status, once in ((0, "firing", "one"), (60, "resolved", "one"), (90, "firing", "two"), (110, "resolved", "one")):  # fmt: skip
        sender.send(seconds, status, once=once)
    assert sender.take() == [("resolved", 1), ("firing", 1)]
    sender.send(200, "resolved", once="three")
    assert sender.take() == [("resolved", 1), ("resolved", 1)]


def test_a_pair_that_sends_everything_twice_has_one_alert_and_one_incident(sender: Sender) -> None:
    for seconds, status in ((0, "firing"), (15, "firing"), (60, "resolved"), (75, "resolved"), (76, "firing")):
        sender.send(seconds, status, once="one", body=f"{seconds}")
    assert sender.take() == [("resolved", 3)]
    assert sender.incidents() == 1

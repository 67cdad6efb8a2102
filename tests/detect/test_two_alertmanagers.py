"""Two Alertmanagers of one team: both tell of everything, each in its own time, through the door and intake as they are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.detect import calming, intake
from fireline.detect.door import Door
from fireline.incident.scheme import Scheme
from fireline.settings import Settings
from fireline.store.connect import Store, all_rows

TOKEN = "token-of-alertmanager"
SETTINGS = Settings.model_validate({"sources": {"am": {"format": "alertmanager", "token": TOKEN}}})
MINUTE = timedelta(minutes=1)


class Pair:
    """The door with both replicas in front of it, and intake behind it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.door = Door(store, SETTINGS)
        self.door.start()

    def tell(self, replica: str, status: str, began: datetime, **labels: str) -> None:
        """One notification of one replica, which is answered and then taken."""
        said = {"alertname": "PgDown", **labels}
        alert = {
            "status": status,
            "labels": said,
            "annotations": {"summary": "the database is down"},
            "startsAt": began.isoformat(),
            "endsAt": clock.now().isoformat() if status == "resolved" else "0001-01-01T00:00:00Z",
            "fingerprint": f"f{sorted(said.items())}"[:60],
        }
        body = {
            "version": "4",
            "groupKey": '{}:{alertname="PgDown"}',
            "status": status,
            "receiver": "fireline",
            "groupLabels": {"alertname": "PgDown"},
            "externalURL": f"http://{replica}:9093",
            "alerts": [alert],
        }
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        answer = asyncio.run(self.door.receive("am", headers, {}, json.dumps(body).encode()))
        assert answer.status == 202
        assert intake.take(self.store, SETTINGS, Scheme()) == 1

    def both(self, status: str, began: datetime, **labels: str) -> None:
        for replica in ("a", "b"):
            self.tell(replica, status, began, **labels)

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with self.store.transaction() as conn:
            return all_rows(conn, statement)

    def alerts(self) -> list[tuple[str, int]]:
        return [(row["status"], row["count"]) for row in self.rows("SELECT status, count FROM alert ORDER BY id")]

    def incidents(self) -> int:
        return len(self.rows("SELECT id FROM incident"))


@pytest.fixture
def pair(store: Store) -> Iterator[Pair]:
    made = Pair(store)
    yield made
    made.door.close()


def test_what_both_tell_is_one_alert_and_one_incident(pair: Pair) -> None:
    began = clock.now()
    pair.both("firing", began)
    assert (pair.alerts(), pair.incidents()) == ([("firing", 2)], 1)
    pair.both("resolved", began)
    assert (pair.alerts(), pair.incidents()) == ([("resolved", 2)], 1)


def test_what_is_sent_again_each_repeat_interval_is_counted_and_neither_flaps_nor_grows_stale(pair: Pair) -> None:
    began = clock.now()
    for number in range(7):
        with clock.moved(number * 4 * 60 * MINUTE):
            assert calming.grow_stale(pair.store, SETTINGS) == 0
            pair.both("firing", began)
    assert (pair.alerts(), pair.incidents()) == ([("firing", 14)], 1)


def test_one_that_still_fires_late_at_the_other_opens_nothing_again(pair: Pair) -> None:
    began = clock.now()
    pair.both("firing", began)
    pair.tell("a", "resolved", began)
    with clock.moved(MINUTE):
        pair.tell("b", "firing", began)
    assert (pair.alerts(), pair.incidents()) == ([("resolved", 3)], 1)
    with clock.moved(2 * MINUTE):
        pair.tell("b", "resolved", began)
    assert (pair.alerts(), pair.incidents()) == ([("resolved", 3)], 1)


def test_one_that_fires_on_at_the_other_for_long_after_was_not_over(pair: Pair) -> None:
    began = clock.now()
    pair.both("firing", began)
    pair.tell("a", "resolved", began)
    with clock.moved(10 * MINUTE):
        pair.tell("b", "firing", began)
    assert pair.alerts() == [("resolved", 2), ("firing", 1)]
    assert pair.incidents() == 1


def test_the_late_end_of_what_was_before_does_not_end_what_fires_now(pair: Pair) -> None:
    first = clock.now()
    pair.both("firing", first)
    pair.tell("a", "resolved", first)
    with clock.moved(MINUTE):
        second = clock.now()
        pair.tell("a", "firing", second)
        pair.tell("b", "resolved", first)
        assert [status for status, _ in pair.alerts()] == ["resolved", "firing"]
        pair.tell("b", "firing", second)
        pair.both("resolved", second)
    assert [status for status, _ in pair.alerts()] == ["resolved", "resolved"]


def test_two_who_tell_of_each_change_make_nothing_flap_that_does_not(pair: Pair) -> None:
    for number in range(2):
        with clock.moved(number * MINUTE):
            began = clock.now()
            pair.both("firing", began)
            pair.both("resolved", began)
    assert pair.rows("SELECT id FROM alert WHERE flap_state IS NOT NULL") == []
    with clock.moved(3 * MINUTE):
        began = clock.now()
        pair.both("firing", began)
        pair.both("resolved", began)
    (alert,) = pair.rows("SELECT flap_state, flips, status FROM alert WHERE flap_state IS NOT NULL")
    assert alert == {"flap_state": "resolved", "flips": 6, "status": "firing"}
    assert pair.incidents() == 1


def test_each_changes_in_its_own_time_and_a_flapping_alert_counts_each_change_once(pair: Pair) -> None:
    for number in range(5):
        with clock.moved(number * MINUTE):
            began = clock.now()
            pair.tell("a", "firing", began)
            pair.tell("a", "resolved", began)
            pair.tell("b", "firing", began)
            pair.tell("b", "resolved", began)
    (alert,) = pair.rows("SELECT flips FROM alert WHERE flap_state IS NOT NULL")
    assert alert == {"flips": 10}

"""A fence that does not fall when its time is over wakes somebody, once, and says when it is gone."""

from __future__ import annotations

from datetime import timedelta

from fireline import clock
from fireline.detect import intake, overdue
from fireline.incident.scheme import Scheme
from fireline.settings import Settings
from fireline.store.connect import Store
from tests.detect.test_intake import Desk

SETTINGS = Settings.model_validate({"targets": {"main": {"dsn": "postgres://fireline@db/app"}}})
MINUTE = timedelta(minutes=1)


class Wall(Desk):
    """One fence that is up for half an hour."""

    def raised(self) -> None:
        with self.store.transaction() as conn:
            conn.execute(
                "INSERT INTO fence (token, target, database, level, state, steps, reason, raised_at, expires_at, by)"
                " VALUES ('t', 'main', 'app', 'closed', 'up', '[]', 'a restore', %s, %s, 'anna')",
                [clock.now(), clock.now() + 30 * MINUTE],
            )

    def set(self, state: str, error: str | None = None) -> None:
        with self.store.transaction() as conn:
            conn.execute("UPDATE fence SET state = %s, error = %s", [state, error])

    def look(self, after: timedelta) -> int:
        with clock.moved(after):
            told = overdue.sweep(self.store)
            intake.take(self.store, SETTINGS, Scheme())
        return told

    def told(self) -> list[tuple[str, str]]:
        return [(alert["title"], alert["status"]) for alert in self.alerts()]


def test_a_fence_within_its_time_or_just_after_it_wakes_nobody(store: Store) -> None:
    wall = Wall(store)
    wall.raised()
    assert wall.look(29 * MINUTE) == wall.look(30 * MINUTE + timedelta(seconds=50)) == 0


def test_a_fence_that_does_not_fall_is_told_once_with_what_to_do_and_ends_when_it_is_lifted(store: Store) -> None:
    wall = Wall(store)
    wall.raised()
    wall.set("stuck", "target main does not answer")
    assert wall.look(32 * MINUTE) == 1
    assert wall.look(33 * MINUTE) == 0
    assert wall.told() == [("the fence of main does not fall", "firing")]
    (incident,) = wall.incidents()
    assert incident["target"] == "main"
    assert "The last try: target main does not answer." in incident["symptom"]
    assert "`fireline unfence --target main`" in incident["symptom"]
    wall.set("lifted")
    assert wall.look(34 * MINUTE) == 1
    assert wall.look(35 * MINUTE) == 0
    assert wall.told() == [("the fence of main does not fall", "resolved")]


def test_one_that_falls_in_time_is_never_told_of(store: Store) -> None:
    wall = Wall(store)
    wall.raised()
    wall.set("lifted")
    assert wall.look(40 * MINUTE) == 0
    assert wall.alerts() == []

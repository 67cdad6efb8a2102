"""A source that has fallen silent or is turned away is an alert that says what is normal, and it ends by itself."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from fireline import clock
from fireline.detect import intake, quiet
from fireline.incident.scheme import Scheme
from fireline.redact import Secret
from fireline.settings import Settings, SourceSettings
from fireline.store.connect import Store
from tests.detect.test_intake import Desk

MINUTE = timedelta(minutes=1)


def settings(**own: str) -> Settings:
    prom = {"format": "alertmanager", "token": "a-token-of-tests", "target": "main", **own}
    return Settings.model_validate({"sources": {"prom": prom}, "targets": {"main": {"dsn": "postgres://f@db/app"}}})


class Line(Desk):
    """One source, as its door counts it."""

    settings = settings()

    def look(self, after: timedelta, *, heard: bool = False, refused: int = 0) -> None:
        """A look at that moment, when it has just been heard."""
        with clock.moved(after):
            with self.store.transaction() as conn:
                conn.execute(
                    "INSERT INTO source_state (name, last_at, accepted, refused, last_refusal)"
                    " VALUES ('prom', %(at)s, %(heard)s, %(refused)s, '401: the token is absent or wrong')"
                    " ON CONFLICT (name) DO UPDATE SET last_at = COALESCE(EXCLUDED.last_at, source_state.last_at),"
                    " accepted = source_state.accepted + EXCLUDED.accepted,"
                    " refused = source_state.refused + EXCLUDED.refused",
                    {"at": clock.now() if heard else None, "heard": int(heard), "refused": refused},
                )
            quiet.look(self.store, self.settings)
            intake.take(self.store, self.settings, Scheme())

    def told(self) -> list[tuple[str, str]]:
        return [(alert["title"], alert["status"]) for alert in self.alerts()]

    def talk(self, begin: int, end: int, every: int = 1) -> None:
        for minute in range(begin, end):
            self.look(minute * MINUTE, heard=minute % every == 0)


@pytest.fixture
def line(store: Store) -> Line:
    return Line(store)


SILENT = "prom has fallen silent"


def test_a_regular_source_that_falls_silent_is_told_with_what_is_normal_and_ends_when_it_talks(line: Line) -> None:
    line.talk(0, 25)
    for minute in range(25, 34):
        line.look(minute * MINUTE)
        assert line.alerts() == []
    line.look(34 * MINUTE + timedelta(seconds=5))
    assert line.told() == [(SILENT, "firing")]
    (incident,) = line.incidents()
    assert incident["target"] == "main"
    assert "Last heard at" in incident["symptom"]
    assert "every 1 min, never more than 1 min" in incident["symptom"]
    line.look(35 * MINUTE)
    line.look(37 * MINUTE, heard=True)
    assert line.told() == [(SILENT, "resolved")]
    for minute in range(38, 50):
        line.look(minute * MINUTE)
    assert line.told() == [(SILENT, "resolved"), (SILENT, "firing")]


def test_a_source_without_a_rhythm_has_no_normal_silence(line: Line) -> None:
    for minute in range(120):
        line.look(minute * MINUTE, heard=minute % 7 == 0 or minute in (1, 2, 8, 30, 31, 32, 33, 57, 58, 90))
    for hour in range(3, 6):
        line.look(hour * 60 * MINUTE)
    assert line.alerts() == []


def test_what_the_settings_say_holds_from_the_first_look(line: Line) -> None:
    line.settings = settings(silent_after="3m")
    for minute in range(3):
        line.look(minute * MINUTE)
        assert line.alerts() == []
    line.look(3 * MINUTE + timedelta(seconds=5))
    assert line.told() == [(SILENT, "firing")]
    assert "never heard" in line.incidents()[0]["symptom"]
    assert "sources.prom.silent_after" in line.incidents()[0]["symptom"]
    line.settings = settings(silent_after="0s")
    line.look(4 * MINUTE)
    assert line.told() == [(SILENT, "resolved")]


def test_while_nobody_looked_nobody_was_silent(line: Line) -> None:
    line.settings = settings(silent_after="5m")
    line.look(0 * MINUTE, heard=True)
    line.look(60 * MINUTE)
    line.look(61 * MINUTE)
    assert line.alerts() == []
    for minute in range(62, 67):
        line.look(minute * MINUTE)
    assert line.told() == [(SILENT, "firing")]


def test_many_workers_tell_it_once(line: Line) -> None:
    line.settings = settings(silent_after="30s")
    line.look(0 * MINUTE)
    with clock.moved(timedelta(seconds=50)):
        workers = [threading.Thread(target=quiet.look, args=(line.store, line.settings)) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert line.rows("SELECT count(*) AS n FROM signal") == [{"n": 1}]


def test_a_door_that_suddenly_refuses_is_told_and_ends_when_it_takes_again(line: Line) -> None:
    line.look(0 * MINUTE, heard=True)
    line.look(11 * MINUTE, heard=True)
    line.look(12 * MINUTE, refused=9)
    assert line.alerts() == []
    line.look(13 * MINUTE, refused=3)
    assert line.told() == [("deliveries of prom are refused", "firing")]
    assert "12 deliveries were refused" in line.incidents()[0]["symptom"]
    assert "401" in line.incidents()[0]["symptom"]
    line.look(24 * MINUTE, refused=5)
    assert line.told()[0][1] == "firing"
    line.look(35 * MINUTE, heard=True)
    assert line.told()[0][1] == "resolved"


def test_strangers_at_a_door_that_was_never_used_wake_nobody(line: Line) -> None:
    line.look(0 * MINUTE)
    line.look(1 * MINUTE, refused=500)
    assert line.alerts() == []


def test_a_source_that_is_in_the_settings_no_more_is_over(line: Line) -> None:
    line.settings = settings(silent_after="30s")
    line.look(0 * MINUTE)
    line.look(1 * MINUTE)
    line.settings = Settings()
    line.look(2 * MINUTE)
    assert line.told() == [(SILENT, "resolved")]
    assert line.rows("SELECT * FROM source_watch") == []


@pytest.mark.parametrize(
    ("gaps", "limit"),
    [([60.0] * 19, None), ([60.0] * 20, 600), ([60.0] * 20 + [180], 600), ([60.0] * 20 + [181], None), ([3600.0] * 30, 10_800)],
)  # fmt: skip
def test_a_rhythm_is_learned_only_where_it_is_regular(gaps: list[float], limit: int | None) -> None:
    found = quiet.usual(SourceSettings(format="alertmanager", token=Secret("of-tests")), gaps)
    assert (found and found.limit.total_seconds()) == limit

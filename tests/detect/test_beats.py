"""Signs of life of jobs: late, failed, started and not finished, in any order, with any number of workers."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.detect import beats, calming, intake
from fireline.detect.source import Event, Inbound
from fireline.detect.sources.ping import source
from fireline.incident.scheme import Scheme
from fireline.settings import Settings
from fireline.store.connect import Store, all_rows
from tests.detect.test_intake import Desk

RID, OTHER = "a6f2b9c4-0c1d-4e3f-8a5b-6c7d8e9f0a1b", "b7f2b9c4-0c1d-4e3f-8a5b-6c7d8e9f0a1b"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SETTINGS = Settings.model_validate(
    {
        "targets": {"main": {"dsn": "postgres://f@db/app"}, "other": {"dsn": "postgres://f@db2/app"}},
        "sources": {"jobs": {"format": "ping", "token": "the-ping-key"}},
        "beats": {"backup": {"source": "jobs", "target": "other", "severity": "critical"}},
    }
)


class Job(Desk):
    """A job that pings."""

    def ping(self, action: str = "success", *, rid: str | None = None, said: str = "", slug: str = "backup") -> None:
        options = source.complete(SETTINGS, "jobs", source.options_of("jobs", SETTINGS.sources["jobs"]))  # type: ignore[misc]
        query = {"rid": rid} if rid else {}
        place = {"first": "the-ping-key", "second": slug} | ({"third": action} if action != "success" else {})
        settings = SETTINGS.sources["jobs"]
        heard = Inbound("jobs", said.encode(), settings, query=query, method="GET", place=place, options=options)
        self.put(*source.parse(heard))
        self.work()

    def work(self) -> None:
        beats.sweep(self.store, SETTINGS)
        intake.take(self.store, SETTINGS, Scheme())

    def state(self) -> str:
        return str(self.rows("SELECT state FROM beat WHERE name = 'backup'")[0]["state"])

    def told(self) -> list[tuple[str, str]]:
        return [(alert["title"], alert["status"]) for alert in self.alerts()]


@pytest.fixture
def job(store: Store) -> Job:
    made = Job(store)
    made.work()
    return made


LATE, FAILED = "backup shows no sign of life", "backup failed"


def test_one_that_comes_in_time_wakes_nobody(job: Job) -> None:
    for days in range(3):
        with clock.moved(days * DAY):
            job.ping()
            assert job.state() == "well"
    with clock.moved(3 * DAY + HOUR - timedelta(minutes=1)):
        job.work()
    assert job.alerts() == []


def test_one_that_stays_away_fires_once_and_its_next_sign_resolves_it(job: Job) -> None:
    job.ping()
    with clock.moved(DAY + HOUR + timedelta(seconds=1)):
        for _ in range(3):
            job.work()
        assert job.told() == [(LATE, "firing")]
        (alert,) = job.alerts()
        assert (alert["target"], alert["severity"], alert["count"]) == ("other", "critical", 1)
        job.ping()
        assert job.told() == [(LATE, "resolved")]
        assert job.state() == "well"
    with clock.moved(3 * DAY):
        job.work()
        assert job.told() == [(LATE, "resolved"), (LATE, "firing")]


def test_one_that_was_never_heard_is_late_too(job: Job) -> None:
    assert job.state() == "new"
    with clock.moved(DAY + HOUR + timedelta(seconds=1)):
        job.work()
    assert job.told() == [(LATE, "firing")]
    assert "never heard" in job.incidents()[0]["symptom"]


def test_a_failure_fires_with_what_the_job_said_and_a_success_resolves_it_at_once(job: Job) -> None:
    job.ping("fail", said="pg_dump: error: disk full")
    assert job.told() == [(FAILED, "firing")]
    assert "disk full" in job.incidents()[0]["symptom"]
    job.ping("7")
    assert [alert["count"] for alert in job.alerts()] == [2]
    assert job.told() == [("backup failed (exit 7)", "firing")]
    job.ping("0")
    assert job.told() == [("backup failed (exit 7)", "resolved")]
    job.ping("fail")
    assert [status for _, status in job.told()] == ["resolved", "firing"]


def test_what_nobody_repeats_is_not_stale_as_its_end_is_seen_here(job: Job) -> None:
    job.ping("fail")
    job.put(Event("cron:other", "the title", "another"))
    job.work()
    with clock.moved(30 * DAY):
        assert calming.grow_stale(job.store, SETTINGS) == 1
    assert job.told() == [(FAILED, "firing"), ("another", "stale")]


def test_a_start_without_its_finish_fires_after_the_grace(job: Job) -> None:
    job.ping()
    job.ping("start", rid=RID)
    with clock.moved(HOUR - timedelta(minutes=1)):
        job.work()
        assert job.alerts() == []
    with clock.moved(HOUR + timedelta(seconds=1)):
        job.work()
        assert job.told() == [("backup has not finished", "firing")]
        job.ping("start")
        job.ping("log", said="still at it")
        assert job.told() == [("backup has not finished", "firing")]
        job.ping()
        assert job.told() == [("backup has not finished", "resolved")]


def test_a_finish_ends_the_run_that_it_names(job: Job) -> None:
    job.ping("start", rid=RID)
    job.ping(rid=OTHER)
    assert job.rows("SELECT started_at IS NOT NULL AS runs, took_ms FROM beat") == [{"runs": True, "took_ms": None}]
    with clock.moved(timedelta(minutes=2)):
        job.ping(rid=RID)
    (row,) = job.rows("SELECT started_at, took_ms FROM beat")
    assert row["started_at"] is None
    assert 119_000 < row["took_ms"] < 130_000


def test_many_workers_raise_one_alarm(job: Job) -> None:
    job.ping()
    with clock.moved(2 * DAY):
        workers = [threading.Thread(target=beats.sweep, args=(job.store, SETTINGS)) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert job.rows("SELECT count(*) AS n FROM signal WHERE taken_at IS NULL") == [{"n": 1}]
        job.work()
    assert job.told() == [(LATE, "firing")]


def test_while_a_sign_waits_to_be_taken_nobody_is_late(job: Job) -> None:
    job.ping()
    with clock.moved(2 * DAY):
        job.put(Event("x", "x", "x", kind="beat", labels={"beat": "backup", "action": "log"}))
        with job.store.transaction() as conn:
            conn.execute("UPDATE signal SET source = 'jobs' WHERE taken_at IS NULL")
        assert beats.sweep(job.store, SETTINGS) == 0


def test_word_that_one_is_late_is_void_once_a_sign_has_come(job: Job) -> None:
    job.ping()
    with clock.moved(2 * DAY):
        assert beats.sweep(job.store, SETTINGS) == 1
        with job.store.transaction() as conn:  # a sign that was taken before the word of it
            conn.execute("UPDATE beat SET state = 'well'")
        job.work()
    assert job.alerts() == []
    assert (
        job.rows("SELECT fault FROM signal ORDER BY id DESC LIMIT 1")[0]["fault"] == "a sign of life has come meanwhile"
    )


def test_what_the_settings_name_no_more_is_over(job: Job, store: Store) -> None:
    job.ping("fail")
    nothing = SETTINGS.model_copy(update={"beats": {}})
    beats.sweep(store, nothing)
    intake.take(store, nothing, Scheme())
    assert job.told() == [(FAILED, "resolved")]
    assert job.rows("SELECT * FROM beat") == []


def test_a_new_period_holds_at_once(job: Job, store: Store) -> None:
    job.ping()
    soon = SETTINGS.beats["backup"].model_copy(update={"period": HOUR})
    with clock.moved(2 * HOUR + timedelta(minutes=1)):
        assert beats.sweep(store, SETTINGS) == 0
        assert beats.sweep(store, SETTINGS.model_copy(update={"beats": {"backup": soon}})) == 1


def test_a_sign_of_a_job_that_nobody_knows_makes_nothing(job: Job) -> None:
    job.ping(slug="unheard-of")
    with job.store.transaction() as conn:
        assert [row["name"] for row in all_rows(conn, "SELECT name FROM beat")] == ["backup"]
    assert "no beat" in job.rows("SELECT fault FROM signal")[0]["fault"]


def test_a_run_that_has_begun_is_due_sooner_than_the_next() -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    row: dict[str, Any] = {"last_at": None, "since": at, "started_at": None, "rid": None, "state": "new", "detail": "",
                           "took_ms": None, "period": DAY, "grace": HOUR}  # fmt: skip
    after = beats.heard(row, "success", None, at + HOUR, "")
    assert after["due_at"] == at + HOUR + DAY + HOUR
    assert beats.heard(after, "start", None, at + 2 * HOUR, "")["due_at"] == at + 3 * HOUR

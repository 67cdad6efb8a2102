from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from fireline import clock
from fireline.detect import intake
from fireline.detect.intake import Tell
from fireline.detect.source import Event
from fireline.incident import transitions
from fireline.incident.people import Actor
from fireline.incident.scheme import Scheme
from fireline.incident.story import sentence
from fireline.settings import Settings
from fireline.store.connect import Connection, Store, all_rows, one

ANNA = Actor("anna")
SCHEME = Scheme()
SETTINGS = Settings.model_validate({"targets": {"main": {"dsn": "postgres://fireline@db/app"}}})
HOURS = timedelta(hours=1)


def firing(key: str = "k", **fields: Any) -> Event:
    return Event(**({"key": key, "key_reason": "the title", "title": f"alert {key}"} | fields))


def resolved(key: str = "k", **fields: Any) -> Event:
    return firing(key, status="resolved", **fields)


class Desk:
    """A store with signals put into it and taken out again."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def put(self, *events: Event, raw: Any = None, at: datetime | None = None) -> int:
        kept = raw if raw is not None else [event.json() for event in events]
        with self.store.transaction() as conn:
            row = one(
                conn,
                "INSERT INTO signal (source, received_at, digest, body, events)"
                " VALUES ('cron', %(at)s, '', '{}', %(events)s) RETURNING id",
                at=at or clock.now(),
                events=Jsonb(kept),
            )
        assert row is not None
        return int(row["id"])

    def take(self, settings: Settings = SETTINGS, scheme: Scheme = SCHEME) -> int:
        return intake.take(self.store, settings, scheme)

    def send(self, *events: Event) -> None:
        self.put(*events)
        assert self.take() == 1

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with self.store.transaction() as conn:
            return all_rows(conn, statement)

    def alerts(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM alert ORDER BY id")

    def incidents(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM incident ORDER BY id")

    def story(self, incident: int = 1) -> list[str]:
        events = self.rows(f"SELECT kind, actor, payload FROM timeline WHERE incident_id = {incident} ORDER BY seq")
        return [sentence(event["kind"], event["actor"], event["payload"]) for event in events]

    def woken(self) -> set[str]:
        jobs = self.rows("SELECT task_name, args FROM procrastinate_jobs WHERE scheduled_at IS NULL")
        return {f"{job['task_name'].removeprefix('fireline.')} {job['args']['key']}" for job in jobs}

    def act(self, operation: Callable[..., Any], **arguments: Any) -> None:
        with self.store.transaction() as conn:
            operation(conn, ANNA, **arguments)


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def test_a_first_signal_is_an_alert_and_an_incident_and_everybody_is_woken(desk: Desk) -> None:
    at = clock.now() - timedelta(seconds=30)
    signal = desk.put(firing(severity="critical", text="No answer.", labels={"a": "b"}), at=at)
    assert desk.take() == 1
    (alert,) = desk.alerts()
    (incident,) = desk.incidents()
    assert {key: alert[key] for key in ("key", "source", "target", "status", "count", "labels", "incident_id")} == {
        "key": "k",
        "source": "cron",
        "target": "main",
        "status": "firing",
        "count": 1,
        "labels": {"a": "b"},
        "incident_id": incident["id"],
    }
    assert (incident["title"], incident["severity"], incident["target"]) == ("alert k", "P0", "main")
    assert (incident["symptom"], incident["declared_by"]) == ("alert k\nNo answer.", "cron")
    assert incident["detected_at"] == alert["first_at"] == at
    assert desk.story() == [
        "cron opened the incident as P0: alert k; the sender says “critical”",
        "Alert from cron: alert k",
    ]
    assert {"tell 1", "assess 1", "respond 1"} <= desk.woken()
    (clock_,) = desk.rows("SELECT phrase, due_at FROM clock")
    assert clock_ == {"phrase": "Immediate", "due_at": at + timedelta(minutes=5)}
    (kept,) = desk.rows(f"SELECT taken_at, alert_ids, fault FROM signal WHERE id = {signal}")
    assert kept["taken_at"] is not None
    assert (kept["alert_ids"], kept["fault"]) == ([alert["id"]], None)
    assert desk.take() == 0


def test_the_same_alert_a_thousand_times_is_one_alert_and_one_incident(desk: Desk) -> None:
    for _ in range(1000):
        desk.put(firing())
    assert desk.take() == 1000
    (alert,) = desk.alerts()
    assert alert["count"] == 1000
    assert len(desk.incidents()) == 1
    assert len(desk.story()) == 2
    assert desk.rows("SELECT count(*) AS taken FROM signal WHERE alert_ids = '{1}'") == [{"taken": 1000}]


def test_the_same_alert_twice_in_one_delivery_is_counted_twice(desk: Desk) -> None:
    desk.send(firing(), firing(), firing("other", group_key="k"))
    assert [alert["count"] for alert in desk.alerts()] == [2, 1]


def test_alerts_of_one_group_are_one_incident_with_the_reason_told(desk: Desk) -> None:
    for number in range(5):
        desk.put(firing(f"k{number}", group_key="g", group_reason="Alertmanager groups by db=app"))
    desk.put(firing("alone"))
    desk.take()
    assert [alert["incident_id"] for alert in desk.alerts()] == [1, 1, 1, 1, 1, 2]
    (payload,) = desk.rows("SELECT payload FROM timeline WHERE incident_id = 1 AND seq = 2")
    assert payload["payload"]["reason"] == "the title; grouped by Alertmanager groups by db=app"


def test_after_the_window_an_alert_of_the_group_opens_a_new_incident(desk: Desk) -> None:
    desk.send(firing("a", group_key="g"))
    with clock.moved(1 * HOURS):
        desk.send(firing("b", group_key="g"))
    with clock.moved(2 * HOURS + timedelta(seconds=1)):
        desk.send(firing("a", group_key="g"))  # the same alert: it still fires, that is no news
        desk.send(firing("c", group_key="g"))
    assert [(alert["key"], alert["incident_id"], alert["count"]) for alert in desk.alerts()] == [
        ("a", 1, 2),
        ("b", 1, 1),
        ("c", 2, 1),
    ]


def test_a_resolved_alert_is_told_and_when_it_was_the_last_the_probe_is_asked(desk: Desk) -> None:
    desk.send(firing("a", group_key="g"), firing("b", group_key="g"))
    desk.send(resolved("a"))
    assert "probe 1" not in desk.woken()
    desk.send(resolved("b"))
    assert "probe 1" in desk.woken()
    assert desk.story()[-2:] == ["The alert “alert a” is resolved", "The alert “alert b” is resolved"]
    assert {alert["status"] for alert in desk.alerts()} == {"resolved"}
    assert desk.incidents()[0]["status"] == "detected"


def test_a_resolve_without_an_open_alert_does_nothing_and_is_kept(desk: Desk) -> None:
    desk.send(resolved())
    assert desk.alerts() == []
    assert desk.rows("SELECT alert_ids, fault FROM signal WHERE taken_at IS NOT NULL") == [
        {"alert_ids": [], "fault": None}
    ]
    desk.send(firing())
    desk.send(resolved())
    desk.send(resolved())
    assert len(desk.alerts()) == 1
    assert desk.story()[2:] == ["The alert “alert k” is resolved"]


def test_after_a_resolve_the_next_trigger_is_a_new_alert_of_the_open_incident(desk: Desk) -> None:
    desk.send(firing())
    desk.send(resolved())
    desk.send(firing())
    assert [(alert["status"], alert["incident_id"]) for alert in desk.alerts()] == [("resolved", 1), ("firing", 1)]


def test_firing_and_resolved_in_one_batch_come_out_in_order(desk: Desk) -> None:
    for _ in range(2):
        desk.put(firing())
        desk.put(firing())
        desk.put(resolved())
    assert desk.take() == 6
    assert [(alert["status"], alert["count"]) for alert in desk.alerts()] == [("resolved", 2)] * 2


def test_a_late_copy_of_what_was_resolved_opens_nothing_again(desk: Desk) -> None:
    desk.send(firing(once="a:03:00"))
    desk.send(resolved(once="a:03:00"))
    desk.send(firing(once="a:03:00"))  # the other replica of Alertmanager, late
    assert [alert["status"] for alert in desk.alerts()] == ["resolved"]
    assert desk.rows("SELECT alert_ids, fault FROM signal ORDER BY id DESC LIMIT 1") == [
        {"alert_ids": [1], "fault": "a late copy of what had been resolved; nothing was opened again"}
    ]
    with clock.moved(timedelta(minutes=6)):  # no copy is under way that long: it fires again
        desk.send(firing(once="a:03:00"))
    desk.send(firing("b", once="b:03:00"))
    desk.send(resolved("b", once="b:03:00"))
    desk.send(firing("b", once="b:03:04"))  # another occurrence at once
    assert [(alert["key"], alert["status"]) for alert in desk.alerts()] == [
        ("k", "resolved"),
        ("k", "firing"),
        ("b", "resolved"),
        ("b", "firing"),
    ]


def test_an_alert_that_fires_on_after_its_incident_was_resolved(desk: Desk) -> None:
    desk.send(firing("named", once="1"), firing("nameless"))
    for number in ("1", "2"):
        desk.act(transitions.resolve, incident=number, resolution="mended", scheme=SCHEME)
    desk.send(firing("named", once="1"))  # the same occurrence, repeated by its sender: no news
    desk.send(firing("nameless"))  # somebody triggers anew
    assert [(a["key"], a["status"], a["incident_id"], a["count"]) for a in desk.alerts()] == [
        ("named", "firing", 1, 2),
        ("nameless", "resolved", 2, 1),
        ("nameless", "firing", 3, 1),
    ]
    with clock.moved(3 * HOURS):  # it was not mended after all
        desk.send(firing("named", once="1"))
    assert [(a["status"], a["incident_id"]) for a in desk.alerts() if a["key"] == "named"] == [
        ("resolved", 1),
        ("firing", 4),
    ]


def test_what_was_dismissed_stays_dismissed_as_long_as_it_is_the_same(desk: Desk) -> None:
    desk.send(firing(once="1"))
    desk.act(transitions.dismiss, incident="1", reason="a test")
    with clock.moved(30 * HOURS):
        desk.send(firing(once="1"))
        assert len(desk.incidents()) == 1
        desk.send(firing(once="2"))
    assert len(desk.incidents()) == 2


def test_a_worse_alert_makes_its_incident_worse_unless_a_person_said_how_bad_it_is(desk: Desk) -> None:
    desk.send(firing("a", group_key="g", severity="info"))
    desk.send(firing("b", group_key="g", severity="warning"))
    assert desk.incidents()[0]["severity"] == "P2"
    desk.send(firing("a", group_key="g", severity="critical"))  # the same alert, now worse
    assert desk.incidents()[0]["severity"] == "P0"
    assert desk.alerts()[0]["severity"] == "critical"
    assert desk.story()[-1] == "Fireline changed the severity from P2 to P0: the sender says “critical” in “alert a”"
    desk.act(transitions.severity, incident="1", severity="P3", scheme=SCHEME)
    desk.send(firing("c", group_key="g", severity="critical"))
    assert desk.incidents()[0]["severity"] == "P3"


def test_an_alert_of_the_lowest_severity_is_recorded_like_any_other(desk: Desk) -> None:
    desk.send(firing(severity="info"))
    assert [(row["severity"], row["severity_rank"]) for row in desk.incidents()] == [("P3", 3)]


def test_a_broken_rule_lets_the_alert_through_with_a_warning(desk: Desk) -> None:
    def suggest(complaint: str) -> tuple[str, str] | None:
        raise ZeroDivisionError("password=hunter2hunter2")

    for _ in range(3):
        desk.put(firing("a", group_key="g"))
    desk.put(firing("b", group_key="g"))
    desk.take(scheme=Scheme(suggest=suggest))
    assert [(alert["key"], alert["count"], alert["incident_id"]) for alert in desk.alerts()] == [
        ("a", 3, 1),
        ("b", 1, 2),
    ]
    assert desk.incidents()[0]["severity"] == "P0"
    assert desk.story()[-1] == (
        "Fireline noted: Could not judge the alert “alert a”; let through as P0: ZeroDivisionError: password=«redacted»"
    )
    faults = [row["fault"] for row in desk.rows("SELECT fault FROM signal ORDER BY id")]
    assert faults == ["ZeroDivisionError: password=«redacted»", None, None, "ZeroDivisionError: password=«redacted»"]


@pytest.mark.parametrize("raw", [{"no": "list"}, [{"title": "without a key"}], ["text"], "x", [None], 7])
def test_a_signal_nobody_can_read_becomes_an_alert_of_its_own(desk: Desk, raw: Any) -> None:
    desk.put(firing("before"))
    bad = desk.put(raw=raw)
    desk.put(firing("after"))
    assert desk.take() == 3
    assert [alert["title"] for alert in desk.alerts()] == [
        "alert before",
        f"signal {bad} from cron could not be taken",
        "alert after",
    ]
    (kept,) = desk.rows(f"SELECT fault, alert_ids FROM signal WHERE id = {bad}")
    assert kept["fault"].startswith("its events can not be read")
    assert kept["alert_ids"] == [2]


def test_a_signal_the_store_refuses_is_let_through_and_leaves_nothing_half_done(desk: Desk) -> None:
    desk.put(firing("before"))
    endless = "".join(hashlib.sha256(b"%d" % number).hexdigest() for number in range(300))
    bad = desk.put(firing("half"), firing(endless))  # too long for the index: it refuses what the first began
    desk.put(firing("after"), firing("half"))
    assert desk.take() == 3
    assert [alert["key"] for alert in desk.alerts()] == ["before", f"signal:{bad}", "after", "half"]
    (kept,) = desk.rows(f"SELECT fault FROM signal WHERE id = {bad}")
    assert "index row requires" in kept["fault"]


def test_a_title_that_would_be_a_header_is_only_a_title(desk: Desk) -> None:
    desk.send(firing(title="down\r\nBcc: everybody@example.org"))
    assert desk.incidents()[0]["title"] == "down Bcc: everybody@example.org"


def test_two_workers_at_once_take_every_signal_once(desk: Desk) -> None:
    for number in range(300):
        desk.put(firing(f"k{number % 7}", group_key="g"))
    taken: list[int] = []
    threads = [threading.Thread(target=lambda: taken.append(desk.take())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 300
    assert sum(alert["count"] for alert in desk.alerts()) == 300
    assert len(desk.incidents()) == 1


def test_who_finds_another_worker_at_it_leaves_it_the_work(desk: Desk) -> None:
    desk.put(firing())
    with desk.store.transaction() as conn:
        conn.execute(intake.Q["hold_intake"])
        assert desk.take() == 0
    assert desk.take() == 1


def test_a_worker_killed_in_the_middle_leaves_nothing_behind(desk: Desk) -> None:
    desk.put(firing())

    def killed(complaint: str) -> tuple[str, str] | None:
        with desk.store.transaction() as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
        return None

    with pytest.raises(psycopg.OperationalError):
        desk.take(scheme=Scheme(suggest=killed))
    assert desk.alerts() == []
    assert desk.take() == 1
    assert len(desk.alerts()) == 1


def test_an_incident_that_ends_while_an_alert_joins_it_is_not_joined(desk: Desk) -> None:
    desk.send(firing("a", group_key="g"))
    desk.put(firing("b", group_key="g"))
    with desk.store.transaction() as conn:
        transitions.resolve(conn, ANNA, incident="1", resolution="mended", scheme=SCHEME)
        worker = threading.Thread(target=desk.take)
        worker.start()
        while not desk.rows(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            worker.join(0.01)
    worker.join()
    assert [(alert["key"], alert["incident_id"]) for alert in desk.alerts()] == [("a", 1), ("b", 2)]


def test_a_delivery_of_very_many_alerts_is_taken_whole(desk: Desk) -> None:
    for _ in range(3):
        desk.put(*(firing(f"k{number}", group_key="g") for number in range(900)))
    assert desk.take() == 3
    assert [alert["count"] for alert in desk.alerts()] == [3] * 900
    assert len(desk.incidents()) == 1


def test_times_of_a_repeat_are_those_of_the_signal(desk: Desk) -> None:
    first, last = (datetime(2026, 1, 5, hour, tzinfo=UTC) for hour in (3, 4))
    desk.put(firing(), at=first)
    desk.put(firing(), at=last)
    desk.put(firing(), at=first + timedelta(minutes=5))
    desk.take()
    (alert,) = desk.alerts()
    assert (alert["first_at"], alert["last_at"], alert["count"]) == (first, last, 3)


def test_events_are_kept_as_json_and_come_back_the_same(desk: Desk) -> None:
    event = firing("ü", labels={"a": "1"}, annotations={"b": "2"}, severity="warning", once="x")
    desk.put(raw=json.loads(json.dumps([event.json() | {"field of a newer version": 1}])))
    desk.take()
    assert desk.alerts()[0]["annotations"] == {"b": "2"}


def woken_to_tell(desk: Desk) -> set[str]:
    jobs = desk.rows("SELECT args FROM procrastinate_jobs WHERE task_name = 'fireline.tell'")
    return {job["args"]["key"] for job in jobs}


def test_whoever_takes_signals_tells_of_the_incidents_they_opened_in_the_same_transaction(store: Store) -> None:
    desk = Desk(store)
    told: list[tuple[int, int]] = []
    ended: list[int] = []

    @contextmanager
    def telling() -> Iterator[Tell]:
        yield lambda conn, incident: told.append((incident, len(desk.incidents())))
        ended.append(len(desk.incidents()))

    desk.put(firing("a"))
    assert intake.take(store, SETTINGS, SCHEME, telling) == 1
    desk.put(firing("a"))
    assert intake.take(store, SETTINGS, SCHEME, telling) == 1
    assert told == [(1, 0)], "a repeat opens none; nobody else sees what is not committed"
    assert ended[0] == 1, "the block ends when it is committed"
    assert woken_to_tell(desk) == set()


def test_when_telling_breaks_the_incident_stands_and_a_worker_is_woken_to_tell(store: Store) -> None:
    desk = Desk(store)

    def breaks(conn: Connection, incident: int) -> None:
        conn.execute("UPDATE incident SET title = 'half told'")
        conn.execute("SELECT 1 / 0")

    desk.put(firing("a", title="Disk full"))
    assert intake.take(store, SETTINGS, SCHEME, lambda: nullcontext(breaks)) == 1
    assert [one["title"] for one in desk.incidents()] == ["Disk full"]
    assert woken_to_tell(desk) == {"1"}


def test_of_a_storm_the_first_incidents_are_told_of_at_once_and_others_are_woken_for_the_rest(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MOST_TOLD", 2)
    desk = Desk(store)
    for number in range(4):
        desk.put(firing(f"k{number}", title=f"alert {number}"))
    told: list[int] = []
    monkeypatch.setattr(intake, "PATIENCE", 60.0)
    intake.take(store, SETTINGS, SCHEME, lambda: nullcontext(lambda conn, incident: told.append(incident)))
    assert told == [1, 2]
    assert len(desk.incidents()) == 4
    assert woken_to_tell(desk) == {"3", "4"}

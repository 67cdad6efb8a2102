"""Looking around, on a real store, with real servers of somebody else, slow and broken ones among them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from fireline import clock, shelf
from fireline.assess import around
from fireline.assess import incident as assessment
from fireline.assess.around import look_around, look_around_incident
from fireline.assess.surrounding import SHELF, Circumstances, Question, Seen, Surrounding, surroundings
from fireline.incident import timeline, transitions
from fireline.incident.people import FIRELINE, Actor
from fireline.incident.row import get, name
from fireline.incident.view import incident_view
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.run.world import World
from fireline.settings import Model, Settings
from fireline.store.connect import Store
from tests.assess.faults import Faults
from tests.assess.surroundings.test_sentry import EVENT, ISSUE, TOKEN
from tests.assess.surroundings.test_vendor import component, summary
from tests.systems import peer as peers
from tests.systems.peer import Peer


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A server with a page, a status page, and one issue."""
    with peers.running() as running:
        running.answer("/health", "ok")
        running.answer("/api/v2/summary.json", summary(component("API")))
        running.answer("/api/0/issues/4509/", ISSUE)
        running.answer("/api/0/issues/4509/events/latest/", EVENT)
        yield running


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that another test asked serves this one."""
    monkeypatch.setattr(around, "_asked", {})


def settings(peer: Peer, timeout: str = "5s", **more: Any) -> Settings:
    return Settings.model_validate(
        {
            "surroundings": {
                "application": {"shop": {"url": f"{peer.url}/health", "expect": "ok", "timeout": timeout}},
                "vendor": {"acme": {"url": peer.url, "timeout": timeout}},
                "sentry": {"token": TOKEN, "url": peer.url, "timeout": timeout},
            },
            **more,
        }
    )


def world(store: Store, given: Settings, target: Target | None = None) -> World:
    return World(given, store, {"main": target} if target else {}, dict)


def open_one(place: World, target: str | None = None, symptom: str = "timeouts") -> int:
    with place.store.transaction() as conn:
        return transitions.open_incident(
            conn,
            title="Checkout hangs",
            severity="P1",
            severity_rank=1,
            severity_reason="said so",
            target=target,
            group_key=None,
            symptom=symptom,
            declared_by=FIRELINE,
            detected_at=clock.now(),
            response=None,
        )


def alert(place: World, incident: int, body: Any = None, alerts: int = 1, **labels: str) -> None:
    """An alert of the incident, with the signal it came by."""
    with place.store.transaction() as conn:
        found = conn.execute(
            "INSERT INTO alert (key, key_reason, source, title, status, first_at, last_at, labels, group_key, incident_id)"
            " VALUES ('k', 'r', 's', 'CheckoutErrors', 'firing', %(now)s, %(now)s, %(labels)s, 'g', %(incident)s) RETURNING id",
            {"now": clock.now(), "labels": Jsonb(labels), "incident": incident},
        ).fetchone()
        assert found is not None
        ids = [found["id"], *range(1_000, 999 + alerts)]
        conn.execute(
            "INSERT INTO signal (source, received_at, digest, body, events, taken_at, alert_ids)"
            " VALUES ('s', %(now)s, '', %(body)s, '[]', %(now)s, %(ids)s)",
            {"now": clock.now(), "body": Jsonb(body or {}), "ids": ids},
        )


def shown(place: World, incident: int) -> dict[str, Any]:
    with place.store.transaction() as conn:
        return incident_view(conn, incident)


def states(place: World, incident: int) -> dict[str, str]:
    return {one["name"]: one["state"] for one in shown(place, incident)["surroundings"]}


def sentences(place: World, incident: int) -> list[str]:
    return [event["text"] for event in shown(place, incident)["timeline"] if event["kind"] == "surroundings"]


def jobs(place: World) -> list[str]:
    with place.store.transaction() as conn:
        rows = conn.execute(
            "DELETE FROM jobs.procrastinate_jobs WHERE task_name = 'fireline.surroundings' AND status = 'todo'"
            " RETURNING args ->> 'key' AS key, queue_name"
        ).fetchall()
    assert {row["queue_name"] for row in rows} <= {"around"}, "no look at a target may wait for these"
    return sorted(row["key"] for row in rows)


def test_everything_around_an_incident_is_kept_and_told_in_one_line(store: Store, peer: Peer) -> None:
    place = world(store, settings(peer))
    incident = open_one(place)
    alert(place, incident, sentry_issue="4509")
    look_around_incident(place, incident)
    assert states(place, incident) == {"issue 4509": "ailing", "acme": "well", "shop": "well"}
    assert sentences(place, incident) == [
        "Around it: Sentry issue 4509: “OperationalError: canceling statement due to statement timeout” in POST /checkout; "
        "users affected: about 412 users; shop, acme are well"
    ]
    estimate = shown(place, incident)["estimate"]
    assert (estimate["number"], estimate["because"]) == (412, "Sentry counts them on SHOP-7K")
    assert shown(place, incident)["users_affected"] is None


def test_a_change_is_told_and_no_change_is_not(store: Store, peer: Peer) -> None:
    place = world(store, settings(peer))
    incident = open_one(place)
    look_around_incident(place, incident)
    around._asked.clear()
    look_around_incident(place, incident)
    assert sentences(place, incident) == ["Around it: shop, acme are well"]
    peer.answer("/health", "no", status=503)
    around._asked.clear()
    look_around_incident(place, incident)
    assert sentences(place, incident)[1:] == ["Around it: shop: answers 503 instead of 200"]


def test_the_raw_payload_of_an_alert_counts_but_not_that_of_a_batch(store: Store, peer: Peer) -> None:
    place = world(store, settings(peer))
    payload = {"data": {"issue": {"id": "4509", "shortId": "SHOP-7K"}}}
    alone, batched = open_one(place), open_one(place)
    alert(place, alone, body=payload)
    with place.store.transaction() as conn:
        conn.execute("UPDATE alert SET status = 'resolved'")
    alert(place, batched, body=payload, alerts=3)
    for incident in (alone, batched):
        look_around_incident(place, incident)
    assert "issue 4509" in states(place, alone)
    assert "issue 4509" not in states(place, batched)


def test_what_fails_is_unknown_with_the_reason_and_the_rest_is_seen(store: Store, peer: Peer) -> None:
    peer.hang("/health")
    peer.answer("/api/v2/summary.json", "<html>")
    peer.answer("/api/0/issues/4509/", {"detail": "Invalid token"}, status=401)
    place = world(store, settings(peer, timeout="300ms"))
    incident = open_one(place, symptom=f"see {peer.url}/organizations/acme/issues/4509/")
    began = time.monotonic()
    look_around_incident(place, incident)
    assert time.monotonic() - began < 5
    told = {one["name"]: (one["state"], one["title"]) for one in shown(place, incident)["surroundings"]}
    assert told == {
        "shop": ("unknown", "no answer within 0.3 s"),
        "acme": ("unknown", "its answer is not JSON"),
        "issue 4509": ("unknown", "Sentry refuses the token (401)"),
    }


def test_all_are_asked_at_the_same_time(store: Store, peer: Peer) -> None:
    for number in range(6):
        peer.hang(f"/{number}")
    pages = {f"page{number}": {"url": f"{peer.url}/{number}", "timeout": "500ms"} for number in range(6)}
    given = Settings.model_validate({"surroundings": {"application": pages}})
    began = time.monotonic()
    read = look_around(given, Circumstances())
    assert time.monotonic() - began < 2.5
    assert {one.seen.state for one in read if one.seen} == {"unknown"}
    assert len(read) == 7, "the pages, and nothing said of users"


def _shelf(monkeypatch: pytest.MonkeyPatch, *things: Surrounding) -> None:
    own = {one.name: one for one in things}
    real = shelf.read
    monkeypatch.setattr(shelf, "read", lambda package, thing: own if package == SHELF else real(package, thing))


class Nothing(Model):
    """No settings."""


def test_a_source_that_breaks_or_never_ends_does_not_take_the_others_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()

    def broken() -> Seen:
        raise KeyError("what")

    def endless() -> Seen:
        end.wait(20)
        return Seen("well", "too late")

    short = timedelta(milliseconds=100)
    asked = {"a": broken, "b": endless, "c": lambda: Seen("well", "fine")}
    things = [
        Surrounding(label, label, Nothing, lambda own, known, ask=ask, label=label: [Question(label, ask, short)])  # type: ignore[misc]
        for label, ask in asked.items()
    ]
    _shelf(monkeypatch, *things)
    try:
        read = look_around(Settings(), Circumstances())
    finally:
        end.set()
    told = [(one.name, one.seen.state, one.seen.title) for one in read if one.seen]
    assert told == [
        ("a", "unknown", "its answer could not be read: KeyError"),
        ("b", "unknown", "no answer within 0.1 s"),
        ("c", "well", "fine"),
    ]


def test_nobody_waits_for_ever_whatever_the_settings_say(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(around, "LONGEST_SECONDS", 0.1)
    peer.hang("/health")
    read = look_around(settings(peer, timeout="1h"), Circumstances())
    assert next(one.seen for one in read if one.name == "shop") == Seen("unknown", "no answer within 0.1 s")


def test_settings_that_are_wrong_are_said_and_only_that_source_is_lost(peer: Peer) -> None:
    given = Settings.model_validate(
        {"surroundings": {"vendor": {"acme": {}}, "application": {"shop": {"url": f"{peer.url}/health"}}}}
    )
    told = {(one.source, one.name): one.seen for one in look_around(given, Circumstances())}
    assert told["vendor", "settings"] == Seen("unknown", "surroundings.vendor.acme.url: Field required")
    shop = told["application", "shop"]
    assert shop is not None
    assert shop.state == "well"


def test_a_storm_of_incidents_is_no_storm_of_questions(store: Store, peer: Peer) -> None:
    place = world(store, settings(peer))
    incidents = [open_one(place) for _ in range(6)]
    threads = [threading.Thread(target=look_around_incident, args=(place, incident)) for incident in incidents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path for path, _ in peer.asked) == ["/api/v2/summary.json", "/health"]
    assert {tuple(states(place, incident).values()) for incident in incidents} == {("well", "well")}


def test_an_old_answer_does_not_serve_again(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(around, "FRESH_SECONDS", 0.0)
    for _ in range(2):
        look_around(settings(peer), Circumstances())
    assert len([path for path, _ in peer.asked if path == "/health"]) == 2


def test_without_settings_nobody_is_asked_and_nothing_is_told(store: Store) -> None:
    place = world(store, Settings())
    incident = open_one(place)
    look_around_incident(place, incident)
    assert (states(place, incident), sentences(place, incident)) == ({}, [])
    with place.store.transaction() as conn:
        assert get(conn, incident)["looked_around_at"] is not None


def test_an_incident_that_is_over_is_left_as_it_was(store: Store, peer: Peer) -> None:
    place = world(store, settings(peer))
    incident = open_one(place)
    with place.store.transaction() as conn:
        transitions.dismiss(conn, Actor("anna"), incident=name(incident), reason="nothing")
    look_around_incident(place, incident)
    assert states(place, incident) == {}
    assert peer.asked == []


def test_a_target_that_hangs_delays_nothing_and_what_hangs_delays_no_look_at_the_target(
    store: Store, patient: Target, peer: Peer
) -> None:
    peer.hang("/health")
    place = world(store, settings(peer, timeout="5s"), patient)
    incident = open_one(place, "main")
    beside = threading.Thread(target=look_around_incident, args=(place, incident))
    beside.start()
    assessment.assess(place, incident)
    with place.store.transaction() as conn:
        assert get(conn, incident)["assessed_at"] is not None
    assert beside.is_alive(), "the page that hangs is still waited for"
    peer.over.set()
    beside.join(10)
    away = world(store, settings(peer), Target("main", Secret("host=127.0.0.1 port=1")))
    around._asked.clear()
    look_around_incident(away, incident)
    assert states(away, incident)["acme"] == "well"


def test_the_estimate_rests_on_what_the_look_at_the_target_found(store: Store, patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE TABLE orders (id int PRIMARY KEY, n int)")
        conn.execute("INSERT INTO orders VALUES (7, 0)")
    place = world(store, Settings(), patient)
    incident = open_one(place, "main")
    look_around_incident(place, incident)
    assert shown(place, incident)["estimate"] is None
    jobs(place)
    with Faults(patient) as trouble:
        trouble.idle("worker", "UPDATE orders SET n = 1 WHERE id = 7")
        trouble.waiting("web", "UPDATE orders SET n = 2 WHERE id = 7")
        trouble.waiting("mobile", "UPDATE orders SET n = 2 WHERE id = 7")
        assessment.assess(place, incident)
        assert shown(place, incident)["verdict"]["suffering"]["waiting"] == 2
        assert jobs(place) == [str(incident)], "what was found is a reason to look around again"
        look_around_incident(place, incident)
    assert shown(place, incident)["estimate"] | {"seen_at": None} == {
        "number": 2, "unit": "sessions", "at_least": True, "text": "at least 2 sessions",
        "because": "so many wait for another on main", "seen_at": None,
    }  # fmt: skip


def test_the_teams_own_query_is_asked_once_the_target_was_looked_at(store: Store, patient: Target) -> None:
    given = Settings.model_validate(
        {
            "targets": {
                "main": {"dsn": patient.dsn.reveal(), "users_affected": "SELECT count(*) * 7 FROM pg_class LIMIT 1"}
            }
        }
    )
    place = world(store, given, patient)
    incident = open_one(place, "main")
    look_around_incident(place, incident)
    assert (shown(place, incident)["estimate"], states(place, incident)) == (None, {}), (
        "the look for the cause goes first"
    )
    assessment.assess(place, incident)
    look_around_incident(place, incident)
    found = shown(place, incident)["estimate"]
    assert (found["unit"], found["because"], found["number"] % 7) == ("users", "the team's own query on main", 0)


def test_opening_an_alert_that_joins_and_a_sweep_wake_it(store: Store) -> None:
    place = world(store, Settings())
    incident = open_one(place)
    assert jobs(place) == [str(incident)]
    around.sweep(place)
    assert jobs(place) == [], "it was opened a moment ago"
    with clock.moved(timedelta(seconds=6)):
        around.sweep(place)
        assert jobs(place) == [str(incident)], "the wake-up was lost"
        look_around_incident(place, incident)
        around.sweep(place)
        assert jobs(place) == []
    with clock.moved(timedelta(seconds=67)):
        around.sweep(place)
        assert jobs(place) == [str(incident)]
        look_around_incident(place, incident)
    with clock.moved(timedelta(hours=2)):
        look_around_incident(place, incident)
    with clock.moved(timedelta(hours=2, minutes=4)):
        around.sweep(place)
        assert jobs(place) == [], "an old incident is looked after seldom"


def test_the_same_events_are_sealed_like_all_others(store: Store, peer: Peer) -> None:
    place = world(store, settings(peer))
    incident = open_one(place)
    look_around_incident(place, incident)
    with place.store.transaction() as conn:
        assert timeline.broken(conn, incident) is None


def test_every_surrounding_says_what_it_is_and_asks_nothing_when_nothing_is_set() -> None:
    for label, source in surroundings().items():
        assert (source.name, bool(source.summary)) == (label, True)
        if source.example:
            assert source.questions({}, Circumstances()) == []

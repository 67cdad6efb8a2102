"""What is kept of a look around, and what of it is news."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fireline import clock
from fireline.incident import surroundings, timeline
from fireline.incident.people import Actor
from fireline.incident.row import get, name
from fireline.incident.surroundings import Answer
from fireline.incident.transitions import impact
from fireline.incident.view import incident_view
from fireline.store.connect import Connection
from tests.incident.conftest import Open

MINUTE = timedelta(minutes=1)


def shop(state: str | None = "well", title: str = "answers 200", **more: Any) -> Answer:
    return Answer("application", "shop", state, title, **more)


def acme(state: str = "well", title: str = "no trouble is known there") -> Answer:
    return Answer("vendor", "acme", state, title)


def users(number: int, *, unit: str = "users", news: str = "") -> Answer:
    facts = {"estimate": number, "unit": unit, "at_least": unit != "users", "basis": "sentry"}
    return Answer("users", "users affected", "ailing", f"about {number} {unit}", "Sentry counts them", facts, news)


def news(conn: Connection, incident: int) -> list[list[tuple[str, str, bool]]]:
    """Every telling of surroundings: name, state, whether it was known before."""
    told = [one["payload"]["changes"] for one in timeline.read(conn, incident) if one["kind"] == "surroundings"]
    return [[(one["name"], one["state"], one["again"]) for one in changes] for changes in told]


def test_the_first_look_is_told_whole_and_the_same_again_is_no_news(conn: Connection, open_one: Open) -> None:
    incident, now = open_one(conn), clock.now()
    assert surroundings.keep(conn, incident, [shop(), acme("ailing", "API: major outage")], now)
    assert not surroundings.keep(
        conn, incident, [shop(detail="in 90 ms"), acme("ailing", "API: major outage")], now + MINUTE
    )
    assert news(conn, incident) == [[("shop", "well", False), ("acme", "ailing", False)]]
    shown = incident_view(conn, incident)["surroundings"]
    assert [(one["name"], one["detail"], one["since"], one["seen_at"]) for one in shown] == [
        ("acme", "", now, now + MINUTE),
        ("shop", "in 90 ms", now, now + MINUTE),
    ]
    assert get(conn, incident)["looked_around_at"] == now + MINUTE


def test_only_what_changed_is_told_and_since_when_is_kept(conn: Connection, open_one: Open) -> None:
    incident, now = open_one(conn), clock.now()
    surroundings.keep(conn, incident, [shop(), acme()], now)
    surroundings.keep(conn, incident, [shop("ailing", "answers 503 instead of 200"), acme()], now + MINUTE)
    surroundings.keep(conn, incident, [shop("ailing", "answers 500 instead of 200"), acme()], now + 2 * MINUTE)
    surroundings.keep(conn, incident, [shop(), acme()], now + 3 * MINUTE)
    assert news(conn, incident)[1:] == [
        [("shop", "ailing", True)],
        [("shop", "ailing", True)],
        [("shop", "well", True)],
    ]
    assert {one["name"]: one["since"] for one in surroundings.of(conn, incident)} == {
        "shop": now + 3 * MINUTE,
        "acme": now,
    }


def test_what_can_not_be_seen_for_a_while_is_shown_as_unknown_and_is_no_news(conn: Connection, open_one: Open) -> None:
    incident, now = open_one(conn), clock.now()
    surroundings.keep(conn, incident, [shop()], now)
    surroundings.keep(conn, incident, [shop("unknown", "no answer within 5 s")], now + MINUTE)
    (shown,) = incident_view(conn, incident)["surroundings"]
    assert (shown["state"], shown["title"], shown["since"]) == ("unknown", "no answer within 5 s", now + MINUTE)
    surroundings.keep(conn, incident, [shop()], now + 2 * MINUTE)
    assert len(news(conn, incident)) == 1
    surroundings.keep(conn, incident, [shop("unknown", "no answer within 5 s")], now + 3 * MINUTE)
    surroundings.keep(conn, incident, [shop("ailing", "answers 503 instead of 200")], now + 4 * MINUTE)
    assert news(conn, incident)[1:] == [[("shop", "ailing", True)]]


def test_unknown_from_the_beginning_is_told_and_so_is_what_it_turns_out_to_be(conn: Connection, open_one: Open) -> None:
    incident, now = open_one(conn), clock.now()
    surroundings.keep(conn, incident, [shop("unknown", "no answer within 5 s")], now)
    surroundings.keep(conn, incident, [shop("unknown", "its name has no address")], now + MINUTE)
    surroundings.keep(conn, incident, [shop()], now + 2 * MINUTE)
    assert news(conn, incident) == [[("shop", "unknown", False)], [("shop", "well", True)]]


def test_an_older_look_that_comes_late_changes_nothing(conn: Connection, open_one: Open) -> None:
    incident, now = open_one(conn), clock.now()
    surroundings.keep(conn, incident, [shop()], now + MINUTE)
    assert not surroundings.keep(conn, incident, [shop("ailing", "answers 503 instead of 200")], now)
    assert surroundings.of(conn, incident)[0]["state"] == "well"


def test_what_nobody_asks_after_any_more_is_forgotten_and_silence_is_not(conn: Connection, open_one: Open) -> None:
    incident, now = open_one(conn), clock.now()
    surroundings.keep(conn, incident, [shop(), acme(), users(412)], now)
    silent = Answer("users", "users affected", None)
    assert not surroundings.keep(conn, incident, [shop(), silent], now + MINUTE)
    assert {one["name"]: one["seen_at"] for one in surroundings.of(conn, incident)} == {
        "shop": now + MINUTE,
        "users affected": now,
    }


def test_the_estimate_is_a_proposal_apart_from_the_rest(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident, now = open_one(conn), clock.now()
    assert incident_view(conn, incident)["estimate"] is None
    surroundings.keep(conn, incident, [shop(), users(412, news="sentry 9")], now)
    shown = incident_view(conn, incident)
    assert [one["name"] for one in shown["surroundings"]] == ["shop"]
    assert shown["estimate"] == {
        "number": 412, "unit": "users", "at_least": False, "text": "about 412 users", "because": "Sentry counts them",
        "seen_at": now,
    }  # fmt: skip
    assert shown["users_affected"] is None, "only a person writes it down"
    assert not surroundings.keep(conn, incident, [shop(), users(430, news="sentry 9")], now + MINUTE)
    assert incident_view(conn, incident)["estimate"]["number"] == 430
    impact(conn, anna, incident=name(incident), users=430)
    assert incident_view(conn, incident)["users_affected"] == 430


def test_what_others_write_is_kept_short_clean_and_without_secrets(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    text = "Error\x00 on\nline " + "x" * 400
    facts = {"title": "password=open-sesame-123", "token": "abcdefgh"}
    surroundings.keep(
        conn, incident, [shop("ailing", text, detail="password=open-sesame-123", facts=facts)], clock.now()
    )
    (kept,) = surroundings.of(conn, incident)
    assert kept["title"].startswith("Error\ufffd on line xx")
    assert len(kept["title"]) == 300
    assert "sesame" not in str(kept)
    assert kept["facts"]["token"] == "«redacted»"

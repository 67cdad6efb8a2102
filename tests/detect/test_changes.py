from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.detect.changes import add, list_changes, record
from fireline.detect.source import Event
from fireline.errors import Denied, Usage
from fireline.incident.people import Actor
from fireline.settings import Settings
from fireline.store.connect import Connection

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
ANA = Actor("ana")
SETTINGS = Settings.model_validate(
    {
        "targets": {"main": {"dsn": "host=a dbname=shop"}, "other": {"dsn": "host=b dbname=shop"}},
        "sources": {"ci": {"format": "generic", "token": "token-of-ci"}},
    }
)


def deploy(conn: Connection, title: str, *, target: str | None = None, hours: float = 0, **more: Any) -> None:
    at = (NOW - timedelta(hours=hours)).isoformat()
    told = {"key": title, "key_reason": "the title", "once": title, "labels": {"kind": "deploy"}} | more
    record(conn, SETTINGS, "ci", Event(title=title, kind="change", target=target, starts_at=at, **told), NOW)


def test_changes_are_listed_newest_first_with_those_that_may_be_about_any_target(conn: Connection) -> None:
    deploy(conn, "shop 1", target="main", hours=3)
    deploy(conn, "shop 2", target="other", hours=2)
    deploy(conn, "the router", hours=1)
    assert [one["title"] for one in list_changes(conn, ANA, target="main")] == ["the router", "shop 1"]
    assert [one["title"] for one in list_changes(conn, ANA, search="SHOP")] == ["shop 2", "shop 1"]


def test_the_same_change_told_twice_is_one(conn: Connection) -> None:
    deploy(conn, "shop 1")
    deploy(conn, "shop 1")
    assert len(list_changes(conn, ANA)) == 1


@pytest.mark.parametrize(("label", "kind"), [("migration", "migration"), ("holiday", "other"), (None, "other")])
def test_its_kind_is_what_the_label_says(conn: Connection, label: str | None, kind: str) -> None:
    deploy(conn, "x", labels={"kind": label} if label else {})
    assert list_changes(conn, ANA)[0]["kind"] == kind


def test_a_change_told_of_from_a_clock_that_is_ahead_was_never_after_it_was_seen(conn: Connection) -> None:
    deploy(conn, "x", hours=-5)
    assert list_changes(conn, ANA)[0]["at"] == NOW


def test_signs_of_a_pattern_in_a_search_mean_themselves(conn: Connection) -> None:
    deploy(conn, "50% off")
    deploy(conn, "50 off")
    assert [one["title"] for one in list_changes(conn, ANA, search="50% ")] == ["50% off"]
    assert list_changes(conn, ANA, search="_") == []
    assert list_changes(conn, ANA, search="\0") != []


def test_what_happened_earlier_and_was_told_later_has_its_place_on_its_page(conn: Connection) -> None:
    for hours in (1, 3, 2):
        deploy(conn, f"{hours} h ago", hours=hours)
    [newest, *_] = list_changes(conn, ANA, limit=1)
    assert [one["title"] for one in list_changes(conn, ANA, before=newest["change"])] == ["2 h ago", "3 h ago"]


def test_a_job_that_says_it_twice_has_changed_it_once(conn: Connection) -> None:
    said = {"title": "shop 4.2", "at": NOW.isoformat()}
    assert add(conn, ANA, SETTINGS, target="main", **said)["changed"]
    again = add(conn, ANA, SETTINGS, target="main", **said)
    assert (again["changed"], again["text"]) == (False, "That was written down already: shop 4.2")
    assert add(conn, ANA, SETTINGS, target="other", **said)["changed"]
    [_, one] = list_changes(conn, ANA)
    assert (one["by"], one["kind"], one["source"], one["at"]) == ("ana", "deploy", "said", NOW)
    assert one["not_before"] is None


def test_nobody_writes_down_what_is_to_come_and_a_viewer_nothing(conn: Connection) -> None:
    add(conn, ANA, SETTINGS, title="later", at=(clock.now() + timedelta(hours=1)).isoformat())
    assert list_changes(conn, ANA)[0]["at"] <= clock.now()
    with pytest.raises(Denied):
        add(conn, Actor("guest", role="viewer"), SETTINGS, title="x")
    wrong: dict[str, str]
    for wrong in (
        {"at": "0001-01-01T00:00+14:00"},
        {"kind": "x"},
        {"at": "2026-03-01T22:00"},
        {"target": "gone"},
        {"url": "ftp://x"},
        {"title": " "},
    ):
        with pytest.raises(Usage):
            add(conn, ANA, SETTINGS, **{"title": "x", **wrong})

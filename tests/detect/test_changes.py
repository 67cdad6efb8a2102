from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fireline.detect.changes import list_changes, record
from fireline.detect.source import Event
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

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

from psycopg.types.json import Jsonb

from fireline import clock
from fireline.communicate.heartbeat import beat
from fireline.settings import Settings
from fireline.store.connect import Store, one
from tests.communicate.peers import Receiver


def settings(url: str) -> Settings:
    return Settings.model_validate({"heartbeat": {"url": url, "every": "1m"}})


def row(store: Store) -> dict[str, Any]:
    with store.transaction() as conn:
        found = one(conn, "SELECT * FROM heartbeat")
    assert found
    return found


def test_the_watcher_hears_of_us_once_an_interval_whoever_asks(store: Store, receiver: Receiver) -> None:
    known = settings(f"{receiver.url}/ping/secret-of-the-watcher")
    assert beat(store, known)
    assert not beat(store, known)
    with clock.moved(timedelta(seconds=40)):  # not just before: the machine may be slow
        assert not beat(store, known)
    with clock.moved(timedelta(seconds=61)):
        assert beat(store, known)
    assert [path for path, _, _ in receiver.requests] == ["/ping/secret-of-the-watcher"] * 2
    assert (row(store)["failures"], row(store)["error"]) == (0, None)


def test_without_a_watcher_nothing_is_asked(store: Store) -> None:
    assert not beat(store, Settings())


def test_a_failure_is_counted_and_does_not_show_the_url(store: Store, receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert not beat(store, settings(f"http://127.0.0.1:{port}/ping/secret-of-the-watcher"))
    assert "secret-of-the-watcher" not in row(store)["error"]
    receiver.answers = [(500, {})]
    with clock.moved(timedelta(minutes=1)):
        assert not beat(store, settings(receiver.url))
    assert (row(store)["failures"], row(store)["error"]) == (2, "the watcher answered 500")
    assert row(store)["beaten_at"] is None
    with clock.moved(timedelta(minutes=2)):
        assert beat(store, settings(receiver.url))
    assert (row(store)["failures"], row(store)["error"]) == (2, None)


def test_while_work_lies_about_we_fall_silent(store: Store, receiver: Receiver) -> None:
    known = settings(receiver.url)
    with store.transaction() as conn:
        conn.execute(
            "INSERT INTO signal (source, received_at, digest, body, events) VALUES ('cron', %s, '', %s, '[]')",
            [clock.now(), Jsonb({})],
        )
        conn.execute(
            "INSERT INTO outbox (event, channel, contact, address, message, once, state, next_at, created_at)"
            " VALUES ('opened', 'email', 'ann', '', '{}', 'x', 'queued', %(now)s, %(now)s)",
            {"now": clock.now()},
        )
    assert beat(store, known)
    with clock.moved(timedelta(minutes=2)):
        assert not beat(store, known)
        assert row(store)["error"] == "work lies about: 1 signals and 1 messages have waited for more than a minute"
    with store.transaction() as conn:
        conn.execute("UPDATE signal SET taken_at = received_at")
        conn.execute("UPDATE outbox SET next_at = next_at + interval '1 hour'")
    with clock.moved(timedelta(minutes=4)):
        assert beat(store, known)
    assert len(receiver.requests) == 2

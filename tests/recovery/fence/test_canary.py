"""A connection as the application makes it, and what its refusal is worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fireline.postgres.connect import Target
from fireline.recovery.fence import canary
from fireline.redact import Secret
from tests import servers


@pytest.fixture(scope="module")
def reached() -> Iterator[str]:
    """A server that asks for passwords."""
    with servers.private_folder() as folder:
        server = servers.Patient(folder / "pg", servers.embedded(), settings=servers.PATIENT, fsync=False, tcp=True)
        try:
            server.start()
            with psycopg.connect(server.url(), autocommit=True) as conn:
                conn.execute("CREATE ROLE app LOGIN PASSWORD 'open-sesame-42'")
            yield make_conninfo(server.url(tcp=True), user="app", password="open-sesame-42")
        finally:
            server.remove()


def target(dsn: str | None) -> Target:
    return Target("main", Secret("dbname=x"), application_dsn=Secret(dsn) if dsn else None)


def test_one_that_is_let_in_refutes_a_fence(reached: str) -> None:
    found = canary.send(target(reached), "drained")
    assert (found["tried"], found["right"], found["kind"]) == (True, False, "in")
    assert canary.send(target(reached), "read-only")["right"] is False, "it may write"
    assert (
        canary.send(target(make_conninfo(reached, options="-c default_transaction_read_only=on")), "read-only")["right"]
        is True
    )


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"password": "another-word"}, "authentication"),
        ({"dbname": "not_there"}, "no_such_database"),
        ({"port": 1}, "refused"),
    ],
)
def test_a_refusal_for_another_reason_proves_nothing(reached: str, change: dict[str, str], kind: str) -> None:
    found = canary.send(target(make_conninfo(reached, **change)), "drained")
    assert (found["tried"], found["right"], found["kind"]) == (True, False, kind)
    assert "which proves nothing" in found["says"]
    assert "another-word" not in found["says"]


def test_without_a_connection_it_is_not_tried() -> None:
    found = canary.send(target(None), "drained")
    assert (found["tried"], found["right"]) == (False, None)
    assert found["says"] == "not tried: set targets.main.application_dsn"
    unreadable = replace(target(None), application_dsn=Secret("what is=this 'thing"))
    assert canary.send(unreadable, "drained")["says"] == "not tried: targets.main.application_dsn can not be read"

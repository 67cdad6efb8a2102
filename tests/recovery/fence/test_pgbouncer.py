"""A real PgBouncer in front: refused, dropped, paused, and served again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fireline import clock
from fireline.errors import Refused
from fireline.postgres.connect import Target
from fireline.recovery.fence import falling, pgbouncer, rows
from fireline.recovery.fence import fence as fences
from fireline.recovery.fence.closing import closed
from fireline.redact import Secret
from fireline.settings import PgBouncerSettings
from fireline.store.connect import Store
from tests import servers
from tests.assess.pooler import pooler
from tests.recovery.fence.shop import gets_in, swap_that_died, until
from tests.recovery.fence.test_fence import raised

NAME = "my shop"


@dataclass
class Behind:
    """A target with a PgBouncer in front, and how the application comes through it."""

    target: Target
    through: str


@pytest.fixture(scope="module")
def front() -> Iterator[Behind]:
    """One server and one PgBouncer for all of these tests."""
    with servers.private_folder() as folder:
        server = servers.Patient(folder / "pg", servers.embedded(), settings=servers.PATIENT, fsync=False, tcp=True)
        try:
            server.start()
            with psycopg.connect(server.url(), autocommit=True) as conn:
                conn.execute(f'CREATE DATABASE "{NAME}"'.encode())
                conn.execute(b"CREATE ROLE shop LOGIN PASSWORD 'open-sesame-42'")
            admin = str(conninfo_to_dict(server.url(tcp=True))["user"])
            where = make_conninfo(server.url(tcp=True), dbname=NAME)
            with pooler(where, admin_users=admin, query_wait_timeout="60") as reached:
                console = PgBouncerSettings(dsn=Secret(make_conninfo(reached, dbname="pgbouncer")), database=NAME)
                target = Target("main", Secret(where), pgbouncer=console, application_dsn=Secret(reached))
                psycopg.connect(reached).close()  # so that it has heard of the database
                yield Behind(target, reached)
        finally:
            server.remove()


def seen(front: Behind) -> pgbouncer.Seen:
    with pgbouncer.console(front.target) as conn:
        found = pgbouncer.seen(conn, NAME)
    assert found is not None
    return found


def test_its_clients_are_dropped_and_refused_and_come_back_at_once(store: Store, front: Behind) -> None:
    held = psycopg.connect(front.through, autocommit=True)
    held.execute("SELECT 1")
    fence = raised(store, front.target, "drained")
    assert seen(front).disabled
    with pytest.raises(psycopg.OperationalError):
        held.execute("SELECT 1")
    assert fence.proof is not None
    assert "is disabled" in fence.proof["canary"]["says"], fence.proof
    assert fence.proof["proved"] is True
    assert fences.lift(store, front.target, fence, "ada").state == "lifted"
    now = seen(front)
    assert (now.disabled, now.paused) == (False, False)
    with psycopg.connect(front.through) as again:
        again.execute("SELECT 1")


def test_from_no_new_on_new_clients_are_refused_and_the_old_served(store: Store, front: Behind) -> None:
    with psycopg.connect(front.through, autocommit=True) as held:
        held.execute("SELECT 1")
        fence = raised(store, front.target, "no-new")
        held.execute("SELECT 1")
        assert not gets_in(front.through)
        assert not seen(front).paused
        fences.lift(store, front.target, fence, "ada")
    assert gets_in(front.through)


def test_a_console_that_does_not_answer_is_left_out_and_told(store: Store, front: Behind) -> None:
    assert front.target.pgbouncer is not None
    deaf = PgBouncerSettings(dsn=Secret("host=127.0.0.1 port=1 user=x dbname=pgbouncer"), database=NAME)
    target = replace(front.target, pgbouncer=deaf)
    fence = raised(store, target, "no-new")
    assert "pgbouncer" not in {step.way for step in fence.steps}
    fences.lift(store, target, fence, "ada")


def test_a_pause_behind_an_idle_transaction_is_given_up_and_its_clients_served(front: Behind) -> None:
    with psycopg.connect(front.through) as held:
        held.execute("SELECT 1")
        with pytest.raises(Refused, match="could not pause"), pgbouncer.paused(front.target, patience=0.2):
            pytest.fail("it was paused")
        held.execute("SELECT 1")
        assert not seen(front).paused
    assert gets_in(front.through)


def test_queries_wait_and_run_afterwards(front: Behind) -> None:
    with psycopg.connect(front.through, autocommit=True) as held:
        with pgbouncer.paused(front.target) as waits:
            assert waits
            found: list[object] = []
            asks = threading.Thread(target=lambda: found.append(held.execute("SELECT 7").fetchone()))
            asks.start()
            asks.join(0.1)
            assert not found
        asks.join(10)
        assert found == [(7,)]
    assert not seen(front).paused


def test_without_a_pgbouncer_nothing_waits(patient: Target) -> None:
    with pgbouncer.paused(patient) as waits:
        assert waits is False


def test_while_a_database_is_closed_for_a_swap_its_clients_wait_even_behind_an_idle_transaction(
    store: Store, front: Behind
) -> None:
    idle = psycopg.connect(front.through)
    idle.execute("SELECT 1")
    with psycopg.connect(front.through, autocommit=True) as other:
        found: list[object] = []
        asks = threading.Thread(target=lambda: found.append(other.execute("SELECT 7").fetchone()))
        with closed(store, front.target, NAME, seconds=30, by="ada", reason="a swap"):
            assert seen(front).paused
            asks.start()
            asks.join(0.1)
            assert not found
        asks.join(10)
        assert found == [(7,)]
    assert not seen(front).paused
    idle.close()


def test_a_swap_that_died_is_resumed_too(store: Store, front: Behind) -> None:
    with swap_that_died(store, front.target, NAME):
        assert seen(front).paused
        with store.transaction() as conn:
            fence = rows.standing(conn, "main", passing=True)
        assert fence is not None
        with clock.moved(timedelta(seconds=31)):
            assert falling.fall(store, {"main": front.target}, fence.id)
    until(lambda: gets_in(front.through))


def test_a_name_is_quoted_where_it_must_be() -> None:
    assert pgbouncer.word("PAUSE", "shop_1") == "PAUSE shop_1"
    assert pgbouncer.word("PAUSE", 'a "b"') == 'PAUSE "a ""b"""'

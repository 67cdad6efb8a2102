"""Logical replication into the database is paused and goes on, on real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql

from fireline.postgres.connect import Target, database_of
from fireline.recovery.fence import fence as fences
from fireline.store.connect import Store
from tests import servers
from tests.recovery.fence.shop import state_of, until
from tests.recovery.fence.test_fence import raised


@pytest.fixture
def publisher(patient_servers: Callable[[int], servers.Patient]) -> Iterator[str]:
    """The URL of a database on another server that publishes the table `orders`."""
    with servers.database(patient_servers(15)) as url:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("CREATE TABLE orders (id bigint PRIMARY KEY)")
            conn.execute("CREATE PUBLICATION orders FOR TABLE orders")
        yield url


def count(target: Target) -> int:
    with psycopg.connect(target.dsn.reveal()) as conn:
        row = conn.execute("SELECT count(*) FROM orders").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.debian15
@pytest.mark.parametrize("level", ["read-only", "closed"])
def test_what_is_published_waits_and_comes_afterwards(
    store: Store, patient: Target, publisher: str, level: str
) -> None:
    name = sql.Identifier(f'sub "{database_of(patient)}"')
    with (
        psycopg.connect(publisher, autocommit=True) as source,
        psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn,
    ):
        conn.execute("CREATE TABLE orders (id bigint PRIMARY KEY)")
        slot = sql.Literal(f"slot_{database_of(patient)}")
        conn.execute(
            sql.SQL(
                "CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION orders WITH (slot_name = {}, copy_data = false)"
            ).format(name, sql.Literal(publisher), slot)
        )
        before = state_of(patient)
        try:
            source.execute("INSERT INTO orders VALUES (1)")
            until(lambda: count(patient) == 1)
            fence = raised(store, patient, level)  # type: ignore[arg-type]
            assert state_of(patient)["subscriptions"][0]["subenabled"] is False
            assert fence.proof is not None
            assert [one for one in fence.proof["residue"] if one["whose"] == "beside the application"] == []
            source.execute("INSERT INTO orders VALUES (2)")
            fences.lift(store, patient, fence, "ada")
            assert state_of(patient) == before
            until(lambda: count(patient) == 2)
        finally:
            with psycopg.connect(patient.dsn.reveal(), autocommit=True) as last:
                last.execute(sql.SQL("DROP SUBSCRIPTION {}").format(name))

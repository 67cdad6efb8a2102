"""Closing a database for the moments of a swap, on real servers."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.rows import tuple_row

from fireline.errors import Refused
from fireline.postgres.connect import Target, connect, database_of
from fireline.recovery.fence import closing, rows
from fireline.recovery.fence.closing import closed
from fireline.store.connect import Store
from tests.recovery.fence.poor import responder
from tests.recovery.fence.shop import swap_that_died


def allowed(conn: psycopg.Connection[Any], name: str) -> bool:
    row = (
        conn.cursor(row_factory=tuple_row)
        .execute("SELECT datallowconn FROM pg_database WHERE datname = %s", [name])
        .fetchone()
    )
    assert row is not None
    return bool(row[0])


def test_nobody_is_in_and_nobody_gets_in_until_it_is_over(store: Store, target: Target) -> None:
    name = database_of(target)
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as inside:
        with closed(store, target, name, seconds=30, by="ada", reason="a swap") as conn:
            with pytest.raises(psycopg.OperationalError):
                inside.execute("SELECT 1")
            with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
                psycopg.connect(target.dsn.reveal())
            assert not allowed(conn, name)
            with store.transaction() as own:
                standing = rows.standing(own, target.name, passing=True)
                assert standing is not None
                assert standing.state == "up"
        with connect(target) as again, store.transaction() as own:
            assert allowed(again, name)
            assert rows.standing(own, target.name, passing=True) is None


def test_the_database_that_bears_the_name_afterwards_is_opened_and_the_other_left(store: Store, target: Target) -> None:
    name = database_of(target)
    with closed(store, target, name, seconds=30, by="ada", reason="a swap") as conn:
        conn.execute(f'CREATE DATABASE "{name}_new"'.encode())
        conn.execute(f'ALTER DATABASE "{name}" RENAME TO "{name}_old"'.encode())
        conn.execute(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"'.encode())
    with connect(target, write=True, database="postgres", autocommit=True) as conn:
        assert allowed(conn, name)
        assert not allowed(conn, f"{name}_old")
        conn.execute(f'DROP DATABASE "{name}_old"'.encode())


def test_it_is_open_again_when_the_work_inside_fails(store: Store, target: Target) -> None:
    name = database_of(target)
    with (
        pytest.raises(psycopg.errors.DivisionByZero),
        closed(store, target, name, seconds=30, by="ada", reason="a swap") as conn,
        conn.transaction(),
    ):
        conn.execute("SELECT 1 / 0")
    with connect(target) as again:
        assert allowed(again, name)


def test_one_that_was_closed_before_stays_closed_whichever_bears_the_name(store: Store, target: Target) -> None:
    name = database_of(target)
    with connect(target, write=True, database="postgres", autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        with closed(store, target, name, seconds=30, by="ada", reason="a swap") as beside:
            beside.execute(f'CREATE DATABASE "{name}_new"'.encode())
            beside.execute(f'ALTER DATABASE "{name}" RENAME TO "{name}_old"'.encode())
            beside.execute(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"'.encode())
        assert not allowed(conn, name)
        conn.execute(f'DROP DATABASE "{name}_old"'.encode())


def test_a_prepared_transaction_is_in_the_way_and_left_alone(store: Store, target: Target) -> None:
    name = database_of(target)
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as inside:
        inside.execute("CREATE TABLE t (n int)")
        inside.execute("BEGIN")
        inside.execute("INSERT INTO t VALUES (1)")
        inside.execute(f"PREPARE TRANSACTION 'two-phase-{name}'".encode())
        try:
            with (
                pytest.raises(Refused, match=f"two-phase-{name}"),
                closed(store, target, name, seconds=30, by="ada", reason="a swap"),
            ):
                pytest.fail("it was closed")
            with connect(target) as conn:
                assert allowed(conn, name)
        finally:
            inside.execute(f"ROLLBACK PREPARED 'two-phase-{name}'".encode())


def test_nobody_else_is_at_the_fence_meanwhile(store: Store, patient: Target) -> None:
    name = database_of(patient)
    with (
        closed(store, patient, name, seconds=30, by="ada", reason="a swap"),
        pytest.raises(Refused, match="somebody else is at the fence"),
        rows.held(store, patient.name, patience=0.1),
    ):
        pytest.fail("both got it")


def test_one_whose_process_died_is_put_back_by_the_next(store: Store, patient: Target) -> None:
    name = database_of(patient)
    with swap_that_died(store, patient, name):
        with store.transaction() as own:
            assert rows.standing(own, patient.name, passing=True) is not None
        with closed(store, patient, name, seconds=30, by="bob", reason="another swap") as conn:
            assert not allowed(conn, name)
        with connect(patient) as conn:
            assert allowed(conn, name)


def test_one_that_can_not_be_emptied_is_open_again(
    store: Store, patient: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "_PATIENCE_SECONDS", 0.2)
    name = database_of(patient)
    with (
        responder(patient, owner=True) as ours,
        psycopg.connect(patient.dsn.reveal(), application_name="a superuser", autocommit=True) as inside,
    ):
        with (
            pytest.raises(Refused, match=r"could not be emptied, so it is open again: .*a superuser"),
            closed(store, ours, name, seconds=30, by="ada", reason="a swap"),
        ):
            pytest.fail("it was closed")
        assert allowed(inside, name)

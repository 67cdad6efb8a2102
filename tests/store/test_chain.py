"""The hash chain: whatever PostgreSQL gives back seals the same, and no change to a row goes unseen."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from fireline.redact import tree
from fireline.store.chain import GENESIS, broken_at, plain, seal
from fireline.store.connect import Connection, one

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text()
    | st.datetimes().map(lambda at: at.replace(tzinfo=UTC)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


def chain(length: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    previous = GENESIS
    for seq in range(1, length + 1):
        at = NOON + timedelta(seconds=seq)
        sealed = seal(previous, seq, at, "note", "ada", {"n": seq})
        row = {"seq": seq, "at": at, "kind": "note", "actor": "ada", "payload": {"n": seq}}
        rows.append({**row, "previous": previous, "hash": sealed})
        previous = sealed
    return rows


def test_a_whole_chain_and_an_empty_one_hold() -> None:
    assert broken_at(chain(5)) is None
    assert broken_at([]) is None


@pytest.mark.parametrize(
    ("tamper", "seen_at"),
    [
        (lambda rows: rows[2]["payload"].update(n=99), 3),
        (lambda rows: rows[2].update(actor="eve"), 3),
        (lambda rows: rows[2].update(kind="resolved"), 3),
        (lambda rows: rows[2].update(at=NOON), 3),
        (lambda rows: rows.pop(2), 3),
        (lambda rows: rows.pop(0), 1),
        (lambda rows: rows.insert(1, deepcopy(rows[1])), 3),
        (lambda rows: rows.reverse(), 1),
        (lambda rows: rows[4].update(previous=GENESIS), 5),
        (lambda rows: rows[4].update(hash=bytes(32)), 5),
    ],
)
def test_a_change_is_seen_where_it_was_made(tamper: Callable[[list[dict[str, Any]]], object], seen_at: int) -> None:
    rows = chain(5)
    tamper(rows)
    assert broken_at(rows) == seen_at


def test_a_row_that_was_changed_and_sealed_anew_breaks_the_next() -> None:
    rows = chain(3)
    rows[0]["payload"] = {"n": 99}
    rows[0]["hash"] = seal(GENESIS, 1, rows[0]["at"], "note", "ada", {"n": 99})
    assert broken_at(rows) == 2


@given(st.integers(0, 9), st.integers(0, 9), JSON)
def test_no_payload_can_be_put_in_the_place_of_another(where: int, length: int, payload: Any) -> None:
    rows = chain(length + 1)
    row = rows[where % len(rows)]
    if plain(payload) != row["payload"]:
        row["payload"] = payload
        assert broken_at(rows) == row["seq"]


def test_the_same_moment_in_another_zone_seals_the_same() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert seal(GENESIS, 1, NOON, "k", "a", {"at": NOON}) == seal(GENESIS, 1, there, "k", "a", {"at": there})


def test_what_json_has_no_word_for_becomes_text() -> None:
    assert plain({1: {math.inf, "x"}, "p": NOON}) in (
        {"1": ["inf", "x"], "p": "2026-03-01T12:00:00.000000+00:00"},
        {"1": ["x", "inf"], "p": "2026-03-01T12:00:00.000000+00:00"},
    )


@given(JSON)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_a_payload_comes_back_from_the_database_as_it_was_sealed(conn: Connection, payload: Any) -> None:
    clean = tree(plain(payload))
    row = one(conn, "SELECT %(payload)s::jsonb AS payload", payload=Jsonb(clean))
    assert row is not None
    assert seal(GENESIS, 1, NOON, "k", "a", row["payload"]) == seal(GENESIS, 1, NOON, "k", "a", clean)

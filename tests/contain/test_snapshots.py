"""Recorded states looked up by number or word, and compared with each other or with now."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from fireline import clock
from fireline.contain import state
from fireline.contain.snapshots import diff_snapshots, list_snapshots, show_snapshot
from fireline.errors import FirelineError, NotFound, Refused, Usage
from fireline.incident.people import FIRELINE
from fireline.postgres.connect import Target
from fireline.run.world import World
from fireline.settings import Settings
from fireline.store.connect import Connection, Store


def keep(conn: Connection, payload: dict[str, Any], target: str = "main") -> int:
    row = conn.execute(
        "INSERT INTO artefact (target, kind, payload, made_at) VALUES (%s, 'snapshot', %s, %s) RETURNING id",
        (target, Jsonb(payload), clock.now()),
    ).fetchone()
    assert row is not None
    return int(row["id"])


@pytest.fixture
def world(store: Store, patient: Target) -> World:
    return World(Settings(), store, {"main": patient})


def test_without_any_it_says_how_to_make_one(conn: Connection, world: World) -> None:
    assert list_snapshots(conn, FIRELINE) == []
    with pytest.raises(NotFound, match="no latest snapshot of main") as none:
        diff_snapshots(conn, FIRELINE, world, target="main")
    assert none.value.hint == "`fireline contain snapshot` records one."


def test_the_state_is_compared_with_now_and_with_an_earlier_one(
    conn: Connection, world: World, patient: Target
) -> None:
    first = keep(conn, state.read(patient))
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as change:
        change.execute("CREATE TABLE users (id int)")
    found = diff_snapshots(conn, FIRELINE, world)
    assert found["groups"] == [{"part": "Schema", "lines": ("table public.users is new",)}]
    assert (found["before"]["snapshot"], found["after"]["snapshot"], found["target"]) == (first, None, "main")
    second = keep(conn, state.read(patient))
    for before, after in ((str(first), str(second)), ("previous", "latest"), (str(first), "LATEST")):
        again = diff_snapshots(conn, FIRELINE, world, before=before, after=after)
        assert (again["groups"], again["after"]["snapshot"]) == (found["groups"], second)
    assert diff_snapshots(conn, FIRELINE, world)["groups"] == []
    listed = list_snapshots(conn, FIRELINE, target="main")
    assert [one["snapshot"] for one in listed] == [second, first]
    assert (listed[0]["counts"], listed[0]["unknown"], listed[0]["version"]) == (
        {"schemas": 1, "tables": 1},
        None,
        "18.6",
    )


def test_one_part_is_shown_alone(conn: Connection, patient: Target) -> None:
    number = keep(conn, state.read(patient))
    assert show_snapshot(conn, FIRELINE)["snapshot"] == number
    assert list(show_snapshot(conn, FIRELINE, part="access-rules")["state"]) == ["access_rules"]
    with pytest.raises(NotFound) as unknown:
        show_snapshot(conn, FIRELINE, part="nothing")
    assert "It has: access_rules, connections, " in (unknown.value.hint or "")


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("now", "latest", Usage), ("last one", "now", Usage), ("99", "now", NotFound), ("9" * 30, "now", Usage),
        ("latest", "tomorrow", Usage), ("²", "now", Usage),
    ],
)  # fmt: skip
def test_what_names_no_state_is_told(
    conn: Connection, world: World, before: str, after: str, kind: type[FirelineError]
) -> None:
    keep(conn, {"server": {}})
    with pytest.raises(kind) as told:
        diff_snapshots(conn, FIRELINE, world, before=before, after=after)
    assert told.value.hint


def test_two_targets_are_not_compared(conn: Connection, world: World) -> None:
    one, other = keep(conn, {"server": {}}), keep(conn, {"server": {}}, "other")
    with pytest.raises(Refused, match=f"snapshot {one} is of target main, and the other of other"):
        diff_snapshots(conn, FIRELINE, world, before=str(one), after=str(other))

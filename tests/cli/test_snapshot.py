"""`fireline snapshot`: recorded by the remedy, listed, shown and compared as text and as JSON."""

from __future__ import annotations

import psycopg

from fireline.postgres.connect import Target
from tests.cli.conftest import Fireline


def test_a_state_is_recorded_listed_shown_and_compared(house: Fireline, worker: int, patient: Target) -> None:
    assert house("snapshot", "list").out == "No state was recorded yet. `fireline contain snapshot` records one.\n"
    done = house("contain", "snapshot", "--target", "main")
    assert done.code == 0, done.out + done.err
    assert done.out.rstrip().endswith("kept as snapshot 1")
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE TABLE users (id int)")
    lines = house("snapshot", "diff").out.splitlines()
    assert lines[0].startswith("main: from snapshot 1, ")
    assert lines[0].endswith(", to now")
    assert lines[1:] == ["", "Schema", "  table public.users is new"]
    assert house.data("snapshot", "diff", "1", "now")["groups"] == [
        {"part": "Schema", "lines": ["table public.users is new"]}
    ]
    assert house("snapshot", "diff", "1", "1").out.splitlines()[1:] == ["Nothing changed."]
    shown = house("snapshot", "show", "1").out
    assert "PostgreSQL 18" in shown
    assert "  schema          1 schemas" in shown
    assert "  settings        " in shown
    assert "shared_preload_libraries" in house("snapshot", "show", "--part", "settings").out
    listed = house.data("snapshot", "list")
    assert [(one["snapshot"], one["target"], one["run"]) for one in listed] == [(1, "main", 1)]
    assert " main " in house("snapshot", "list").out
    wrong = house("snapshot", "show", "7")
    assert (wrong.code, wrong.err.splitlines()[0]) == (2, "error: there is no snapshot 7")

"""A whole database, checked on real servers."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fireline.assess.checked_keys import Checked
from fireline.assess.integrity import Progress, Wanted, examine
from fireline.errors import NotFound
from fireline.postgres.connect import Target
from tests.assess.keyed import neglected, run


def examined(
    target: Target, file: Path | None = None, progress: Progress | None = None, **wanted: Any
) -> dict[str, Any]:
    return examine(target, Wanted(**wanted), lambda database: Checked(file, database), progress or Progress())


@pytest.fixture
def lines(target: Target) -> Target:
    run(
        target,
        "CREATE TABLE lines (id int PRIMARY KEY, order_id int CONSTRAINT bound REFERENCES orders)",
        "CREATE TABLE notes (account_id int CONSTRAINT sound REFERENCES accounts)",
        "INSERT INTO lines VALUES (1, 1), (2, 500)",
        "INSERT INTO notes VALUES (1), (2)",
    )
    return target


def test_a_sound_database_has_no_finding(target: Target) -> None:
    told = examined(target, deep=True)
    assert (told["findings"], told["unknown"], told["foreign_keys"]) == (0, [], [])
    assert told["target"] == "main"
    assert told["broken_indexes"] == told["duplicate_keys"] == []


def test_each_key_is_told_with_its_rows_and_the_rest_beside(lines: Target) -> None:
    run(
        lines,
        "CREATE TABLE late (order_id int)",
        "ALTER TABLE late ADD CONSTRAINT unproved FOREIGN KEY (order_id) REFERENCES orders NOT VALID",
        "ALTER TABLE notes DISABLE TRIGGER ALL",
        "CREATE TABLE guessed (order_id int)",
        "INSERT INTO guessed VALUES (1)",
        "CREATE INDEX half ON orders (n)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'half'::regclass",
    )
    told = examined(lines)
    states = {one["name"]: (one["state"], one["orphans"]) for one in told["foreign_keys"]}
    assert states == {"unproved": ("clean", 0), "sound": ("clean", 0), "bound": ("orphans", 1)}
    assert [one["name"] for one in told["foreign_keys"]][-1] == "bound"
    assert told["foreign_keys"][-1]["samples"] == [{"table": "public.lines", "ctid": "(0,2)", "key": ["500"]}]
    assert [one["name"] for one in told["unvalidated"]] == ["unproved"]
    assert {one["foreign_key"] for one in told["disabled_triggers"]} == {"sound on public.notes"}
    assert [one["name"] for one in told["invalid_indexes"]] == ["public.half"]
    assert [(one["table"], one["parent"], one["inclusion"]) for one in told["undeclared"]] == [
        ("public.guessed", "public.orders", 1.0)
    ]
    assert told["findings"] == 1 + 1 + 2 + 1
    assert "broken_indexes" not in told


def test_the_parents_index_is_proved_first_where_that_can_be(lines: Target) -> None:
    because = {one["parent_index"]["because"] for one in examined(lines)["foreign_keys"]}
    assert because == {"the extension amcheck is not installed"}
    run(lines, "CREATE EXTENSION amcheck")
    assert {one["parent_index"]["state"] for one in examined(lines)["foreign_keys"]} == {"whole"}
    neglected(lines, "accounts_pkey", "INSERT INTO accounts VALUES (300)")
    [sound] = [one for one in examined(lines)["foreign_keys"] if one["name"] == "sound"]
    assert (sound["state"], sound["parent_index"]["state"]) == ("index", "broken")


def test_one_key_alone_by_its_name_or_with_its_table(lines: Target) -> None:
    for name in ("bound", "lines.bound", "public.lines.bound"):
        told = examined(lines, constraint=name)
        assert [one["name"] for one in told["foreign_keys"]] == ["bound"]
        assert "unvalidated" not in told
    with pytest.raises(NotFound, match="no foreign key 'bond'"):
        examined(lines, constraint="bond")


def test_every_index_is_proved_when_asked(lines: Target) -> None:
    neglected(lines, "orders_pkey", "INSERT INTO orders VALUES (300)")
    neglected(lines, "accounts_pkey", "INSERT INTO accounts VALUES (7)", flag="indisunique")
    told = examined(lines, deep=True)
    assert [one["name"] for one in told["broken_indexes"]] == ["public.orders_pkey"]
    assert [(one["index"], one["keys"]) for one in told["duplicate_keys"]] == [("public.accounts_pkey", 1)]
    assert told["findings"] == 3


def test_what_there_is_no_time_for_is_unknown(lines: Target) -> None:
    told = examined(lines, limit=timedelta(0), deep=True)
    assert {one["state"] for one in told["foreign_keys"]} == {"unknown"}
    assert {"foreign key bound on public.lines", "undeclared foreign keys", "index public.lines_pkey"} <= {
        one["what"] for one in told["unknown"]
    }
    assert {one["because"] for one in told["unknown"]} == {"the time limit was reached before it"}
    assert told["findings"] == 0


def test_a_check_that_was_interrupted_goes_on(lines: Target, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    seen: list[str] = []

    def interrupted(title: str) -> None:
        seen.append(title)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        examined(lines, file, Progress(next=interrupted))
    run(lines, "INSERT INTO lines VALUES (3, 700)", "INSERT INTO notes VALUES (700)")
    told = examined(lines, file)
    found = {f"{one['name']} on {one['table']}": one["orphans"] for one in told["foreign_keys"]}
    before = {"bound on public.lines": 1, "sound on public.notes": 0}
    now = {"bound on public.lines": 2, "sound on public.notes": 1}
    assert found == {seen[0]: before[seen[0]], seen[1]: now[seen[1]]}


def test_progress_is_told_in_rows(lines: Target) -> None:
    run(lines, "ANALYZE lines", "ANALYZE notes")
    told: list[Any] = []
    examined(lines, progress=Progress(lambda keys, rows: told.append((keys, rows)), told.append, told.append))
    assert told[0] == (2, 4)
    assert [one for one in told[1:] if isinstance(one, float)] == [2, 2]


def test_a_locked_table_is_unknown_and_the_others_are_checked(lines: Target) -> None:
    with psycopg.connect(lines.dsn.reveal()) as holder:
        holder.execute("LOCK TABLE lines")
        told = examined(lines)
    states = {one["name"]: one["state"] for one in told["foreign_keys"]}
    assert states == {"bound": "unknown", "sound": "clean"}
    assert told["unknown"][0]["what"] == "foreign key bound on public.lines"


def test_whoever_waits_for_a_table_gets_it_and_the_key_is_tried_once_more(lines: Target) -> None:
    run(lines, "INSERT INTO notes SELECT 1 + i % 100 FROM generate_series(1, 1500000) i")
    with psycopg.connect(lines.dsn.reveal(), autocommit=True) as owner:
        began = threading.Event()

        def alter() -> None:
            began.wait(10)
            owner.execute("SET lock_timeout = '8s'")
            owner.execute("ALTER TABLE notes ADD more int")

        thread = threading.Thread(target=alter)
        thread.start()
        told = examined(lines, progress=Progress(next=lambda title: began.set() if "sound" in title else None))
        thread.join()
    assert {one["name"]: one["state"] for one in told["foreign_keys"]} == {"bound": "orphans", "sound": "clean"}

"""What happened at the door, and which other ways in were tried."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fireline.assess.checks.door import Door
from fireline.assess.diagnose import diagnose
from fireline.assess.look import look
from fireline.assess.snapshot import Snapshot
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target
from fireline.redact import Secret
from tests.assess.faults import Faults

WORD = "word-of-the-door-test"


def as_role(target: Target, role: str, **more: str) -> Target:
    return replace(target, dsn=Secret(make_conninfo(target.dsn.reveal(), user=role, password=WORD, **more)))


def door_of(snapshot: Snapshot) -> Door:
    found = snapshot.last("door", Door)
    assert found is not None
    return found


def test_an_open_door_tells_who_came_in(target: Target) -> None:
    seen = door_of(look(target))
    assert (seen.category, seen.role, seen.here, seen.tried) == ("open", "postgres", True, ())


def test_a_database_that_is_not_there_is_looked_at_by_another_one(target: Target) -> None:
    gone = replace(target, dsn=Secret(make_conninfo(target.dsn.reveal(), dbname="never_made")))
    seen = look(gone)
    assert seen.server is not None
    assert seen.server.database == "postgres"
    assert seen.through == "role postgres on database postgres"
    found = door_of(seen)
    assert (found.category, found.database) == ("no_such_database", "never_made")
    assert found.tried == ("role postgres on database postgres: let in",)
    assert [one.cause for one in diagnose(gone).causes][:1] == ["database_missing"]


def test_a_reading_role_that_is_refused_is_replaced_by_the_other_one(target: Target) -> None:
    refused = replace(target, read_dsn=as_role(target, "never_made").dsn)
    seen = look(refused)
    assert seen.through == "role postgres"
    assert door_of(seen).category == "authentication"
    assert door_of(seen).role == "never_made"


def test_every_way_that_was_tried_is_told_with_what_came_of_it(target: Target, faults: Faults) -> None:
    faults.owner.execute(f"CREATE ROLE door_role LOGIN PASSWORD '{WORD}' CONNECTION LIMIT 0")
    try:
        seen = look(as_role(target, "door_role", dbname="never_made"))
        assert seen.server is None
        assert door_of(seen).category in ("role_limit", "no_such_database")
        lost = as_role(target, "door_role", host="127.0.0.1", port="1")
        with pytest.raises(
            TargetUnavailable,
            match=r"nothing listens at 127\.0\.0\.1 port 1 \(tried: connecting to 127\.0\.0\.1 port 1; its data folder",
        ):
            diagnose(lost)
    finally:
        faults.owner.execute("DROP ROLE door_role")


def test_no_password_is_shown(target: Target) -> None:
    seen = look(as_role(target, "never_made"))
    assert WORD not in repr(seen)
    with psycopg.connect(target.dsn.reveal()) as conn:
        assert conn.info.password not in repr(seen)

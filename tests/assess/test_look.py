"""One look: read-only, limited, and a check that fails does not take the others with it."""

from __future__ import annotations

from typing import Any

import pytest

from fireline.assess import complaint
from fireline.assess.look import checks, look
from fireline.assess.snapshot import Asked, Check, Snapshot
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Connection, Target
from fireline.redact import Secret
from tests.assess.faults import Faults


def asking(statement: str) -> Any:
    def read(conn: Connection, sofar: Snapshot) -> Any:
        del sofar
        return conn.execute(statement.encode()).fetchall()

    return read


def test_every_check_on_the_shelf_can_be_read(target: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE EXTENSION pg_stat_statements")
    found = look(target)
    assert set(found.unknown) == {"past"}  # what no server tells
    assert set(found.readings) >= {check.name for check in checks().values() if check.read and not check.wanted}
    assert {"locks", "progress", "replication"} <= set(found.readings)
    assert found.server is not None
    assert (found.server.number >= 130000, found.server.standby, found.server.role) == (True, False, "postgres")


def test_what_fails_is_unknown_with_the_reason_and_the_rest_goes_on(target: Target) -> None:
    found = look(
        target,
        {
            "broken": Check("broken", asking("SELECT nothing")),
            "writing": Check("writing", asking("CREATE TABLE a (b int)")),
            "slow": Check("slow", asking("SELECT pg_sleep(30)")),
            "fine": Check("fine", asking("SELECT 1 AS one")),
        },
    )
    assert found.readings["fine"] == ([{"one": 1}],)
    assert found.unknown == {
        "broken": 'column "nothing" does not exist',
        "writing": "cannot execute CREATE TABLE in a read-only transaction",
        "slow": "canceling statement due to statement timeout",
    }


def test_a_lost_connection_leaves_what_comes_after_it_unknown(target: Target) -> None:
    ending = {
        "first": Check("first", asking("SELECT 1 AS one")),
        "fatal": Check("fatal", asking("SELECT pg_terminate_backend(pg_backend_pid())"), sampled=True),
        "later": Check("later", asking("SELECT 1 AS one")),
    }
    found = look(target, ending)
    assert len(found.readings["first"]) == 1
    assert set(found.unknown) == {"fatal", "later"}


def test_only_what_is_sampled_is_read_again_and_once_more_if_it_is_unsettled(target: Target) -> None:
    def counted(settled_after: int) -> Check:
        return Check("x", asking("SELECT 1"), sampled=True, unsettled=lambda seen: len(seen) < settled_after)

    wanted = {"once": Check("once", asking("SELECT 1")), "x": counted(0)}
    assert {name: len(seen) for name, seen in look(target, wanted, gap=0.01).readings.items()} == {"once": 1, "x": 2}
    assert len(look(target, {"x": counted(9)}, gap=0.01).readings["x"]) == 3


def test_a_reading_that_shows_only_a_part_is_unknown_and_still_there(target: Target) -> None:
    partly = Check("partly", asking("SELECT 1"), blind=lambda _: "may not see everything")
    found = look(target, {"partly": partly})
    assert found.unknown == {"partly": "role postgres may not see everything"}
    assert len(found.readings["partly"]) == 1


def test_without_a_connection_there_is_no_look() -> None:
    with pytest.raises(TargetUnavailable):
        look(Target("main", Secret("host=127.0.0.1 port=1")), {"fine": Check("fine", asking("SELECT 1 AS one"))})


def test_a_check_that_follows_up_is_read_behind_the_others_and_only_when_they_ask_for_it(target: Target) -> None:
    def follow(conn: Connection, sofar: Snapshot) -> Any:
        return [sofar.readings["first"][-1], conn.info.backend_pid > 0]

    def wanted(sofar: Snapshot) -> bool:
        return sofar.complaint.about("slow")

    shelf = {
        "a_follower": Check("a_follower", follow, wanted=wanted),
        "first": Check("first", asking("SELECT 1 AS one")),
    }
    assert "a_follower" not in look(target, shelf).readings
    found = look(target, shelf, asked=Asked(complaint.read("the page is slow")))
    assert found.readings["a_follower"] == ([[{"one": 1}], True],)


def test_of_a_server_that_does_not_answer_this_machine_tells_what_it_knows() -> None:
    away = Target("gone", Secret("postgresql://x@127.0.0.1:1/x?connect_timeout=2"))
    local = Check("local", None, away=lambda target, sofar: f"{target.name}: {sofar.away is not None}")
    silent = Check("silent", None, away=lambda target, sofar: None)
    found = look(away, {"local": local, "silent": silent})
    assert found.server is None
    assert found.readings == {"local": ("gone: True",)}
    with pytest.raises(TargetUnavailable):
        look(away, {"silent": silent})

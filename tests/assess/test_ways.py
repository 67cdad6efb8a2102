"""Other ways into a server."""

from __future__ import annotations

import pytest

from fireline.assess.ways import ways
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target
from fireline.redact import Secret

ONE = Target("main", Secret("postgresql://web:web-word-1@db/shop"))
TWO = Target("main", Secret("postgresql://owner:owner-word@db/shop"), Secret("postgresql://reader:reader-word@db/shop"))


def words(target: Target, kind: str) -> list[str]:
    return [way.words for way in ways(target, TargetUnavailable("x", kind=kind))]


@pytest.mark.parametrize(
    "kind", ["database_limit", "database_closed", "database_invalid", "no_such_database", "connect_denied", "hba"]
)
def test_a_database_that_refuses_is_gone_around(kind: str) -> None:
    assert words(ONE, kind) == ["role web on database postgres", "role web on database template1"]
    assert words(TWO, kind)[:2] == ["role owner", "role reader on database postgres"]


@pytest.mark.parametrize("kind", ["slots", "role_limit", "authentication", "login_forbidden", "no_such_role"])
def test_a_role_that_is_refused_is_replaced_where_there_is_another(kind: str) -> None:
    assert words(ONE, kind) == []
    assert words(TWO, kind) == ["role owner"]


@pytest.mark.parametrize(
    "kind", ["refused", "dns", "timeout", "tls", "starting", "recovery", "shutting_down", "lost", "dsn"]
)
def test_of_a_server_that_does_not_answer_nothing_more_is_asked(kind: str) -> None:
    assert words(TWO, kind) == []


def test_the_same_database_is_not_tried_again() -> None:
    at_postgres = Target("main", Secret("postgresql://web:web-word-1@db/postgres"))
    assert words(at_postgres, "hba") == ["role web on database template1"]

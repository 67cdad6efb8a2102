"""The rules of pg_hba.conf, and which of them decides."""

from __future__ import annotations

import pytest
from psycopg.conninfo import make_conninfo

from fireline.assess.checks.hba import Rule, read, wanted
from fireline.assess.rules import first_match
from fireline.postgres.connect import Target, connect
from fireline.redact import Secret
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN, complaining

LOCAL = Rule(1, "local", ("all",), ("all",), None, None, "peer")
WEB = Rule(2, "host", ("shop", "sameuser"), ("web", "+staff"), "10.0.0.0", "255.255.255.0", "reject")
TLS = Rule(3, "hostssl", ("/^sho",), ("all",), "all", None, "scram-sha-256")
SIX = Rule(4, "host", ("all",), ("all",), "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "trust")


@pytest.mark.parametrize(
    ("host", "user", "database", "encrypted", "line"),
    [
        ("[local]", "web", "shop", None, 1),
        ("10.0.0.9", "web", "shop", False, 2),
        ("10.0.0.9", "ann", "shop", False, 2),
        ("10.0.0.9", "web", "web", True, 2),
        ("10.0.1.9", "web", "shop", True, 3),
        ("10.0.1.9", "web", "shop", False, None),
        ("10.0.0.9", "bob", "other", True, None),
        ("::1", "bob", "other", False, 4),
    ],
)
def test_the_first_rule_that_fits_decides(
    host: str, user: str, database: str, encrypted: bool | None, line: int | None
) -> None:
    groups = ("staff",) if user == "ann" else ()
    found = first_match((LOCAL, WEB, TLS, SIX), host, user, database, groups, encrypted=encrypted)
    assert (found.line if found else None) == line


def test_the_rules_are_read_by_who_may_and_the_time_of_loading_by_all(target: Target, faults: Faults) -> None:
    with connect(target) as conn:
        found = read(conn, NOTHING_SEEN)
    assert found.rules
    assert found.rules[0].type == "local"
    assert found.file.endswith("pg_hba.conf")
    faults.owner.execute("CREATE ROLE no_hba_role LOGIN PASSWORD 'no-hba-role-word'")
    try:
        dsn = make_conninfo(target.dsn.reveal(), user="no_hba_role", password="no-hba-role-word")
        with connect(Target("main", Secret(dsn))) as conn:
            unread = read(conn, NOTHING_SEEN)
        assert unread.rules is None
        assert unread.loaded == found.loaded
    finally:
        faults.owner.execute("DROP ROLE no_hba_role")


def test_it_is_asked_for_only_when_somebody_was_shut_out() -> None:
    assert not wanted(NOTHING_SEEN)
    assert not wanted(complaining(NOTHING_SEEN, "the page is slow"))
    assert wanted(complaining(NOTHING_SEEN, 'no pg_hba.conf entry for host "10.0.0.9", user "web"'))

"""What changed between two recorded states: the text that somebody reads at night."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from fireline.contain import state
from fireline.contain.difference import compare
from fireline.postgres.connect import Target
from tests.servers import PATIENTS

_SCHEMA = "CREATE TABLE users (id int); CREATE TABLE orders (id int); CREATE TABLE schema_migrations (version text)"
_CHANGES = """
ALTER TABLE users ADD COLUMN age int;
DROP TABLE orders;
CREATE INDEX i ON users (age);
CREATE VIEW grown AS SELECT * FROM users;
INSERT INTO schema_migrations VALUES ('20261123');
CREATE EXTENSION pg_trgm;
CREATE ROLE newcomer;
GRANT pg_monitor TO newcomer;
CREATE PUBLICATION changes FOR TABLE users;
"""


def told(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[str]]:
    return {group.part: list(group.lines) for group in compare(before, after)}


@pytest.mark.parametrize("fixture", PATIENTS)
def test_what_changed_is_said_part_by_part(fixture: str, request: pytest.FixtureRequest) -> None:
    target: Target = request.getfixturevalue(fixture)
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(_SCHEMA.encode())
        before = state.read(target)
        assert told(before, state.read(target)) == {}
        name = conn.info.dbname
        try:
            conn.execute(_CHANGES.encode())
            conn.execute(f"ALTER DATABASE {name} SET lock_timeout = '7s'")
            conn.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
            after = state.read(target)
        finally:
            conn.execute("DROP ROLE newcomer")
    found = told(before, after)
    assert list(found) == [
        "Settings of roles and databases", "Databases", "Replication", "Roles", "Schema", "Extensions", "Migrations",
    ]  # fmt: skip
    assert found["Settings of roles and databases"] == [f"lock_timeout for every role in database {name} is set to 7s"]
    assert found["Databases"] == [f"database {name} changed: connection limit -1, now 0"]
    assert found["Replication"] == ["publication changes is new"]
    assert found["Roles"] == ["role newcomer is new", "membership of newcomer in pg_monitor is new"]
    assert found["Schema"] == [
        "table public.orders is gone", "table public.users changed", "view public.grown is new", "index public.i is new",
    ]  # fmt: skip
    assert found["Extensions"] == ["extension pg_trgm is new"]
    assert found["Migrations"] == ["new in public.schema_migrations: version 20261123"]


def test_another_server_or_a_failover_is_the_first_thing_said() -> None:
    old = {"server": {"version": "18.6", "database": "app", "database_oid": 5, "standby": False,
                      "identity": {"system_identifier": "1", "timeline": 1, "postmaster_start": "a"}}}  # fmt: skip
    new = {"server": {"version": "18.7", "database": "app", "database_oid": 6, "standby": True,
                      "identity": {"system_identifier": "2", "timeline": 2, "postmaster_start": "b"}},
           "roles": {}}  # fmt: skip
    assert compare(old, new)[0].lines == (
        "another server answers: 1, now 2",
        "the timeline is another: 1, now 2",
        "the server was started again, at b",
        "database app is another one now: restored, swapped or made anew under the same name",
        "version: 18.6, now 18.7",
        "is a standby: no, now yes",
    )


def test_a_changed_setting_says_from_what_to_what_and_from_where() -> None:
    def settings(**given: dict[str, Any]) -> dict[str, Any]:
        return {"settings": given}

    before = settings(
        shared_buffers={"value": "16384", "unit": "8kB", "source": "configuration file"},
        work_mem={"value": "4096", "unit": "kB", "source": "database"},
        jit={"value": "on", "unit": None, "source": "configuration file"},
        max_connections={"value": "100", "unit": None, "source": "configuration file"},
        statement_timeout={"value": "0", "unit": "ms", "source": "configuration file"},
    )
    after = settings(
        shared_buffers={
            "value": "16384",
            "unit": "8kB",
            "source": "configuration file",
            "file": "/etc/pg.conf",
            "line": 4,
        },
        work_mem={"value": "65536", "unit": "kB", "source": "configuration file", "file": "/etc/pg.conf", "line": 9},
        max_connections={
            "value": "100",
            "unit": None,
            "source": "configuration file",
            "pending_restart": True,
            "waits": "300",
        },
        statement_timeout={"value": "5000", "unit": "ms", "source": "configuration file"},
        archive_mode={"value": "on", "unit": None, "source": "command line"},
    )
    assert told(before, after)["Settings"] == [
        "archive_mode is set to on (command line)",
        "jit is back at its default, was on",
        "max_connections waits for a restart to change to 300",
        "statement_timeout: 0, now 5000ms (configuration file)",
        "work_mem: 4MB, now 64MB (/etc/pg.conf:9)",
    ]


def test_many_of_a_kind_are_shortened() -> None:
    many: dict[str, Any] = {"roles": {f"r{number:02}": {} for number in range(30)}}
    lines = told({"roles": {}}, many)["Roles"]
    assert (len(lines), lines[-1]) == (21, "… and 10 more like these")


def test_a_part_that_was_not_read_is_not_called_gone() -> None:
    old = {"settings": {"work_mem": {"value": "1"}}, "roles": {"a": {}}, "file_faults": [], "unknown": {}}
    assert told(old, {"unknown": {"settings": "statement timeout", "file_faults": "permission denied"}}) == {
        "Not compared": ["file faults: permission denied", "settings: statement timeout"]
    }


def test_what_moves_by_itself_is_no_change() -> None:
    def slots(kept: int, *, active: bool) -> dict[str, Any]:
        return {"slots": {"s": {"restart": f"0/{kept}", "bytes_kept": kept, "active": active, "wal": "reserved"}}}

    assert told(slots(1, active=True), slots(9, active=True)) == {}
    assert told(slots(1, active=True), slots(9, active=False)) == {
        "Replication": ["slot s changed: active yes, now no"]
    }


def test_a_rule_a_fault_a_job_and_a_prepared_transaction_are_told_in_full() -> None:
    rule = {
        "line_number": 9,
        "type": "host",
        "database": ["all"],
        "user_name": ["app"],
        "address": "0.0.0.0",
        "auth_method": "trust",
    }
    after = {
        "access_rules": [rule],
        "file_faults": [
            {"file": "/etc/pg.conf", "line": 3, "name": "wrok_mem", "error": "unrecognized configuration parameter"}
        ],
        "prepared": [{"gid": "pay-1", "owner": "app", "database": "shop", "prepared": "2026-11-23T03:00:00+00:00"}],
        "jobs": {"jobs": {"7": {"jobname": "purge", "active": False}}, "elsewhere": None},
    }
    before = {
        "access_rules": [],
        "file_faults": [],
        "prepared": [],
        "jobs": {"jobs": {"7": {"jobname": "purge", "active": True}}},
    }
    assert told(before, after) == {
        "Configuration files": ["new fault: /etc/pg.conf:3 wrok_mem unrecognized configuration parameter"],
        "Prepared transactions": ["new transaction: pay-1 of app in shop, since 2026-11-23T03:00:00+00:00"],
        "Access rules": ["new rule: host all app 0.0.0.0 trust"],
        "Scheduled jobs": ["job 7 purge changed: active yes, now no"],
    }
    assert told(after, before)["Access rules"] == ["rule gone: host all app 0.0.0.0 trust"]


def test_migrations_that_were_taken_back_are_told_and_older_lines_are_not_new() -> None:
    def applied(*versions: int) -> dict[str, Any]:
        return {"migrations": {"public.m": [{"version": number} for number in versions]}}

    assert told(applied(9, 8, 7, 6, 5), applied(8, 7, 6, 5, 4)) == {"Migrations": ["gone from public.m: version 9"]}
    assert told(applied(8, 7, 6, 5, 4), applied(9, 8, 7, 6, 5)) == {"Migrations": ["new in public.m: version 9"]}
    assert told(applied(1), applied(2)) == {"Migrations": ["new in public.m: version 2"]}
    assert told(applied(1), applied()) == {"Migrations": ["gone from public.m: version 1"]}


def test_in_a_database_made_anew_only_names_are_compared() -> None:
    def schema(oid: int, *pairs: tuple[str, str]) -> dict[str, Any]:
        return {"server": {"database": "app", "database_oid": oid},
                "schema": {"fingerprint": str(oid), "objects": {"views": [list(pair) for pair in pairs]}}}  # fmt: skip

    assert told(schema(1, ("a", "x"), ("b", "x")), schema(2, ("a", "y"), ("c", "y")))["Schema"] == [
        "only names are compared, as the numbers of all objects are others in another database",
        "view b is gone",
        "view c is new",
    ]

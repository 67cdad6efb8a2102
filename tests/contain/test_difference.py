"""What changed between two recorded states."""

from __future__ import annotations

import psycopg

from fireline.contain import state
from fireline.contain.difference import differences
from fireline.postgres.connect import Target


def test_what_changed_is_said_line_by_line(patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute(
            "CREATE TABLE users (id int); CREATE TABLE orders (id int); CREATE TABLE schema_migrations (version text)"
        )
        before = state.read(patient)
        assert differences(before, state.read(patient)) == []
        name = conn.info.dbname
        conn.execute("ALTER TABLE users ADD COLUMN age int; DROP TABLE orders; CREATE INDEX i ON users (age)")
        conn.execute("INSERT INTO schema_migrations VALUES ('20261123')")
        conn.execute("CREATE EXTENSION pg_trgm; CREATE ROLE newcomer")
        conn.execute(f"ALTER DATABASE {name} SET work_mem = '7MB'")
        try:
            after = state.read(patient)
        finally:
            conn.execute("DROP ROLE newcomer")
    assert differences(before, after) == [
        "setting work_mem is new: 7168",
        "role newcomer is new",
        "extension pg_trgm is new",
        f"override for * in {name} is new: ['work_mem=7MB']",
        "table public.orders is gone",
        "table public.users changed",
        "index public.i is new",
        "migration in public.schema_migrations: version 20261123",
    ]


def test_another_server_or_a_failover_is_the_first_thing_said() -> None:
    old = {
        "server": {"version": "18.6", "identity": {"system_identifier": "1", "timeline": 1, "postmaster_start": "a"}}
    }
    new = {
        "server": {"version": "18.7", "identity": {"system_identifier": "2", "timeline": 2, "postmaster_start": "b"}}
    }
    assert differences(old, new) == [
        "another server answers: 1, now 2",
        "the timeline is another: 1, now 2",
        "the server was started again, at b",
        "version: 18.6, now 18.7",
    ]


def test_a_changed_setting_says_from_what_to_what_and_many_are_shortened() -> None:
    old = {"settings": {"work_mem": {"value": "4096", "source": "default"}}}
    new = {"settings": {"work_mem": {"value": "64", "source": "configuration file"}}}
    assert differences(old, new) == [
        "setting work_mem changed: value 4096, now 64, source default, now configuration file"
    ]
    many = {"settings": {f"s{number:02}": {"value": "1"} for number in range(30)}}
    assert differences({"settings": {}}, many)[-1] == "… and 10 more like these"


def test_a_part_that_was_not_read_is_not_called_gone() -> None:
    old = {"settings": {"work_mem": {"value": "1"}}, "unknown": {}}
    assert differences(old, {"unknown": {"settings": "statement timeout"}}) == [
        "settings could not be compared: it was not read"
    ]

"""What is asked of a server, each thing once, and nothing is changed by it."""

from __future__ import annotations

import psycopg
import pytest

from fireline.runbook.lint.database.inquiry import Inquiry, parsed_name


def test_a_table_is_there_or_not_and_has_its_columns(catalog: Inquiry) -> None:
    there, other, gone = catalog.relations([((None, "users"), "SELECT"), (("ops", "jobs"), ""), ((None, "jobs"), "")])
    assert (there["schema"], there["own"], there["may"]) == ("public", True, True)
    assert other["name"] == "jobs"
    assert gone["oid"] is None
    assert catalog.columns("ops.jobs") == ("id", "state")
    assert catalog.columns("userz") is None
    assert catalog.columns("no name") is None


def test_a_function_is_found_in_every_schema_with_what_it_takes(catalog: Inquiry) -> None:
    (found,) = catalog.functions(["freshen"])
    assert (found["schema"], found["fewest"], found["most"], found["visible"]) == ("public", 1, 1, True)
    assert catalog.functions(["nope"]) == []


def test_the_server_parses_and_says_where_it_can_not(catalog: Inquiry) -> None:
    assert catalog.parse("DELETE FROM users WHERE id = $1") is None
    said = catalog.parse("SELECT 1 FROM userz")
    assert said is not None
    assert (said.state, said.position) == ("42P01", 14)


def test_nothing_can_be_changed_in_it(catalog: Inquiry) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), catalog.transaction():
        catalog.conn.execute("DELETE FROM users")


def test_names_are_those_of_their_kind(catalog: Inquiry) -> None:
    assert catalog.has_name("table", "ops.jobs")
    assert not catalog.has_name("function", "jobs")
    assert catalog.has_name("function", "looks")
    assert catalog.has_name("schema", "ops")


def test_of_an_extension_it_is_known_whether_it_can_be_had(catalog: Inquiry) -> None:
    assert not catalog.extension("made_up")[0]
    assert catalog.extension("plpgsql")[:2] == (True, "pg_catalog")


def test_a_name_is_read_as_a_statement_would_have_it() -> None:
    assert parsed_name('Ops."Jobs"') == ("ops", "Jobs")
    assert parsed_name("users") == (None, "users")
    assert parsed_name("a b c") is None

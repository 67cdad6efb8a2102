"""What a role may not do is found before it is tried."""

from __future__ import annotations

import pytest
from postgast import parse, unwrap_node

from fireline.runbook.lint.database.inquiry import Inquiry
from fireline.runbook.lint.database.privileges import privilege
from fireline.runbook.lint.sql.mentions import mentions
from fireline.runbook.lint.world import Problem


def lacks(catalog: Inquiry, sql: str) -> Problem | None:
    return privilege(catalog, mentions(unwrap_node(parse(sql).stmts[0].stmt)), sql)


@pytest.mark.parametrize(
    ("sql", "name", "needs"),
    [
        ("SELECT email FROM users", "public.users", "SELECT"),
        ("SELECT * FROM users", "public.users", "SELECT"),
        ("DELETE FROM users WHERE id = 1", "public.users", "DELETE"),
        ("SELECT 1 FROM mails", "public.mails", "SELECT"),
        ("SELECT looks()", "looks", "EXECUTE"),
    ],
)
def test_what_is_not_permitted_is_named_with_what_is_lacking(reading: Inquiry, sql: str, name: str, needs: str) -> None:
    found = lacks(reading, sql)
    assert found is not None
    assert (found.kind, found.name, found.hint) == ("privilege", name, f"{reading.role} lacks {needs}")
    assert found.position == sql.index(name.rpartition(".")[2])


@pytest.mark.parametrize("sql", ["SELECT id FROM users", "SELECT steady()", "SELECT 1 FROM userz", "SELECT nope()"])
def test_what_is_permitted_or_not_there_is_none(reading: Inquiry, sql: str) -> None:
    assert lacks(reading, sql) is None


def test_an_owner_may(catalog: Inquiry) -> None:
    assert lacks(catalog, "DELETE FROM users WHERE email = looks()::text") is None

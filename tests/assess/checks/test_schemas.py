"""Schemas and who owns what in them; owners of tables."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.checks import owners
from fireline.assess.checks.schemas import read, wanted
from fireline.assess.checks.settings import Override, Settings
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN, complaining


def test_tables_and_views_are_counted_by_schema_and_owner(target: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE SCHEMA hollow")
    faults.owner.execute("CREATE VIEW many AS SELECT * FROM orders")
    with connect(target) as conn:
        found, owned = read(conn, NOTHING_SEEN), owners.read(conn, NOTHING_SEEN)
    user = faults.owner.info.user
    assert (found.filled("public"), found.filled("hollow"), found.filled("nowhere")) == (3, 0, 0)
    assert "hollow" in found.relations
    assert found.owned(user) == 3
    assert owned.tables == {user: 2}


def test_it_is_asked_where_something_is_missed_or_a_path_is_given() -> None:
    assert wanted(complaining(NOTHING_SEEN, 'relation "x" does not exist'))
    given = Settings(overrides=(Override(None, "web", "search_path", "a"),))
    assert wanted(replace(NOTHING_SEEN, readings={"settings": (given,)}))
    assert not wanted(replace(NOTHING_SEEN, readings={"settings": (Settings(),)}))

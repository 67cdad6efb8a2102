"""What a session gets that sets nothing itself."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.checks.files import Files
from fireline.assess.checks.plain_session import MASKED, read, wanted
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN, complaining


def test_our_own_limits_are_not_shown_for_those_of_the_database(target: Target, faults: Faults) -> None:
    faults.owner.execute(f"ALTER DATABASE {faults.owner.info.dbname} SET statement_timeout = '77s'")
    with connect(target) as conn:
        own = conn.execute("SELECT setting FROM pg_settings WHERE name = 'statement_timeout'").fetchone()
        found = read(conn, NOTHING_SEEN)
    assert own == {"setting": "30000"}
    assert (found.values["statement_timeout"].value, found.values["statement_timeout"].source) == ("77000", "database")
    assert set(found.values) <= set(MASKED)
    assert len(found.values) >= 4  # further ones from 14 and 17 on


def test_it_is_asked_only_where_a_complaint_needs_it_and_the_files_do_not_tell() -> None:
    refused = complaining(NOTHING_SEEN, "cannot execute UPDATE in a read-only transaction")
    assert wanted(refused)
    assert wanted(replace(refused, readings={"files": (Files(readable=False),)}))
    assert not wanted(replace(refused, readings={"files": (Files(),)}))
    assert not wanted(NOTHING_SEEN)
